//! `unison-server`. Exit codes: 0 done, 1 failed, 2 wrong use.

use std::process::ExitCode;

use clap::Parser as _;
use sync_server::{commands, config::Cli, memory};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    memory::give_back();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    // Wrong use ends here, with exit code 2.
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("UNISON_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            // A cause that its effect quotes already.
            causes.dedup_by(|cause, effect| effect.contains(cause.as_str()));
            eprintln!("error: {}", causes.join(": "));
            ExitCode::FAILURE
        }
    }
}
