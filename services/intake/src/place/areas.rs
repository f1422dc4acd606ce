//! The division of a point, by the outline that it lies in.

use anyhow::Context as _;
use contracts::{
    district::{District, Level},
    id::DivisionCode,
    intake::Point,
};
use serde::Deserialize;
use serde_json::Value;

/// Outlines of divisions, the narrowest first.
#[derive(Debug, Default)]
pub struct Areas(Vec<Area>);

#[derive(Debug)]
struct Area {
    code: DivisionCode,
    level: Level,
    /// Square degrees: only compared with others of the district.
    size: f64,
    polygons: Vec<Polygon>,
}

/// One outline with its holes.
#[derive(Debug)]
struct Polygon {
    /// West, south, east, north.
    bounds: [f64; 4],
    rings: Vec<Ring>,
}

type Ring = Vec<Position>;

/// Degrees east and north.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Vec<f64>")]
struct Position(f64, f64);

/// A GeoJSON file (RFC 7946), as far as it is read.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Root {
    FeatureCollection { features: Vec<Value> },
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Properties {
    code: DivisionCode,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

impl TryFrom<Vec<f64>> for Position {
    type Error = &'static str;

    /// A height may follow; it is not needed.
    fn try_from(written: Vec<f64>) -> Result<Self, Self::Error> {
        match written[..] {
            [lon, lat, ..] if lon.abs() <= 180.0 && lat.abs() <= 90.0 => Ok(Self(lon, lat)),
            _ => Err("a position is degrees east and degrees north"),
        }
    }
}

impl Areas {
    /// From the text of a GeoJSON file.
    ///
    /// # Errors
    /// What is wrong, with the number of the feature, from 1, and its code if that can be read.
    pub fn of_text(text: &str, district: &District) -> anyhow::Result<Self> {
        let Root::FeatureCollection { features } = serde_json::from_str(text)?;
        let mut areas = Vec::with_capacity(features.len());
        for (i, feature) in features.into_iter().enumerate() {
            let named = feature["properties"]["code"].as_str().map_or_else(String::new, |code| format!(" ({code})"));
            areas.push(Area::read(feature, district).with_context(|| format!("feature {}{named}", i + 1))?);
        }
        areas.sort_by(|a, b| b.level.cmp(&a.level).then(a.size.total_cmp(&b.size)).then_with(|| a.code.cmp(&b.code)));
        Ok(Self(areas))
    }

    /// The narrowest division that the point lies in: that of the lowest level, and of several the smallest. Who stands on a
    /// border is in all that share it, so the smallest of them has the point.
    pub fn division(&self, point: Point) -> Option<DivisionCode> {
        let at = Position(point.lon, point.lat);
        self.0.iter().find(|a| a.polygons.iter().any(|p| p.holds(at))).map(|a| a.code.clone())
    }
}

impl Area {
    fn read(feature: Value, district: &District) -> anyhow::Result<Self> {
        let Feature { properties: Properties { code }, geometry } = serde_json::from_value(feature)?;
        let level = district.division(&code).with_context(|| format!("there is no division {code}"))?.level;
        let polygons = match geometry {
            Geometry::Polygon(rings) => vec![rings],
            Geometry::MultiPolygon(polygons) => polygons,
        };
        let polygons = polygons.into_iter().map(Polygon::new).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { code, level, size: polygons.iter().map(Polygon::size).sum(), polygons })
    }
}

impl Polygon {
    fn new(rings: Vec<Ring>) -> anyhow::Result<Self> {
        let outline = rings.first().context("a polygon has an outline")?;
        for (i, ring) in rings.iter().enumerate() {
            let closed = ring.len() >= 4 && ring.first() == ring.last();
            anyhow::ensure!(closed, "ring {} must end where it begins, after three corners or more", i + 1);
        }
        let nowhere = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let bounds = outline.iter().fold(nowhere, |[w, s, e, n], p| [w.min(p.0), s.min(p.1), e.max(p.0), n.max(p.1)]);
        Ok(Self { bounds, rings })
    }

    fn size(&self) -> f64 {
        let size = |ring: &Ring| ring.windows(2).map(|e| e[0].0 * e[1].1 - e[1].0 * e[0].1).sum::<f64>().abs() / 2.0;
        let (outline, holes) = self.rings.split_at(1);
        outline.iter().map(size).sum::<f64>() - holes.iter().map(size).sum::<f64>()
    }

