//! Connection, topology, backlog.

use bus::{
    Bus, BusError,
    connection::MIN_SERVER,
    topology::{self, TAPS, Tap},
};
use contracts::district::District;

use super::finding::Finding;
use crate::settings::Operator;

const WHAT: &str = "nats-server";
const TOPOLOGY: &str = "streams and consumers";
/// Missing streams and consumers that are named; of more only the number is told.
const NAMED: usize = 5;

/// Can it be reached, is it new enough, has it JetStream?
pub async fn connect(operator: &Operator, findings: &mut Vec<Finding>) -> Option<Bus> {
    match Bus::connect(&operator.nats, "gridline-doctor", false).await {
        Ok(bus) => {
            let version = bus.server_version();
            findings.push(Finding::ok(
                WHAT,
                format!("版本 {version}，JetStream 可用"),
                format!("version {version}, with JetStream"),
            ));
            Some(bus)
        }
        Err(e) => {
            findings.push(Finding::fail(WHAT, chinese(&e), e.to_string()));
            None
        }
    }
}

fn chinese(e: &BusError) -> String {
    match e {
        BusError::Unreachable { url, .. } => format!("{url} 连接不上，请检查它是否在运行、设置 nats.url 是否正确"),
        BusError::TooOld { found } => format!("版本 {found} 太旧，需要 {}.{} 或更新", MIN_SERVER.0, MIN_SERVER.1),
        BusError::NoJetStream { url } => format!("{url} 没有启用 JetStream，请加 -js 启动"),
        BusError::Topology(_) => "消息流或队列有误".to_owned(),
    }
}

/// Are streams and consumers as declared? True if none is missing.
pub async fn topology(bus: &Bus, operator: &Operator, findings: &mut Vec<Finding>) -> bool {
    let found = match bus.provision(&operator.layout, District::sample(), true).await {
        Ok(found) => found,
        Err(e) => {
            findings.push(Finding::fail(TOPOLOGY, chinese(&e), e.to_string()));
            return false;
        }
    };
    let (mut missing, mut changed) = (Vec::new(), Vec::new());
    for finding in &found {
        match finding {
            topology::Finding::Same(_) => {}
            topology::Finding::Missing(what) => missing.push(what.as_str()),
            topology::Finding::Changed(what) => changed.push(what.as_str()),
        }
    }
    if missing.is_empty() && changed.is_empty() {
        let n = found.len();
        findings.push(Finding::ok(TOPOLOGY, format!("{n} 项均与声明一致"), format!("all {n} as declared")));
    }
    if !missing.is_empty() {
        let (n, names) = (missing.len(), named(&missing));
        let (zh, en) = (format!("缺 {n} 项：{names}"), format!("{n} missing: {names}"));
        findings.push(Finding::fail(
            TOPOLOGY,
            format!("{zh}；请运行 gridline provision"),
            format!("{en}; run `gridline provision`"),
        ));
    }
    if !changed.is_empty() {
        let (n, names) = (changed.len(), named(&changed));
        let (zh, en) = (format!("{n} 项与声明不同：{names}"), format!("{n} differ: {names}"));
        let (zh, en) = (format!("{zh}；请运行 gridline provision"), format!("{en}; run `gridline provision`"));
        findings.push(Finding::warn(TOPOLOGY, zh, en));
    }
    missing.is_empty()
}

fn named(all: &[&str]) -> String {
    let some = all.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if all.len() > NAMED { format!("{some}, …") } else { some }
}

/// What waits for services.
pub async fn backlog(bus: &Bus, findings: &mut Vec<Finding>) {
    let mut quiet = 0;
    for tap in TAPS {
        let what = format!("backlog of {}", tap.durable);
        match bus.backlog(tap.stream, tap.durable).await {
            Ok((0, 0)) => quiet += 1,
            Ok((pending, taken)) => findings.push(Finding::warn(
                what,
                format!("{pending} 条待取，{taken} 条处理中；若不减少，请看该服务日志"),
                format!("{pending} waiting, {taken} in hand; if that does not fall, read the service's log"),
            )),
            Err(e) => findings.push(Finding::fail(what, "读不出，请运行 gridline provision", e.to_string())),
        }
    }
    if quiet > 0 {
        findings.push(Finding::ok("backlog", format!("{quiet} 个消费者无积压"), format!("nothing waits in {quiet} consumers")));
    }
}

/// Does nothing wait in these consumers? Not, if that can't be told.
pub async fn is_quiet(bus: &Bus, taps: &[Tap]) -> bool {
    for tap in taps {
        if !matches!(bus.backlog(tap.stream, tap.durable).await, Ok((0, 0))) {
            return false;
        }
    }
    true
}
