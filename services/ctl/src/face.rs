//! Asking a service over its HTTP face.

use std::time::Duration;

use anyhow::bail;
use contracts::problem::Problem;
use reqwest::{Client, Response};

use crate::screen::both;

/// Longest wait for the service.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client for services of ours.
pub fn client() -> reqwest::Result<Client> {
    Client::builder().timeout(PATIENCE).no_proxy().build()
}

/// The answer, unless it is a refusal: then what is wrong.
pub async fn good(answer: Response) -> anyhow::Result<Response> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let problem: Problem = answer.json().await?;
    bail!("{}", both(&problem))
}