    /// Inside, or on the border of the outline or of a hole. A ray to the east crosses the rings an odd number of times.
    fn holds(&self, at: Position) -> bool {
        let [west, south, east, north] = self.bounds;
        if !((west..=east).contains(&at.0) && (south..=north).contains(&at.1)) {
            return false;
        }
        let mut inside = false;
        for edge in self.rings.iter().flat_map(|ring| ring.windows(2)) {
            // an edge that two divisions share is reckoned in one direction, so that rounding leaves no gap between them
            let (low, high) = if edge[0].1 <= edge[1].1 { (edge[0], edge[1]) } else { (edge[1], edge[0]) };
            let left = (high.0 - low.0) * (at.1 - low.1) - (high.1 - low.1) * (at.0 - low.0);
            let beside = low.1 <= at.1 && at.1 <= high.1 && low.0.min(high.0) <= at.0 && at.0 <= low.0.max(high.0);
            if left == 0.0 && beside {
                return true;
            }
            inside ^= low.1 <= at.1 && at.1 < high.1 && left > 0.0;
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TOWN: &str = "360802001000";
    const WEST: &str = "360802001001";
    const EAST: &str = "360802001002";
    const ENCLAVE: &str = "360802001003";

    fn square(west: f64, south: f64, side: f64) -> Value {
        let (east, north) = (west + side, south + side);
        json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
    }

    fn feature(code: &str, kind: &str, coordinates: Value) -> Value {
        json!({"type": "Feature", "properties": {"code": code}, "geometry": {"type": kind, "coordinates": coordinates}})
    }

    fn read(features: Value) -> anyhow::Result<Areas> {
        Areas::of_text(&json!({"type": "FeatureCollection", "features": features}).to_string(), District::sample())
    }

    /// A town of side 4 with two communities side by side; the eastern one has an enclave in its middle and an island.
    fn town() -> Areas {
        read(json!([
            feature(TOWN, "Polygon", json!([square(0.0, 0.0, 4.0)])),
            feature(EAST, "MultiPolygon", json!([[square(2.0, 0.0, 2.0), square(2.5, 0.5, 0.5)], [square(10.0, 10.0, 1.0)]])),
            feature(WEST, "Polygon", json!([square(0.0, 0.0, 2.0)])),
            feature(ENCLAVE, "Polygon", json!([square(2.5, 0.5, 0.5)])),
        ]))
        .unwrap()
    }

    fn at(areas: &Areas, lon: f64, lat: f64) -> Option<String> {
        areas.division(Point { lon, lat }).map(|d| d.to_string())
    }

    #[test]
    fn the_narrowest_outline_counts_with_its_holes_and_parts() {
        let town = town();
        for (lon, lat, code) in [
            (1.0, 1.0, Some(WEST)),
            (3.5, 1.0, Some(EAST)),
            (2.75, 0.75, Some(ENCLAVE)),
            (10.5, 10.5, Some(EAST)),
            (1.0, 3.0, Some(TOWN)),
            (5.0, 1.0, None),
            (1.0, -0.5, None),
            (f64::NAN, 1.0, None),
        ] {
            assert_eq!(at(&town, lon, lat).as_deref(), code, "{lon} {lat}");
        }
    }

    /// 2 is the border of the two communities, 2.5 that of the enclave, 4 the town's.
    #[test]
    fn a_point_on_a_border_belongs_to_the_smallest_that_has_it() {
        let town = town();
        for (lon, lat, code) in [
            (2.0, 1.0, WEST),
            (2.0, 0.0, WEST),
            (2.0, 2.0, WEST),
            (1.0, 2.0, WEST),
            (2.5, 0.75, ENCLAVE),
            (3.0, 1.0, ENCLAVE),
            (4.0, 3.0, TOWN),
            (4.0, 1.0, EAST),
        ] {
            assert_eq!(at(&town, lon, lat).as_deref(), Some(code), "{lon} {lat}");
        }
        // of two of one size the lower code, whichever comes first in the file
        let same = |codes: [&str; 2]| read(json!(codes.map(|c| feature(c, "Polygon", json!([square(0.0, 0.0, 1.0)]))))).unwrap();
        for codes in [[WEST, EAST], [EAST, WEST]] {
            assert_eq!(at(&same(codes), 0.5, 0.5).as_deref(), Some(WEST));
        }
    }

    /// Two triangles share a slanting edge, written in opposite directions: no point of the square is in neither.
    #[test]
    fn neighbours_leave_no_gap() {
        let lower = json!([[[0.0, 0.0], [0.7, 0.0], [0.7, 0.3], [0.0, 0.0]]]);
        let upper = json!([[[0.0, 0.0], [0.7, 0.3], [0.0, 0.3], [0.0, 0.0]]]);
        let both = read(json!([feature(WEST, "Polygon", lower), feature(EAST, "Polygon", upper)])).unwrap();
        for n in 0..7_000_u32 {
            let lon = f64::from(n) / 10_000.0;
            assert!(at(&both, lon, lon * 0.3 / 0.7).is_some(), "{lon}");
        }
    }

    #[test]
    fn a_wrong_file_is_told_with_the_feature() {
        let good = feature(WEST, "Polygon", json!([square(0.0, 0.0, 1.0)]));
        let wrong = |bad: Value| format!("{:#}", read(json!([good.clone(), bad])).unwrap_err());
        for (bad, told) in [
            (feature("360802999999", "Polygon", json!([square(0.0, 0.0, 1.0)])), "2 (360802999999): there is no division"),
            (feature(EAST, "Point", json!([1.0, 1.0])), "feature 2 (360802001002): unknown variant `Point`"),
            (feature(EAST, "Polygon", json!([])), "feature 2 (360802001002): a polygon has an outline"),
            (feature(EAST, "Polygon", json!([[[0, 0], [1, 0], [1, 1], [0, 1]]])), "(360802001002): ring 1 must end"),
            (feature(EAST, "Polygon", json!([square(0.0, 0.0, 1.0), [[0, 0], [1, 1], [0, 0]]])), "ring 2 must end"),
            (feature(EAST, "Polygon", json!([square(200.0, 0.0, 1.0)])), "(360802001002): a position is degrees east"),
            (json!({"type": "Feature", "properties": {}, "geometry": good["geometry"]}), "feature 2: missing field `code`"),
            (json!(7), "feature 2: invalid type"),
        ] {
            assert!(wrong(bad).contains(told), "{told}");
        }
        for text in ["", "[]", r#"{"type": "Feature"}"#] {
            assert!(Areas::of_text(text, District::sample()).is_err(), "{text}");
        }
    }
}
