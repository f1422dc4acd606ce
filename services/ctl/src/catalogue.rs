//! The dispatch catalogue as a table: out to a file, and back as a new version.

use std::path::PathBuf;

use anyhow::Context as _;
use classification::Written;
use contracts::district::District;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    face::{client, good},
    input,
    output::Output,
    screen::{Outcome, note},
};

/// 派单目录 / the dispatch catalogue: category × place × hours → unit.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: gridline catalogue export --out catalogue.csv")]
pub enum Command {
    Export(ExportArgs),
    Import(ImportArgs),
}

/// 导出派单目录（CSV） / write the entries in force as CSV.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline catalogue export --out catalogue.csv")]
pub struct ExportArgs {
    /// 写到哪里，- 为标准输出 / where to; - for stdout
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    service: ServiceArgs,
}

/// 导入派单目录：文件即全部条目，成为新版本 / put a file in force as a new version: its entries and no others.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline catalogue import catalogue.csv --from 3 --person 管-1 --reason 夜间噪声归公安")]
pub struct ImportArgs {
    /// 文件，- 为标准输入 / the file; - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 从哪一版改来的（export 所示） / the version that it was made from, as `export` says
    #[arg(long, value_name = "VERSION")]
    from: i64,
    /// 工号 / staff number of who decides
    #[arg(long)]
    person: String,
    /// 理由 / why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    service: ServiceArgs,
}

/// Where the service is.
#[derive(Debug, clap::Args)]
pub struct ServiceArgs {
    /// 分类服务地址 / where classification's HTTP face is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7402")]
    at: String,
}

/// A line of the file. Name and standard codes are for people: they are not read back.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    category: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    standard: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    instead_of: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    word: String,
}

#[derive(Deserialize)]
struct Shown {
    version: i64,
    entries: Vec<Line>,
}

/// Exports or imports.
pub async fn run(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Export(args) => export(args).await,
        Command::Import(args) => import(args).await,
    }
}

async fn export(args: ExportArgs) -> anyhow::Result<Outcome> {
    let url = format!("{}/api/v1/catalogue", args.service.at.trim_end_matches('/'));
    let answer = client()?.get(url).send().await.context("分类服务无应答 / classification does not answer")?;
    let Shown { version, entries } = answer.error_for_status()?.json().await?;
    let mut output = Output::create(&args.out)?;
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(output.writer());
    // also where there is no entry yet, so that one sees what to write
    csv.write_record(["category", "name", "standard", "place", "hours", "instead_of", "unit", "owner", "word"])?;
    for mut line in entries {
        if let Some(category) = District::sample().category(&line.category) {
            line.name.clone_from(&category.name);
            line.standard = category.standard.join(" ");
        }
        csv.serialize(line)?;
    }
    csv.flush()?;
    drop(csv);
    output.finish()?;
    note(&format!("第 {version} 版 / version {version}"));
    Ok(Outcome::Good)
}

async fn import(args: ImportArgs) -> anyhow::Result<Outcome> {
    let mut entries = Vec::new();
    for line in csv::Reader::from_reader(input::open(&args.file)?).into_deserialize() {
        let Line { category, place, hours, instead_of, unit, owner, word, .. } = line?;
        entries.push(Written { category, word, place, hours, instead_of, unit, owner });
    }
    let body = json!({"person": args.person, "reason": args.reason, "from": args.from, "entries": entries});
    let url = format!("{}/api/v1/catalogue/entries", args.service.at.trim_end_matches('/'));
    let asked = client()?.put(url).header("idempotency-key", uuid::Uuid::new_v4().to_string()).json(&body);
    let answer = good(asked.send().await.context("分类服务无应答 / classification does not answer")?).await?;
    let version = answer.json::<Value>().await?["version"].take();
    note(&format!("{} 条，第 {version} 版 / {} entries, version {version}", entries.len(), entries.len()));
    Ok(Outcome::Good)
}
