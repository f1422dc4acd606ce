//! Sends reports from a file to intake and waits for the receipts.

mod flight;
mod line;

use std::{io::BufRead, path::PathBuf, thread, time::Duration, time::Instant};

use anyhow::{Context as _, anyhow, bail};
use bus::{
    Bus, Clock,
    observe::Seen,
    publish::{Parcel, Sent},
};
use contracts::{
    envelope::Envelope,
    id::SourceId,
    intake::{Receipt, ReceiptOutcome, Receipts},
    problem::Problem,
    subject,
};
use flight::{Flight, Report, WINDOW};
use tokio::sync::mpsc;

use crate::{
    input,
    screen::{Outcome, both, note, say},
    settings::{BrokerArgs, Operator},
};

const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// 提交诉求文件（JSON 行）并等待回执 / send reports, one JSON object a line, and wait for the receipts.
///
/// Fields: external_id (or id), channel, text; and division, hold, reporter. Others are passed over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline submit reports.jsonl --source web")]
pub struct Args {
    /// 诉求文件，- 为标准输入 / the file; - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 来源，须在受理服务中登记 / the source, one that intake knows
    #[arg(long, value_name = "SOURCE", default_value = "web")]
    source: SourceId,
    /// 同时提交 class 字段 / send the field `class` too
    #[arg(long)]
    with_class: bool,
    /// 每条最多等待回执多少秒 / how long to wait for each receipt
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
    #[command(flatten)]
    broker: BrokerArgs,
}

/// A line with its number, as the reading thread gives it.
type Read = Result<(u64, Result<Report, Problem>), std::io::Error>;

/// Sends all reports; prints the number of each, or why it has none.
pub async fn run(args: Args) -> anyhow::Result<Outcome> {
    let file = input::open(&args.file)?;
    let bus = Operator::read()?.at(args.broker).connect().await?;
    // before anything is sent, so that no receipt is missed
    let mut sight = bus.observe(&[&subject::receipt(&args.source)]).await?;
    let (to, mut lines) = mpsc::channel(WINDOW);
    // a thread of its own, which may wait for stdin for ever and must not keep us from ending
    thread::spawn(move || read(file, args.with_class, &to));
    let give_up = Duration::from_secs(args.timeout.into());
    let mut session = Session::new(bus, Flight::new(args.source, uuid::Uuid::new_v4(), give_up));
    let mut look = tokio::time::interval(LOOK_AGAIN);
    let mut more = true;
    while more || session.is_busy() {
        tokio::select! {
            biased;
            seen = sight.next() => session.receipt(&seen.ok_or_else(|| anyhow!("the connection was closed"))?).await?,
            next = lines.recv(), if more && session.has_room() => match next {
                Some(first) => session.take(first, &mut lines).await?,
                None => more = false,
            },
            _ = look.tick() => session.look_again().await?,
        }
    }
    session.bus.close().await;
    session.tally.tell()
}

fn read(mut file: impl BufRead, with_class: bool, to: &mpsc::Sender<Read>) {
    for number in 1.. {
        let item = match input::next_line(&mut file, line::MAX) {
            Ok(None) => return,
            Ok(Some(line)) => match line::read(&line, with_class) {
                None => continue,
                Some(submit) => Ok((number, submit.map(|submit| Report { line: number, submit }))),
            },
            Err(e) => Err(e),
        };
        let last = item.is_err();
        if to.blocking_send(item).is_err() || last {
            return;
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    lines: u64,
    accepted: u64,
    refused: u64,
    bad: u64,
    silent: u64,
}

impl Tally {
    fn tell(&self) -> anyhow::Result<Outcome> {
        let Self { lines, accepted, refused, bad, silent } = self;
        say(&format!("{lines} lines: {accepted} accepted, {refused} refused, {bad} bad, {silent} without a receipt"))?;
        Ok(Outcome::of(accepted == lines))
    }
}

/// One run of `submit`.
struct Session {
    bus: Bus,
    clock: Clock,
    flight: Flight,
    /// A report that must wait: one with the same external id is in flight.
    held: Option<Report>,
    tally: Tally,
}

impl Session {
    fn new(bus: Bus, flight: Flight) -> Self {
        Self { bus, clock: Clock::system(), flight, held: None, tally: Tally::default() }
    }

    fn is_busy(&self) -> bool {
        !self.flight.is_empty() || self.held.is_some()
    }

    fn has_room(&self) -> bool {
        self.held.is_none() && !self.flight.is_full()
    }

    /// Takes a line, and with it those that are read already, as far as there is room; sends them together.
    async fn take(&mut self, first: Read, lines: &mut mpsc::Receiver<Read>) -> anyhow::Result<()> {
        let mut parcels = Vec::new();
        let mut next = Some(first);
        while let Some(item) = next {
            let (number, report) = item.context("读取失败 / reading failed")?;
            self.tally.lines += 1;
            match report {
                Ok(report) if self.flight.holds(&report) => self.held = Some(report),
                Ok(report) => parcels.push(self.flight.launch(report, Instant::now(), self.clock.now())),
                Err(problem) => {
                    note(&format!("line {number}: {} ({})", both(&problem), problem.code));
                    self.tally.bad += 1;
                }
            }
            next = if self.has_room() { lines.try_recv().ok() } else { None };
        }
        self.send(parcels).await
    }

    /// What became of one is not known is sent again later, as one that got no receipt.
    async fn send(&mut self, parcels: Vec<Parcel>) -> anyhow::Result<()> {
        for sent in self.bus.publish(subject::INTAKE, &parcels).await {
            if let Sent::Refused(why) = sent {
                bail!("消息服务器拒收 / the broker refuses reports ({why}); run `gridline provision`");
            }
        }
        Ok(())
    }

    /// Receipts of others on the same source are none of ours.
    async fn receipt(&mut self, seen: &Seen) -> anyhow::Result<()> {
        let read = Envelope::read(|name| seen.header(name)).and_then(|e| e.open(&seen.body));
        let Ok(Receipts::Receipt(Receipt { external_id: Some(id), outcome, .. })) = read else { return Ok(()) };
        let Some(line) = self.flight.land(&id) else { return Ok(()) };
        match outcome {
            ReceiptOutcome::Accepted { number, .. } => {
                self.tally.accepted += 1;
                say(&format!("line {line}: {number}"))?;
            }
            ReceiptOutcome::Refused { problem } => {
                self.tally.refused += 1;
                note(&format!("line {line}: 不予受理 refused: {} ({})", both(&problem), problem.code));
            }
        }
        self.release().await
    }

    async fn look_again(&mut self) -> anyhow::Result<()> {
        let (again, given_up) = self.flight.overdue(Instant::now());
        for line in given_up {
            self.tally.silent += 1;
            note(&format!(
                "line {line}: 未收到回执，受理服务是否在运行？ / no receipt; is intake running? try `gridline doctor`"
            ));
        }
        self.send(again).await?;
        self.release().await
    }

    /// Sends the report that had to wait, once it need not.
    async fn release(&mut self) -> anyhow::Result<()> {
        match self.held.take_if(|held| !self.flight.holds(held)) {
            Some(report) => {
                let parcel = self.flight.launch(report, Instant::now(), self.clock.now());
                self.send(vec![parcel]).await
            }
            None => Ok(()),
        }
    }
}
