//! `unison-server admin …`: what has to be done before anybody can sign in.

use std::io::BufRead as _;

use anyhow::Context as _;
use shared_model::money::Currency;
use shared_model::number::Number;
use shared_model::people::{Role, RoleAssignment};
use shared_model::plant::{Organization, Plant};
use shared_model::time::Zone;

use super::database::Database;
use crate::auth::password;
use crate::config::{AdminCommand, CreateOrganizationArgs, DatabaseArgs};
use crate::db::user::{self, NewUser};
use crate::db::{SystemTx, TenantTx, audit, organization};
use crate::{console, edge};

pub(super) async fn run(database: &DatabaseArgs, command: AdminCommand) -> anyhow::Result<()> {
    let database = Database::open(database).await?;
    match command {
        AdminCommand::CreateOrganization(args) => create(&database, args).await?,
        AdminCommand::SetPassword { email } => set_password(&database, &email).await?,
        AdminCommand::Organizations => list(&database).await?,
    }
    database.close().await
}

async fn create(database: &Database, args: CreateOrganizationArgs) -> anyhow::Result<()> {
    let mut ids = edge::ids();
    let organization =
        Organization { id: ids.draw(), code: Number::parse(&args.code)?, name: args.name.trim().to_owned() };
    let plant = Plant {
        id: ids.draw(),
        code: Number::parse(&args.plant_code)?,
        name: args.plant_name.trim().to_owned(),
        zone: Zone::parse(&args.zone)?,
        currency: Currency::parse(&args.currency)?,
        default_location: None,
    };
    let admin = NewUser {
        id: ids.draw(),
        email: args.email,
        name: args.admin_name,
        password_hash: Some(password::hash(read_password()?).await?),
        roles: vec![RoleAssignment { role: Role::OrganizationAdmin, plant: None, department: None }],
    };
    let mut tx = TenantTx::begin(&database.pools, organization.id, None).await?;
    organization::put(&mut tx, &organization).await?;
    organization::put_plant(&mut tx, &plant).await?;
    user::create(&mut tx, &admin).await?;
    tx.commit().await?;
    console::line(organization.id);
    Ok(())
}

async fn set_password(database: &Database, email: &str) -> anyhow::Result<()> {
    let mut system = SystemTx::begin(&database.pools).await?;
    let found = user::by_email(&mut system, email).await?;
    let (organization, user) = found.with_context(|| format!("nobody has the e-mail address {email}"))?;
    drop(system);
    let hash = password::hash(read_password()?).await?;
    let mut tx = TenantTx::begin(&database.pools, organization, None).await?;
    user::set_password(&mut tx, user, &hash).await?;
    let event = audit::Event {
        action: "user.password_set",
        device: None,
        subject: ("user", Some(user.uuid())),
        detail: serde_json::json!({ "by": "the server's command line" }),
    };
    audit::log(&mut tx, edge::now(), event).await?;
    tx.commit().await?;
    Ok(())
}

async fn list(database: &Database) -> anyhow::Result<()> {
    let mut tx = SystemTx::begin(&database.pools).await?;
    for (id, code, name) in organization::all(&mut tx).await? {
        console::line(format_args!("{id}  {code}  {name}"));
    }
    Ok(())
}

/// Not an argument: those are seen by everybody on the machine.
fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "give the password on standard input");
    Ok(password.to_owned())
}
