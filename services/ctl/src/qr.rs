//! Prints QR codes for walls: each stands for a place, so that who scans it need not say where.

use std::{io::Write as _, path::PathBuf};

use anyhow::{Context as _, bail};
use contracts::{
    district::{District, Division, Level},
    id::DivisionCode,
};
use qrcode::{EcLevel, QrCode, render::svg};

use crate::{
    output::Output,
    screen::{Outcome, note},
};

/// 打印“码上办”二维码（HTML，每个地点一张） / print QR codes (HTML), one a place; the address carries `place=`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline qr --link https://report.example.cn/ --out codes.html --place 360802001001")]
pub struct Args {
    /// 扫码后打开的网址 / the address that a scanned code opens: a page that sends `POST /api/v1/reports?place=…`
    #[arg(long, value_name = "URL")]
    link: String,
    /// 区划代码，镇街代码表示其所有村社区；不填为全区 / divisions; a town stands for all of it; none: the whole district
    #[arg(long, value_name = "CODE")]
    place: Vec<DivisionCode>,
    /// 写到哪里 / where the page is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

const STYLE: &str = "body{font-family:sans-serif;margin:0}section{display:inline-block;width:90mm;padding:5mm;text-align:center;\
    page-break-inside:avoid}svg{width:70mm;height:70mm}h1{font-size:16pt;margin:2mm 0}p{margin:1mm 0}";

/// Writes the page.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let places = places(&args.place)?;
    let join = if args.link.contains('?') { '&' } else { '?' };
    let mut output = Output::create(&args.out)?;
    let page = output.writer();
    writeln!(page, "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>码上办</title><style>{STYLE}</style>")?;
    for place in &places {
        // the highest level: a code on a wall gets scratched
        let link = format!("{}{join}place={}", args.link, place.code);
        let code =
            QrCode::with_error_correction_level(&link, EcLevel::H).context("网址太长 / the address is too long for a code")?;
        let code = code.render::<svg::Color<'_>>().build();
        let code = code.split_once("?>").map_or(code.as_str(), |(_, svg)| svg);
        let name = &place.short_name;
        writeln!(
            page,
            "<section><h1>{name}</h1>{code}<p>码上办 · 扫码反映诉求</p><p>Scan to report · {}</p></section>",
            place.code
        )?;
    }
    output.finish()?;
    note(&format!("{} 张 / {} codes", places.len(), places.len()));
    Ok(Outcome::Good)
}

/// The villages and communities that are meant.
fn places(asked: &[DivisionCode]) -> anyhow::Result<Vec<&'static Division>> {
    let district = District::sample();
    if let Some(unknown) = asked.iter().find(|c| district.division(c).is_none()) {
        bail!("没有区划 {unknown} / there is no division {unknown}");
    }
    let meant = |d: &&Division| {
        let whole = |code: &DivisionCode| *code == d.code || d.parent.as_ref() == Some(code);
        d.level == Level::Village && (asked.is_empty() || asked.iter().any(whole))
    };
    Ok(district.divisions().iter().filter(meant).collect())
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn a_town_stands_for_all_of_it() {
        let of = |codes: &[&str]| places(&codes.iter().map(|c| c.parse().unwrap()).collect::<Vec<_>>()).map(|p| p.len());
        assert_eq!(of(&["360802001001"]).unwrap(), 1);
        assert!(of(&["360802001000"]).unwrap() > 5);
        assert_eq!(of(&[]).unwrap(), 138);
        assert!(of(&["360802999999"]).is_err());
    }
}
