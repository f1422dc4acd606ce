//! `gridline`, the operator's command line. It decides nothing: it makes, looks, sends and shows.
//!
//! - [`provision`] streams and consumers
//! - [`doctor`] is everything as it must be? one line a finding
//! - [`submit`] reports from a file to intake, receipts back
//! - [`watch`] the life of tickets as it happens
//! - [`dead_letters`] messages that could not take effect: list, replay
//! - [`classify`], [`deadline`] the product's two calculations on files; no broker, no database
//! - [`train`] the classifier's model from labelled reports, and how good it is
//! - [`learning`] what people said of tickets, to train from, and a new model tried on past tickets
//! - [`calendar`] the working days in force, and a year or own days put in force
//! - [`catalogue`] the dispatch catalogue, out to a file and back
//! - [`qr`] codes for walls, each for a place
//! - [`settings`] where broker, databases and services are; [`database`] opens the latter
//! - [`input`], [`output`], [`screen`] files and what people see

mod calendar;
mod catalogue;
mod classify;
mod database;
mod dead_letters;
mod deadline;
mod doctor;
mod face;
mod input;
mod learning;
mod output;
mod provision;
mod qr;
mod screen;
mod settings;
mod submit;
mod train;
mod watch;

use std::{future::Future, process::ExitCode};

use clap::{Parser, Subcommand};
use screen::Outcome;

/// 综治中心工单系统运维命令 / the operator's command line of Gridline.
#[derive(Debug, Parser)]
#[command(
    name = "gridline",
    version,
    after_help = "Exit code: 0 good, 1 findings or failed, 2 wrong usage.\nExample: gridline provision && gridline doctor --wait 30"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Provision(provision::Args),
    Doctor(doctor::Args),
    Submit(submit::Args),
    Watch(watch::Args),
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    Classify(classify::Args),
    Train(train::Args),
    Evaluate(train::EvaluateArgs),
    Samples(learning::SamplesArgs),
    Shadow(learning::ShadowArgs),
    #[command(subcommand)]
    Calendar(calendar::Command),
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    Qr(qr::Args),
    Deadline(deadline::Args),
}

fn main() -> ExitCode {
    chassis::install_tls();
    match run(Cli::parse().command) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Bad) => ExitCode::FAILURE,
        Err(e) => {
            // who closed the pipe (`| head`) does not want to hear of it
            if !screen::is_broken_pipe(&e) {
                screen::note(&format!("gridline: {e:#}"));
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Provision(args) => wait(provision::run(args)),
        Command::Doctor(args) => wait(doctor::run(args)),
        Command::Submit(args) => wait(submit::run(args)),
        Command::Watch(args) => wait(watch::run(args)),
        Command::DeadLetters(command) => wait(dead_letters::run(command)),
        Command::Classify(args) => classify::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Evaluate(args) => train::evaluate(&args),
        Command::Samples(args) => wait(learning::samples(args)),
        Command::Shadow(args) => wait(learning::shadow(args)),
        Command::Calendar(command) => wait(calendar::run(command)),
        Command::Catalogue(command) => wait(catalogue::run(command)),
        Command::Qr(args) => qr::run(&args),
        Command::Deadline(args) => deadline::run(&args),
    }
}

fn wait(work: impl Future<Output = anyhow::Result<Outcome>>) -> anyhow::Result<Outcome> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work)
}
