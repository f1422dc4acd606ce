//! Trains the classifier's model from labelled reports; no broker, no database, no network.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use classification::{
    Classifier, RuleTexts,
    train::{self, measure::Measures, samples},
};
use contracts::district::{District, TAXONOMY};

use crate::{
    output::Output,
    screen::{Outcome, note},
};

/// 训练分类模型 / train the classifier's model from files of labelled reports; prints cross-validated figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline train --out jizhou.model --held-out heldout.jsonl reports.jsonl a.jsonl b.jsonl")]
pub struct Args {
    /// 标注的来件 / files of labelled reports
    #[arg(required = true, value_name = "FILE")]
    reports: Vec<PathBuf>,
    /// 模型写到哪里 / where the model is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// 未参与训练的来件，用来检验 / labelled reports that are not trained on
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
}

/// 检验随附的分类模型 / measure the shipped classifier on labelled reports.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline evaluate heldout.jsonl")]
pub struct EvaluateArgs {
    /// 标注的来件 / a file of labelled reports
    #[arg(value_name = "FILE")]
    reports: PathBuf,
}

/// Trains, writes the model, prints how good it is.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let texts = args.reports.iter().map(|f| read(f)).collect::<anyhow::Result<Vec<_>>>()?;
    let trained = train::train(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
    let mut output = Output::create(&args.out)?;
    output.writer().write_all(&trained.model)?;
    output.finish()?;
    println!("cross-validated\n{}", trained.crossed);
    if let Some(file) = &args.held_out {
        let classifier = Classifier::read(TAXONOMY, District::sample(), &RuleTexts::SHIPPED, &trained.model)?;
        println!("\nheld out\n{}", measure(&classifier, file)?);
    }
    note(&format!("{} bytes written to {}", trained.model.len(), args.out.display()));
    Ok(Outcome::Good)
}

/// Prints how good the shipped classifier is.
pub fn evaluate(args: &EvaluateArgs) -> anyhow::Result<Outcome> {
    println!("{}", measure(&Classifier::sample(), &args.reports)?);
    Ok(Outcome::Good)
}

fn measure(classifier: &Classifier, file: &Path) -> anyhow::Result<Measures> {
    let mut measures = Measures::default();
    samples::read(&read(file)?)?.iter().for_each(|l| measures.add(classifier, l));
    Ok(measures)
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} 打不开 / can't be opened", file.display()))
}
