//! Classifies a file of reports; no broker, no database.

use std::{io::BufWriter, path::PathBuf};

use classification::{Classifier, offline::classify_jsonl};

use crate::{
    input,
    output::Output,
    screen::{Outcome, note},
};

/// 离线分类（JSON 行） / classify a file of reports, one JSON object a line with `id` and `text`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline classify --in reports.jsonl --out verdicts.jsonl")]
pub struct Args {
    /// 输入，- 为标准输入 / input; - for stdin
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// 输出，- 为标准输出 / output; - for stdout
    #[arg(long = "out", value_name = "FILE")]
    output: PathBuf,
}

/// Writes one verdict a line, or nothing at all if a line is wrong.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let input = input::open(&args.input)?;
    let mut output = Output::create(&args.output)?;
    let classifier = Classifier::sample();
    let done = classify_jsonl(input, BufWriter::new(output.writer()), &classifier)?;
    output.finish()?;
    note(&format!("{} reports classified, {} of them urgent; rules {}", done.reports, done.urgent, classifier.version()));
    Ok(Outcome::Good)
}
