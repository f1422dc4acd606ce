//! Recomputes deadlines and lists every difference.

use anyhow::bail;
use sla::{Books, Finding, Verdict, instant};

use super::history::{self, Numbered};
use crate::{
    screen::{Outcome, note, say},
    settings::{DatabaseArgs, Operator},
};

/// 复核时限：按事实逐条重算 / recompute deadlines from the facts, line by line; exit code 1 if any differs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline deadline verify --all")]
pub struct Args {
    /// 工单编号 / numbers of tickets
    #[arg(value_name = "NUMBER", required_unless_present = "all", conflicts_with = "all")]
    numbers: Vec<String>,
    /// 全部工单 / all tickets
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// What was looked at and found.
#[derive(Debug, Default)]
struct Count {
    tickets: u64,
    lines: u64,
    different: u64,
    provisional: u64,
    gaps: u64,
}

/// Verifies.
pub async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let db = history::open(&Operator::read()?.with(&args.databases)).await?;
    let books = history::books(&db).await?;
    let mut count = Count::default();
    for number in &args.numbers {
        let Some(ticket) = history::of(&db, number).await? else {
            bail!("没有工单 {number} / there is no ticket {number}");
        };
        count.look(&ticket, &books)?;
    }
    if args.all {
        let mut last = String::new();
        while let Some((tickets, to)) = history::next(&db, &last).await? {
            tickets.iter().try_for_each(|ticket| count.look(ticket, &books))?;
            last = to;
        }
    }
    let Count { tickets, lines, different, provisional, gaps } = count;
    note(&format!(
        "{tickets} 件工单，{lines} 条时限记录，{different} 条不一致，{provisional} 条为暂定且所用日历未知，{gaps} 件缺少事实 / \
         {tickets} tickets, {lines} lines, {different} differ, {provisional} provisional under an unknown calendar, {gaps} tickets lack facts"
    ));
    Ok(Outcome::of(different == 0 && gaps == 0))
}

impl Count {
    fn look(&mut self, Numbered { number, history }: &Numbered, books: &Books) -> anyhow::Result<()> {
        self.tickets += 1;
        let missing = history.missing();
        if !missing.is_empty() {
            self.gaps += 1;
            say(&format!("{number}\t缺少事实 / facts are missing: {missing:?}"))?;
        }
        for seq in history.broken_promises() {
            self.different += 1;
            say(&format!("{number}\t{seq}\t派单所告时限与时限记录不同 / the dispatch promises another deadline than its line"))?;
        }
        for finding in history.findings(books)? {
            self.lines += 1;
            match finding.verdict {
                Verdict::Same => {}
                Verdict::OtherCalendar => self.provisional += 1,
                _ => {
                    self.different += 1;
                    say(&format!("{number}\t{}", difference(&finding)))?;
                }
            }
        }
        Ok(())
    }
}

/// One line that differs: place, clock, what was told, what it ought to be.
fn difference(finding: &Finding<'_>) -> String {
    let (line, told) = (finding.line, instant(finding.line.due));
    let ought = match &finding.verdict {
        Verdict::Different(expected) => instant(expected.due),
        Verdict::Unfitting => "此时不可能发生 / can't happen then".to_owned(),
        Verdict::NoDeadline(error) => error.to_string(),
        Verdict::Same | Verdict::OtherCalendar => told.clone(),
    };
    format!("{}\t{}\t{}\t{told}\t{ought}", finding.seq, line.clock, line.change)
}
