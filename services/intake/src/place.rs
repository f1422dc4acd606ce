//! The division of a point, from what the district knows of its ground. The point itself never leaves intake.

mod areas;
mod centres;

use anyhow::Context as _;
use contracts::{district::District, id::DivisionCode, intake::Point};
use serde::Deserialize;

use areas::Areas;
use centres::Centres;

/// Files of the district; empty: there is none. `default.toml` explains them.
#[derive(Debug, Deserialize)]
pub struct Files {
    areas: String,
    centres: String,
}

/// Outlines and centres of divisions.
#[derive(Debug, Default)]
pub struct Ground {
    areas: Areas,
    centres: Centres,
}

impl Ground {
    /// Reads the files.
    ///
    /// # Errors
    /// One can't be read, or names a division that is not there.
    pub fn read(files: &Files, district: &District) -> anyhow::Result<Self> {
        Ok(Self {
            areas: of_file("areas", &files.areas, |text| Areas::of_text(text, district))?,
            centres: of_file("centres", &files.centres, |text| Centres::of_text(text, district))?,
        })
    }

    /// The division whose outline holds the point; where none does, that of the nearest centre.
    pub fn division(&self, point: Point, district: &District) -> Option<DivisionCode> {
        self.areas.division(point).or_else(|| self.centres.division(point, district))
    }
}

fn of_file<T: Default>(setting: &str, file: &str, read: impl FnOnce(&str) -> anyhow::Result<T>) -> anyhow::Result<T> {
    if file.is_empty() {
        return Ok(T::default());
    }
    let read = || read(&std::fs::read_to_string(file)?);
    read().with_context(|| format!("setting `places.{setting}`: {file}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn ground(areas: &str, centres: &str) -> anyhow::Result<Ground> {
        let files = Files { areas: areas.to_owned(), centres: centres.to_owned() };
        Ground::read(&files, District::sample())
    }

    #[test]
    fn an_outline_counts_before_a_centre_and_a_centre_where_there_is_no_outline() {
        let area = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "360802001001"},
            "geometry": {"type": "Polygon", "coordinates": [[[115, 27], [115.1, 27], [115.1, 27.1], [115, 27.1], [115, 27]]]}}]}"#;
        let (areas, centres) = (file(area), file("code,lon,lat\n360802001002,115.05,27.05\n"));
        let path = |f: &tempfile::NamedTempFile| f.path().display().to_string();
        let at = |g: &Ground, lon| g.division(Point { lon, lat: 27.05 }, District::sample()).map(|d| d.to_string());
        let both = ground(&path(&areas), &path(&centres)).unwrap();
        assert_eq!(at(&both, 115.05).as_deref(), Some("360802001001"), "the outline, however near the centre");
        assert_eq!(at(&both, 115.11).as_deref(), Some("360802001002"), "outside of it the centre");
        assert_eq!(at(&ground("", "").unwrap(), 115.05), None);
        let told = |g: anyhow::Result<Ground>| format!("{:#}", g.unwrap_err());
        assert!(told(ground(&path(&centres), "")).starts_with("setting `places.areas`: "));
        assert!(told(ground("", "nowhere.csv")).starts_with("setting `places.centres`: nowhere.csv: "));
    }
}
