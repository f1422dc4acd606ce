//! Makes streams and consumers as declared.

use bus::topology::Finding;
use contracts::district::District;

use crate::{
    screen::{Outcome, say},
    settings::{BrokerArgs, Operator},
};

/// 建立消息流与队列（可重复执行） / make streams and queues as declared; may be run again and again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline provision --nats nats://127.0.0.1:4222")]
pub struct Args {
    /// 只检查不修改 / only look; exit code 1 if something is to be made or changed
    #[arg(long)]
    check: bool,
    /// 每个流的副本数 / copies of each stream, 1 to 5 [default: setting `streams.replicas`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    replicas: Option<u8>,
    #[command(flatten)]
    broker: BrokerArgs,
}

/// Provisions the sample district; prints what differs and a summary.
pub async fn run(args: Args) -> anyhow::Result<Outcome> {
    let mut operator = Operator::read()?.at(args.broker);
    if let Some(replicas) = args.replicas {
        operator.layout.replicas = replicas.into();
    }
    let bus = operator.connect().await?;
    let findings = bus.provision(&operator.layout, District::sample(), args.check).await;
    bus.close().await;
    let findings = findings?;
    let (made, changed) = if args.check { ("missing", "differs") } else { ("made", "changed") };
    let mut same = 0;
    for finding in &findings {
        match finding {
            Finding::Same(_) => same += 1,
            Finding::Missing(what) => say(&format!("{made}: {what}"))?,
            Finding::Changed(what) => say(&format!("{changed}: {what}"))?,
        }
    }
    let other = findings.len() - same;
    if args.check {
        say(&format!("{same} as declared, {other} to be made"))?;
        return Ok(Outcome::of(other == 0));
    }
    say(&format!("{same} as declared, {other} made"))?;
    Ok(Outcome::Good)
}
