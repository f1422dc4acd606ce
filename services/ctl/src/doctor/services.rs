//! Each service's `/readyz`.

use futures_util::future::join_all;

use super::{finding::Finding, monitor::client};
use crate::settings::{Operator, Service};

/// Most of a service's answer that is shown.
const SHOWN: usize = 100;

/// Asks all services at once.
pub async fn check(operator: &Operator) -> Vec<Finding> {
    let wanted = Service::ALL.iter().filter_map(|&s| operator.ops(s).map(|at| (s, at)));
    join_all(wanted.map(|(service, at)| ready(service, at))).await
}

async fn ready(service: Service, at: &str) -> Finding {
    let what = format!("{} readiness", service.name());
    match ask(at).await {
        Ok((true, _)) => Finding::ok(what, "就绪", "ready"),
        Ok((false, why)) => {
            let why: String = why.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            Finding::fail(what, format!("未就绪：{why}；请看该服务日志"), format!("not ready: {why}; read the service's log"))
        }
        Err(_) => {
            let key = service.key();
            Finding::fail(
                what,
                format!("{at} 无应答；请启动该服务，或检查设置 services.{key}.ops"),
                format!("no answer at {at}; start the service, or check the setting services.{key}.ops"),
            )
        }
    }
}

async fn ask(at: &str) -> reqwest::Result<(bool, String)> {
    let base = if at.contains("://") { at.to_owned() } else { format!("http://{at}") };
    let answer = client()?.get(format!("{}/readyz", base.trim_end_matches('/'))).send().await?;
    Ok((answer.status().is_success(), answer.text().await?))
}
