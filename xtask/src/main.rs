//! Build steps that `./dev` calls and cargo cannot do: the web bundle and the icons.
//!
//! The crates themselves are built by cargo before; nothing here runs a compiler.

mod icons;
mod web;
mod workspace;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Makes the web bundle from the wasm modules that cargo built.
    Web {
        /// Directory to write; replaced as a whole.
        #[arg(long)]
        out: PathBuf,
        /// Cargo profile the modules were built with.
        #[arg(long, default_value = "web")]
        profile: String,
        /// Target directory of the wasm build.
        #[arg(long, env = "CARGO_TARGET_DIR", default_value = "target")]
        target_dir: PathBuf,
    },
    /// Renders icons/icon.svg to every size that browsers and desktops ask for.
    Icons,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Web { out, profile, target_dir } => {
            web::build(&out, &workspace::module_dir(&target_dir, &profile))
        }
        Task::Icons => icons::render(),
    }
}
