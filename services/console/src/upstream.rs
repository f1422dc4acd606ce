//! The way to another service's HTTP face, which decides what people ask for on our pages.

use std::time::Duration;

use axum::{body::Bytes, http::StatusCode};
use chassis::http;
use contracts::problem::Problem;
use reqwest::{Client, Method, Url};
use serde_json::Value;

use crate::visit::Failure;

/// Longest wait for the service.
const PATIENCE: Duration = Duration::from_secs(10);

/// A service at its address.
#[derive(Clone, Debug)]
pub struct Upstream {
    url: Url,
    client: Client,
    /// Its name, Chinese and English.
    name: (&'static str, &'static str),
}

impl Upstream {
    /// At the address that `setting` gives; none if it is empty: then nothing can be asked.
    pub fn at(url: &str, setting: &str, name: (&'static str, &'static str)) -> anyhow::Result<Option<Self>> {
        if url.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { url: http::address(url, setting)?, client: http::client(PATIENCE)?, name }))
    }

    /// Reads what is at a path.
    pub async fn read(&self, path: &str) -> Result<Value, Failure> {
        let (status, body) = self.send(Method::GET, path, None).await?;
        match serde_json::from_slice(&body) {
            Ok(read) if status.is_success() => Ok(read),
            _ => Err(self.refusal(status, &body)),
        }
    }

    /// Asks for something under a key, so that it is done once however often it is sent; the answer is the service's.
    pub async fn ask(&self, path: &str, key: &str, body: &Value) -> Result<(StatusCode, Bytes), Failure> {
        self.send(Method::POST, path, Some((key, body))).await
    }

    async fn send(&self, method: Method, path: &str, asked: Option<(&str, &Value)>) -> Result<(StatusCode, Bytes), Failure> {
        let mut url = self.url.clone();
        url.set_path(path);
        let mut request = self.client.request(method, url);
        if let Some((key, body)) = asked {
            request = request.header("idempotency-key", key).json(body);
        }
        if let Some(trace) = bus::trace::outgoing(&tracing::Span::current(), None) {
            request = request.header("traceparent", trace);
        }
        let (zh, en) = self.name;
        let away = |e: reqwest::Error| {
            // without the address: it may hold a secret
            tracing::warn!(service = en, error = %e.without_url(), "a service can't be reached");
            let (zh, en) = (format!("{zh}暂时无法连接，请稍后重试"), format!("{en} can't be reached; try again in a moment"));
            (StatusCode::BAD_GATEWAY, Problem::new("service_away", zh, en))
        };
        let response = request.send().await.map_err(away)?;
        let status = response.status();
        Ok((status, response.bytes().await.map_err(away)?))
    }

    /// Whether what was asked is done; so it is if the same was asked before.
    pub fn done(&self, status: StatusCode, body: &[u8]) -> Result<(), Failure> {
        if status.is_success() {
            return Ok(());
        }
        match self.refusal(status, body) {
            (_, problem) if problem.code == "repeated" => Ok(()),
            failure => Err(failure),
        }
    }

    /// What the service says is wrong.
    pub fn refusal(&self, status: StatusCode, body: &[u8]) -> Failure {
        let status = if status.is_client_error() { status } else { StatusCode::BAD_GATEWAY };
        match serde_json::from_slice(body) {
            Ok(problem) => (status, problem),
            Err(_) => {
                let (zh, en) = self.name;
                let (zh, en) = (format!("{zh}的答复无法识别"), format!("{en}'s answer can't be read"));
                (StatusCode::BAD_GATEWAY, Problem::new("service_answer", zh, en))
            }
        }
    }
}
