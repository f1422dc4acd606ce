//! Tells how a ticket's deadlines came about, step by step.

use anyhow::bail;
use clap::ValueEnum;
use sla::{explain, instant};

use super::history;
use crate::{
    screen::{Outcome, say},
    settings::{DatabaseArgs, Operator},
};

/// 说明时限的由来 / how the deadlines of a ticket came about, step by step, each recomputed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline deadline explain JZ20261124-000001 --lang en")]
pub struct Args {
    /// 工单编号 / number of the ticket
    #[arg(value_name = "NUMBER")]
    number: String,
    /// 语言 / language
    #[arg(long, value_name = "LANG", default_value = "zh")]
    lang: Lang,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// Which language the reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// 中文.
    Zh,
    /// English.
    En,
}

/// Explains.
pub async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let db = history::open(&Operator::read()?.with(&args.databases)).await?;
    let Some(ticket) = history::of(&db, &args.number).await? else {
        bail!("没有工单 {} / there is no ticket {}", args.number, args.number);
    };
    let lang = if args.lang == Lang::Zh { sla::Lang::Zh } else { sla::Lang::En };
    let explanation = explain(&ticket.history, &history::books(&db).await?, lang)?;
    say(&format!("{} {}", lang.pick("工单", "Ticket"), ticket.number))?;
    for step in &explanation.steps {
        say(&format!("{}  {}", instant(Some(step.at)), step.what))?;
        step.lines.iter().try_for_each(|line| say(&format!("  {line}")))?;
    }
    explanation.verdicts.iter().try_for_each(|verdict| say(verdict))?;
    Ok(Outcome::of(explanation.confirmed))
}
