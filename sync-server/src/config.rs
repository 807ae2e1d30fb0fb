//! The command line and the environment.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::trim::Reach;

/// The server of Unison: sync, HTTP API, import, and the PostgreSQL that it runs.
#[derive(Debug, Parser)]
#[command(name = "unison-server", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub struct DatabaseArgs {
    /// Where the server keeps its data [default: /var/lib/unison as root, else ~/.local/share/unison]
    #[arg(long, global = true, value_name = "DIR", env = "UNISON_DATA")]
    pub data: Option<PathBuf>,
    /// A PostgreSQL that somebody else runs, by a user who may create roles; none: the server runs one
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A NATS server by which several servers tell each other what is new, or some, separated by commas; none:
    /// PostgreSQL does it
    #[arg(long, global = true, value_name = "URL", env = "NATS_URL", hide_env_values = true)]
    pub nats_url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start PostgreSQL and the server
    Serve(ServeArgs),
    /// Bring the database to the schema of this program
    Migrate,
    /// Print the description of the HTTP API
    Openapi,
    /// Bring in a plant's data from CSV files
    Import(ImportArgs),
    /// Make everything anew from the entries and say what differs; changes nothing
    Audit(AuditArgs),
    /// Make room for the coming months, and drop entries of the feeds that no device needs any more
    Trim(TrimArgs),
    /// Print a code with which one device may join a plant within a day
    Code(PlantArgs),
    /// Look after organizations and people
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// 0: any that is free
    #[arg(long, default_value_t = 8080, env = "UNISON_PORT")]
    pub port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", env = "UNISON_BIND")]
    pub bind: IpAddr,
    /// The directory of the web bundle
    #[arg(long, value_name = "DIR", env = "UNISON_WEB")]
    pub web: Option<PathBuf>,
    /// Give an empty database a sample plant, and print how to sign in to it
    #[arg(long, conflicts_with = "import")]
    pub sample: bool,
    /// Give an empty database a plant with the data of these CSV files
    #[arg(long, value_name = "DIR")]
    pub import: Option<PathBuf>,
    #[command(flatten)]
    pub feeds: FeedArgs,
}

#[derive(Debug, Args)]
pub struct FeedArgs {
    /// For how many days a device may be away and read what it missed, instead of fetching all anew; 30 or
    /// more
    #[arg(long, value_name = "DAYS", env = "UNISON_FEED_DAYS", default_value_t = Reach::DEFAULT_DAYS,
        value_parser = clap::value_parser!(u16).range(i64::from(Reach::LEAST_DAYS)..))]
    pub feed_days: u16,
}

#[derive(Debug, Args)]
pub struct TrimArgs {
    #[command(flatten)]
    pub feeds: FeedArgs,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PlantArgs {
    /// The plant's code
    #[arg(long, value_name = "CODE")]
    pub plant: String,
    /// The organization's code, where several have a plant of that code
    #[arg(long, value_name = "CODE")]
    pub organization: Option<String>,
}

#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The plant's code; none: all plants
    #[arg(long, value_name = "CODE")]
    pub plant: Option<String>,
    /// The organization's code, where several have a plant of that code
    #[arg(long, value_name = "CODE", requires = "plant")]
    pub organization: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The directory of the CSV files
    #[arg(value_name = "DIR")]
    pub files: PathBuf,
    #[command(flatten)]
    pub plant: PlantArgs,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Bring in the good rows of a file that has bad ones too
    #[arg(long)]
    pub skip_bad_rows: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Add an organization with its first plant and its first administrator
    CreateOrganization(CreateOrganizationArgs),
    /// Give a person a new password, read from standard input
    SetPassword {
        #[arg(long)]
        email: String,
    },
    /// List organizations
    Organizations,
}

#[derive(Debug, Args)]
pub struct CreateOrganizationArgs {
    #[arg(long)]
    pub code: String,
    #[arg(long)]
    pub name: String,
    #[arg(long)]
    pub plant_code: String,
    #[arg(long)]
    pub plant_name: String,
    /// As Europe/Berlin
    #[arg(long)]
    pub zone: String,
    /// As EUR
    #[arg(long)]
    pub currency: String,
    /// The administrator's e-mail address; their password is read from standard input
    #[arg(long)]
    pub email: String,
    /// The administrator's name
    #[arg(long)]
    pub admin_name: String,
}

impl DatabaseArgs {
    /// The data directory, whether it was named or not.
    pub fn data_dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let share = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
        match (share, home) {
            // Root's PostgreSQL runs as another user, who may not enter root's home.
            (None, Some(home)) if home == std::path::Path::new("/root") => Ok("/var/lib/unison".into()),
            (Some(share), _) => Ok(share.join("unison")),
            (None, Some(home)) => Ok(home.join(".local/share/unison")),
            (None, None) => anyhow::bail!("there is no home directory; say with --data where the data goes"),
        }
    }
}
