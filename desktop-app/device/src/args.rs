//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// A Unison device without a screen. Works without a network, except to enroll, sign in and sync.
///
/// Exit codes: 0 done, 1 failed, 2 wrong use.
#[derive(Parser)]
#[command(name = "unison-device", version)]
pub struct Args {
    /// The directory with the data of this device; one process at a time uses it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Print JSON and nothing else.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub work: Work,
}

#[derive(Subcommand)]
pub enum Work {
    /// Join a plant with a one-time code.
    Enroll(Enroll),
    /// Sign a person in; what is entered from then on is in their name.
    SignIn(SignIn),
    /// Carry out commands, one JSON object per line of standard input; one JSON result per line.
    ///
    /// Each is on disk before its result is printed. A refused one does not stop the next.
    Do(Do),
    /// Send what is unsent and fetch what is new.
    Sync(Sync),
    /// Print a view of the data as JSON.
    Query(Query),
    /// Who this device is, and what it has not sent.
    Status,
    /// Write everything unsent to a file; - is standard output.
    Export { file: PathBuf },
    /// Take over what another device exported; - is standard input. Twice does nothing twice.
    Import { file: PathBuf },
}

#[derive(clap::Args)]
pub struct Enroll {
    /// As http://127.0.0.1:8080
    #[arg(long)]
    pub server: String,
    #[arg(long)]
    pub code: String,
    /// What the administrator sees in the list of devices.
    #[arg(long, default_value = "unison-device")]
    pub name: String,
}

#[derive(clap::Args)]
pub struct SignIn {
    #[arg(long)]
    pub email: String,
    /// Visible to other users of this machine while it runs; a file or the environment is not.
    #[arg(long, env = "UNISON_PASSWORD", hide_env_values = true, required_unless_present = "password_file")]
    pub password: Option<String>,
    #[arg(long, value_name = "FILE", conflicts_with = "password")]
    pub password_file: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct Do {
    /// Stay connected while reading, and send everything before the end.
    #[arg(long)]
    pub sync: bool,
    /// With --sync: give up when nothing moves for so long.
    #[arg(long, value_name = "SECS", default_value_t = 30)]
    pub timeout: u64,
}

#[derive(clap::Args)]
pub struct Sync {
    /// Stay connected until interrupted, and print every change of the status.
    #[arg(long)]
    pub watch: bool,
    /// Then compare everything here with what the server has, and put right what differs.
    #[arg(long, conflicts_with = "watch")]
    pub compare: bool,
    /// Give up when nothing moves for so long.
    #[arg(long, value_name = "SECS", default_value_t = 30)]
    pub timeout: u64,
}

#[derive(clap::Args)]
pub struct Query {
    /// As stations, work_orders, stock, outbox.
    pub view: String,
    /// What the view asks for, as a JSON object: '{"search": "lamp"}'.
    #[arg(default_value = "{}")]
    pub arguments: String,
}

/// The line cannot be carried out as it is written: exit code 2, as for what clap finds.
#[derive(Debug)]
pub struct WrongUse(pub String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}
