//! How a process lives.
//!
//! [`main`] is the whole of every service's `main.rs`: it reads the settings, starts telemetry, connects
//! database and broker, lets the service start its work, and at SIGTERM drains in order: no new requests, no new
//! messages, what is in hand is committed, the outbox is sent, connections close. Correctness does not depend on
//! any of that; `kill -9` is the tested path.
//!
//! - [`settings`] defaults, file, environment
//! - [`telemetry`] logs, traces, metrics
//! - [`context`] what a service gets to work with
//! - [`http`] public and operations addresses, errors as JSON

pub mod context;
pub mod http;
pub mod settings;
pub mod telemetry;

use std::{future::Future, process::ExitCode};

pub use context::Context;
pub use settings::Settings;

/// One allocator for all services: the system's returns memory late and is slower here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs a service: its name, the text of its own `default.toml`, and what starts it.
pub fn main<F, Fut>(name: &'static str, defaults: &str, start: F) -> ExitCode
where
    F: FnOnce(Context, Settings) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    match run(name, defaults, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            // telemetry may not be up yet: the operator must see it in any case
            eprintln!("{name}: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run<F, Fut>(name: &'static str, defaults: &str, start: F) -> anyhow::Result<()>
where
    F: FnOnce(Context, Settings) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    install_tls();
    let settings = Settings::read(name, defaults)?;
    let telemetry = telemetry::Telemetry::install(name, &settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let context = Context::connect(name, &settings, bus::Clock::system()).await?;
        context.serve_ops(&settings, telemetry.registry()).await?;
        start(context.clone(), settings).await?;
        context.started();
        tracing::info!(service = name, "ready");
        stop_signal().await;
        tracing::info!(service = name, "draining");
        context.drain().await;
        anyhow::Ok(())
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    telemetry.shutdown();
    outcome
}

/// One TLS stack for all clients; a second call does nothing.
pub fn install_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// SIGTERM (Kubernetes, `deploy/down.sh`) or Ctrl-C.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
