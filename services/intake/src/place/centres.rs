//! The division of a point, by the nearest centre.

use contracts::{district::District, id::DivisionCode, intake::Point};
use serde::Deserialize;

/// A point farther than this from every centre, km, is nowhere in the district.
const FARTHEST: f64 = 10.0;
/// The second nearest centre must be so many times as far: between two places nobody can tell.
const CLEARLY: f64 = 1.5;
/// Kilometres of a degree of latitude.
const DEGREE: f64 = 111.2;

/// Centres of divisions, from a file of the district (`code,lon,lat`, degrees as the phones of its citizens give them).
#[derive(Debug, Default)]
pub struct Centres(Vec<Centre>);

#[derive(Debug, Deserialize)]
struct Centre {
    code: DivisionCode,
    lon: f64,
    lat: f64,
}

impl Centres {
    /// From the text of the file.
    ///
    /// # Errors
    /// It can't be read, or names a division that is not there.
    pub fn of_text(text: &str, district: &District) -> anyhow::Result<Self> {
        let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
        let centres: Vec<Centre> = rows.collect::<Result<_, _>>()?;
        for c in &centres {
            anyhow::ensure!(district.division(&c.code).is_some(), "there is no division {}", c.code);
        }
        Ok(Self(centres))
    }

    /// The division of a point: that of the nearest centre if no other is nearly as near; else the town, if both lie in one;
    /// else none: who takes the report in asks.
    pub fn division(&self, point: Point, district: &District) -> Option<DivisionCode> {
        let mut near: Vec<(f64, &Centre)> =
            self.0.iter().map(|c| (c.distance(point), c)).filter(|(d, _)| *d <= FARTHEST).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        match near[..] {
            [] => None,
            [(_, only)] => Some(only.code.clone()),
            [(first, best), (second, _), ..] if first * CLEARLY <= second => Some(best.code.clone()),
            [(_, best), (_, other), ..] => {
                let town = |c: &Centre| district.town_of(&c.code).map(|t| t.code.clone());
                town(best).filter(|t| Some(t) == town(other).as_ref())
            }
        }
    }
}

impl Centre {
    /// Kilometres, as on a flat map: a district is small.
    fn distance(&self, p: Point) -> f64 {
        let (east, north) = ((p.lon - self.lon) * p.lat.to_radians().cos(), p.lat - self.lat);
        DEGREE * east.hypot(north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two communities of 古南街道 and one of another street, at invented places.
    const CENTRES: &str = "code,lon,lat\n360802001001,114.98,27.10\n360802001002,115.00,27.10\n360802005005,115.02,27.10\n";

    #[test]
    fn the_nearest_centre_counts_if_it_is_clearly_the_nearest() {
        let district = District::sample();
        let centres = Centres::of_text(CENTRES, district).unwrap();
        let at = |lon, lat| centres.division(Point { lon, lat }, district).map(|d| d.to_string());
        assert_eq!(at(114.981, 27.101).as_deref(), Some("360802001001"));
        assert_eq!(at(114.99, 27.10).as_deref(), Some("360802001000"), "between two of one street: the street");
        assert_eq!(at(115.01, 27.10), None, "between two streets nobody can tell");
        assert_eq!(at(116.5, 27.10), None, "elsewhere");
        assert_eq!(at(f64::NAN, 27.10), None);
        assert_eq!(Centres::default().division(Point { lon: 115.0, lat: 27.1 }, district), None);
    }

    #[test]
    fn a_wrong_file_is_told() {
        let wrong = |text: &str| Centres::of_text(text, District::sample()).is_err();
        assert!(wrong("code,lon,lat\n360802999999,115,27\n") && wrong("code,lon,lat\n360802001001,east,27\n"));
    }
}
