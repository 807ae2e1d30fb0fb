//! What `serve` puts into an empty database when it is told to: the sample plant, or a plant with
//! the data of CSV files. What it says about it at every start: who signs in how, and a fresh code
//! for a device.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use shared_model::ids::{OrganizationId, PlantId};
use shared_model::money::Currency;
use shared_model::number::Number;
use shared_model::people::{Role, RoleAssignment};
use shared_model::plant::{Organization, Plant};
use shared_model::time::Zone;

use crate::app::App;
use crate::auth::{issue_code, password};
use crate::config::ServeArgs;
use crate::db::user::{self, NewUser};
use crate::db::{SystemTx, TenantTx, organization};
use crate::edge;
use crate::import::{self, Options};
use crate::postgres::write_private;
use crate::sample::{self, SignIn};

/// Lines for standard output; none when `serve` was told nothing, or found something else.
pub(super) async fn fill(app: &App, args: &ServeArgs, dir: &Path) -> anyhow::Result<Vec<String>> {
    if args.sample {
        let found = sample::load(app.sync(), dir, app.now()).await?;
        return match found {
            Some(sample) => lines(app, sample.organization, sample.plant, &sample.sign_ins).await,
            None => Ok(Vec::new()),
        };
    }
    match &args.import {
        Some(files) => match imported(app, dir, files).await? {
            Some(found) => lines(app, found.organization, found.plant, &found.sign_ins).await,
            None => Ok(Vec::new()),
        },
        None => Ok(Vec::new()),
    }
}

async fn lines(
    app: &App,
    organization: OrganizationId,
    plant: PlantId,
    sign_ins: &[SignIn],
) -> anyhow::Result<Vec<String>> {
    let mut tx = TenantTx::begin(app.pools(), organization, None).await?;
    let (code, _) = issue_code(&mut tx, plant, app.now()).await?;
    tx.commit().await?;
    let mut lines: Vec<String> = sign_ins
        .iter()
        .map(|person| {
            let role = person.role.code().replace('_', " ");
            format!("sign in   {:<20} {:<28} {}", role, person.email, person.password)
        })
        .collect();
    lines.push(format!("device    {code}   joins one device to the plant within a day"));
    Ok(lines)
}

/// The organization that an import was begun for.
#[derive(Serialize, Deserialize)]
struct Imported {
    organization: OrganizationId,
    plant: PlantId,
    is_complete: bool,
    sign_ins: Vec<SignIn>,
}

impl Imported {
    fn path(dir: &Path) -> PathBuf {
        dir.join("import-sign-ins.json")
    }

    fn read(dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = Self::path(dir);
        match std::fs::read(&path) {
            Ok(json) => {
                serde_json::from_slice(&json).with_context(|| format!("{} is damaged", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let path = Self::path(dir);
        std::fs::create_dir_all(dir)?;
        write_private(&path, &serde_json::to_vec_pretty(self)?).with_context(|| path.display().to_string())
    }
}

/// Brings files into a plant of their own. Completes what was interrupted; leaves alone what is
/// there already.
async fn imported(app: &App, dir: &Path, files: &Path) -> anyhow::Result<Option<Imported>> {
    let mut system = SystemTx::begin(app.pools()).await?;
    let organizations = organization::all(&mut system).await?;
    drop(system);
    let known = Imported::read(dir)?.filter(|it| organizations.iter().any(|(id, ..)| *id == it.organization));
    let mut installed = match known {
        Some(installed) => installed,
        None if organizations.is_empty() => create(app, dir).await?,
        None => return Ok(None),
    };
    if !installed.is_complete {
        let (organization, plant) = (installed.organization, installed.plant);
        let report = import::run(app.pools(), organization, plant, files, Options::default()).await?;
        anyhow::ensure!(report.is_done(), "the files cannot be brought in:\n{report}");
        installed.is_complete = true;
        installed.write(dir)?;
    }
    Ok(Some(installed))
}

/// One person for each kind of work.
const PEOPLE: [(Role, &str); 5] = [
    (Role::OrganizationAdmin, "Administrator"),
    (Role::Planner, "Planner"),
    (Role::Supervisor, "Supervisor"),
    (Role::Operator, "Operator"),
    (Role::Warehouse, "Warehouse"),
];

async fn create(app: &App, dir: &Path) -> anyhow::Result<Imported> {
    let mut ids = edge::ids();
    let organization =
        Organization { id: ids.draw(), code: Number::parse("IMPORT")?, name: "Imported".to_owned() };
    let plant = Plant {
        id: ids.draw(),
        code: Number::parse("MAIN")?,
        name: "Main plant".to_owned(),
        zone: Zone::parse("UTC")?,
        currency: Currency::parse("EUR")?,
        default_location: None,
    };
    let sign_in = |(role, name): &(Role, &str)| SignIn {
        name: (*name).to_owned(),
        role: *role,
        email: format!("{}@imported.example", name.to_lowercase()),
        password: password::draw(),
    };
    let sign_ins: Vec<SignIn> = PEOPLE.iter().map(sign_in).collect();
    let installed = Imported { organization: organization.id, plant: plant.id, is_complete: false, sign_ins };
    // First the file: of people whose passwords nobody knows there would be no use.
    installed.write(dir)?;
    let mut hashes = Vec::new();
    for person in &installed.sign_ins {
        hashes.push(password::hash(person.password.clone()).await?);
    }
    let mut tx = TenantTx::begin(app.pools(), organization.id, None).await?;
    organization::put(&mut tx, &organization).await?;
    organization::put_plant(&mut tx, &plant).await?;
    for (person, hash) in installed.sign_ins.iter().zip(hashes) {
        let is_above = person.role == Role::OrganizationAdmin;
        let held =
            RoleAssignment { role: person.role, plant: (!is_above).then_some(plant.id), department: None };
        let new = NewUser {
            id: ids.draw(),
            email: person.email.clone(),
            name: person.name.clone(),
            password_hash: Some(hash),
            roles: vec![held],
        };
        user::create(&mut tx, &new).await?;
    }
    tx.commit().await?;
    Ok(installed)
}
