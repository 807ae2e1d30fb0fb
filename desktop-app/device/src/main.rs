//! The replica without a screen: gateways, kiosks, scripted stations.

use std::process::ExitCode;

use clap::Parser as _;

mod args;
mod commands;
mod output;

use args::{Args, Work, WrongUse};
use output::Output;

#[tokio::main]
async fn main() -> ExitCode {
    // clap ends the process with 2 where the line is wrong.
    let args = Args::parse();
    let log = tracing_subscriber::EnvFilter::try_from_env("UNISON_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();

    let output = Output { is_json: args.json };
    match run(&args, output).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            output.error(&error);
            if error.is::<WrongUse>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Whether everything came out well; what did not has been said.
async fn run(args: &Args, output: Output) -> anyhow::Result<bool> {
    match &args.work {
        Work::Enroll(enroll) => commands::enroll::run(&args.data, enroll, output).await?,
        Work::SignIn(sign_in) => commands::sign_in::run(&args.data, sign_in, output).await?,
        Work::Do(perform) => return commands::perform::run(&args.data, perform, output).await,
        Work::Sync(sync) => commands::sync::run(&args.data, sync, output).await?,
        Work::Query(query) => commands::query::run(&args.data, query, output).await?,
        Work::Status => commands::status::run(&args.data, output).await?,
        Work::Export { file } => commands::export::run(&args.data, file, output).await?,
        Work::Import { file } => commands::import::run(&args.data, file, output).await?,
    }
    Ok(true)
}
