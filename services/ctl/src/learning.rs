//! What the classifier learns: samples that people labelled, and a new model tried on past tickets.

use std::{fs, io::Write as _, path::PathBuf};

use anyhow::{Context as _, anyhow, bail};
use bus::Clock;
use classification::{
    samples,
    shadow::{self, Change, Report},
};
use outbox::Db;

use crate::{
    database,
    output::Output,
    screen::{Outcome, both, note, say},
    settings::{DatabaseArgs, Operator, Service},
};

/// 导出人工认定的样本，用于训练 / write what people said of tickets, as reports for `gridline train`; numbers are masked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline samples --out said.jsonl")]
pub struct SamplesArgs {
    /// 写到哪里，- 为标准输出 / where to; - for stdout
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// 用历史工单试运行新模型，不影响任何工单 / try a model on past tickets; it decides nothing until a person accepts it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline shadow --model new.model --tickets 5000")]
pub struct ShadowArgs {
    /// 模型文件 / the model, as `gridline train` writes it
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// 最多试多少件历史工单 / past tickets at most, drawn evenly from all times
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    tickets: u32,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// Writes the samples.
pub async fn samples(args: SamplesArgs) -> anyhow::Result<Outcome> {
    let exported = samples::export(&open(&args.databases).await?).await?;
    let mut output = Output::create(&args.out)?;
    for report in &exported.reports {
        writeln!(output.writer(), "{report}")?;
    }
    output.finish()?;
    let (reports, units) = (exported.reports.len(), exported.units_only);
    note(&format!(
        "{reports} 件样本；另有 {units} 件只裁定了单位 / {reports} samples; of {units} more only the unit was ruled on"
    ));
    Ok(Outcome::Good)
}

/// Tries a model and prints what it changes.
pub async fn shadow(args: ShadowArgs) -> anyhow::Result<Outcome> {
    let file = args.model.display();
    let bytes = fs::read(&args.model).with_context(|| format!("{file} 打不开 / can't be opened"))?;
    let db = open(&args.databases).await?;
    let now_ms = Clock::system().now().timestamp_millis();
    let (id, report) = shadow::try_model(&db, bytes, args.tickets as usize, now_ms).await?;
    tell(&report)?;
    note(&format!(
        "模型编号 {id}；经人审阅后在控制台“派单目录”页启用 / the model is {id}; a person who has read this accepts it on the console's catalogue page"
    ));
    Ok(Outcome::Good)
}

fn tell(r: &Report) -> anyhow::Result<()> {
    say(&format!("试运行 / tried\t{}", r.tried))?;
    say(&format!("在用 / in force\t{}", r.in_force))?;
    say(&format!("历史工单 / past tickets\t{}", r.tickets))?;
    let lines = [
        ("类别改变 / another category", r.category),
        ("主办改变 / another unit", r.lead),
        ("难度改变 / another class", r.class),
        ("新认定紧急 / newly urgent", r.urgent_gained),
        ("不再认定紧急 / no longer urgent", r.urgent_lost),
        ("人工认定的工单 / labelled by people", r.labelled),
        ("其中原来对 / of these right before", r.right_before),
        ("其中现在对 / of these right now", r.right_after),
    ];
    lines.iter().try_for_each(|(label, n)| say(&format!("{label}\t{n}")))?;
    let parts = [
        ("变好 / better", &r.better),
        ("变差 / worse", &r.worse),
        ("漏掉的险情？ / danger no longer seen", &r.danger),
        ("无人认定 / nobody judged", &r.open),
    ];
    for (label, changes) in parts {
        changes.iter().try_for_each(|c| say(&line(label, c)))?;
    }
    Ok(())
}

fn line(label: &str, c: &Change) -> String {
    let said = if c.said.is_empty() { String::new() } else { format!("\t人工 / said: {}", c.said) };
    let text = c.text.replace(['\t', '\n'], " ");
    format!("{label}\t{}\t{} → {}{said}\t{text}", c.ticket, c.before, c.after)
}

async fn open(args: &DatabaseArgs) -> anyhow::Result<Db> {
    let operator = Operator::read()?.with(args);
    let Some(url) = operator.database(Service::Classification) else {
        bail!("setting services.classification.database is empty")
    };
    database::open(Service::Classification, url).await.map_err(|p| anyhow!("classification: {}", both(&p)))
}
