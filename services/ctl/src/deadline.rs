//! Deadlines: computed for a file of rows; explained step by step; verified against what was told.

mod explain;
mod history;
mod verify;

use std::{
    io::{BufRead, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::bail;
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use contracts::{problem::Problem, ticket::Class};
use csv::{ErrorKind, StringRecord};
use sla::{Calendar, Policy};

use crate::{
    input,
    output::Output,
    screen::{Outcome, both, note},
};

/// Wrong rows that are told one by one; of more only the number is told.
const TOLD: usize = 20;

/// 批量计算办理时限（CSV），或说明、复核时限 / compute deadlines: a CSV file with the columns `received` and `class` gets a column `due`.
///
/// received: RFC 3339, or date and time in China (2026-02-13 16:00).
/// class: simple, coordination or key-difficult.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example: gridline deadline --in received.csv --out due.csv"
)]
pub struct Args {
    #[command(subcommand)]
    question: Option<Question>,
    /// 输入，- 为标准输入 / input; - for stdin
    #[arg(long = "in", value_name = "FILE", required = true)]
    input: Option<PathBuf>,
    /// 输出，- 为标准输出 / output; - for stdout
    #[arg(long = "out", value_name = "FILE", required = true)]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    Explain(explain::Args),
    Verify(verify::Args),
}

/// Computes, explains or verifies.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    match (&args.question, &args.input, &args.output) {
        (Some(Question::Explain(args)), ..) => crate::wait(explain::run(args)),
        (Some(Question::Verify(args)), ..) => crate::wait(verify::run(args)),
        (None, Some(input), Some(output)) => compute(input, output),
        (None, ..) => bail!("需要 --in 和 --out / --in and --out are needed"),
    }
}

/// Writes the rows with their deadlines, or nothing at all if a row is wrong.
fn compute(input: &Path, output: &Path) -> anyhow::Result<Outcome> {
    let input = input::open(input)?;
    let mut output = Output::create(output)?;
    let done = convert(input, BufWriter::new(output.writer()))?;
    for problem in done.problems.iter().take(TOLD) {
        note(&both(problem));
    }
    if !done.problems.is_empty() {
        bail!("{} 行有误，未写出结果 / {} wrong rows; nothing was written", done.problems.len(), done.problems.len());
    }
    output.finish()?;
    let through = Calendar::builtin().published_through();
    if done.provisional > 0 {
        note(&format!(
            "{} 行超出已公布的放假安排（至 {through}），时限为暂定 / {} rows count days beyond the published calendar (through {through}); those deadlines are provisional",
            done.provisional, done.provisional
        ));
    }
    note(&format!("{} rows", done.rows));
    Ok(Outcome::Good)
}

#[derive(Debug, Default)]
struct Done {
    rows: u64,
    provisional: u64,
    problems: Vec<Problem>,
}

/// Columns of the two values.
struct Columns {
    received: usize,
    class: usize,
}

fn convert(input: impl BufRead, output: impl Write) -> anyhow::Result<Done> {
    let mut reader = csv::Reader::from_reader(input);
    let mut writer = csv::Writer::from_writer(output);
    let mut done = Done::default();
    let mut headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(e) => bail!(both(&unreadable(&e)?)),
    };
    let columns = columns(&headers).or_else(|p| bail!(both(&p)))?;
    headers.push_field("due");
    writer.write_record(&headers)?;
    for record in reader.into_records() {
        let row = match record {
            Ok(record) => due(&record, &columns).map(|found| (record, found)),
            Err(e) => Err(unreadable(&e)?),
        };
        match row {
            Ok((mut record, (due, provisional))) => {
                record.push_field(&due);
                writer.write_record(&record)?;
                done.rows += 1;
                done.provisional += u64::from(provisional);
            }
            Err(problem) => done.problems.push(problem),
        }
    }
    writer.flush()?;
    Ok(done)
}

fn columns(headers: &StringRecord) -> Result<Columns, Problem> {
    let find = |name: &str| headers.iter().position(|h| h.trim() == name).ok_or_else(|| no_column(name));
    let (received, class) = (find("received")?, find("class")?);
    if find("due").is_ok() {
        return Err(Problem::new(
            "column_taken",
            "第 1 行：已有 due 列，请先去掉",
            "line 1: there is a column `due` already; take it out first",
        ));
    }
    Ok(Columns { received, class })
}

fn no_column(name: &str) -> Problem {
    Problem::new(
        "no_column",
        format!("第 1 行：缺少列 {name}；首行应为列名 received,class"),
        format!("line 1: there is no column `{name}`; the first line names the columns: received,class"),
    )
}

/// The deadline of a row, and whether it is provisional.
fn due(record: &StringRecord, columns: &Columns) -> Result<(String, bool), Problem> {
    let line = record.position().map_or(0, csv::Position::line);
    let value = |column: usize| record.get(column).unwrap_or_default().trim();
    let bad = |column: &str, (zh, en): (String, String)| {
        Problem::new("bad_row", format!("第 {line} 行，列 {column}：{zh}"), format!("line {line}, column {column}: {en}"))
    };
    let received = received(value(columns.received)).ok_or_else(|| bad("received", bad_time()))?;
    let class: Class = value(columns.class).parse().map_err(|_| bad("class", bad_class()))?;
    let policy = Policy::default();
    let deadline = sla::deadline(Calendar::builtin(), &policy, policy.limits.of(class), received)
        .map_err(|e| bad("received", (e.to_string(), e.to_string())))?;
    Ok((deadline.due.with_timezone(&sla::CHINA).to_rfc3339_opts(SecondsFormat::AutoSi, false), deadline.provisional))
}

fn received(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let local = formats.iter().find_map(|f| NaiveDateTime::parse_from_str(text, f).ok())?;
    Some(local.and_local_timezone(sla::CHINA).single()?.to_utc())
}

fn bad_time() -> (String, String) {
    (
        "应为 RFC 3339 时间，或北京时间如 2026-02-13 16:00".to_owned(),
        "takes RFC 3339, or date and time in China as in 2026-02-13 16:00".to_owned(),
    )
}

fn bad_class() -> (String, String) {
    let known = Class::ALL.iter().map(|c| c.code()).collect::<Vec<_>>().join(", ");
    (format!("应为 {known} 之一"), format!("takes one of {known}"))
}

/// A row that is not CSV; only where it stands is told. A file that can't be read at all is an error.
fn unreadable(e: &csv::Error) -> anyhow::Result<Problem> {
    let line = e.position().map_or(1, csv::Position::line);
    Ok(match e.kind() {
        ErrorKind::Utf8 { .. } => Problem::new(
            "not_utf8",
            format!("第 {line} 行：不是 UTF-8 文本，请另存为 UTF-8"),
            format!("line {line}: not UTF-8 text; save the file as UTF-8"),
        ),
        ErrorKind::UnequalLengths { expected_len, len, .. } => Problem::new(
            "bad_row",
            format!("第 {line} 行：有 {len} 列，列名行有 {expected_len} 列"),
            format!("line {line}: has {len} columns, the first line has {expected_len}"),
        ),
        _ => bail!("读取失败 / reading failed: {e}"),
    })
}
