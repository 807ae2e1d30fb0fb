//! An organization with a plant and one person of every role.

use std::collections::BTreeMap;

use shared_model::ids::{DeviceId, OrganizationId, PlantId, UserId};
use shared_model::money::Currency;
use shared_model::number::Number;
use shared_model::people::{Role, RoleAssignment};
use shared_model::plant::{Organization, Plant};
use shared_model::time::Zone;
use tokio::sync::OnceCell;

use super::TestDb;
use crate::auth::password;
use crate::db::user::NewUser;
use crate::db::{Pools, TenantTx, device, organization, user};
use crate::edge;

/// Everybody's password.
pub const PASSWORD: &str = "a long password";

/// Who and what is there at the beginning of a test.
#[derive(Clone, Debug)]
pub struct World {
    pub organization: OrganizationId,
    pub plant: PlantId,
    pub plant_code: String,
    users: BTreeMap<Role, UserId>,
}

impl World {
    /// Builds one more organization in a database.
    pub async fn build(pools: &Pools) -> Self {
        let mut ids = edge::ids();
        let code = format!("T{}", &ids.draw::<uuid::Uuid>().simple().to_string()[26..]);
        let organization = Organization {
            id: ids.draw(),
            code: Number::parse(&code).expect("a code"),
            name: format!("Test {code}"),
        };
        let plant = Plant {
            id: ids.draw(),
            code: Number::parse(&format!("{code}-1")).expect("a code"),
            name: "Plant one".to_owned(),
            zone: Zone::parse("Europe/Berlin").expect("a zone"),
            currency: Currency::parse("EUR").expect("a currency"),
            default_location: None,
        };
        let mut tx = TenantTx::begin(pools, organization.id, None).await.expect("a transaction");
        organization::put(&mut tx, &organization).await.expect("an organization");
        organization::put_plant(&mut tx, &plant).await.expect("a plant");
        let mut users = BTreeMap::new();
        for role in Role::ALL {
            let id = ids.draw();
            let held = RoleAssignment { role, plant: Some(plant.id), department: None };
            let new = NewUser {
                id,
                email: email(&code, role),
                name: format!("Test {}", role.code().replace('_', " ")),
                password_hash: Some(password_hash().await.clone()),
                roles: vec![held],
            };
            user::create(&mut tx, &new).await.expect("a user");
            users.insert(role, id);
        }
        tx.commit().await.expect("a commit");
        Self { organization: organization.id, plant: plant.id, plant_code: plant.code.to_string(), users }
    }

    /// One more plant of the same organization, in which everybody has the role that they have in
    /// this one.
    pub async fn second_plant(&self, pools: &Pools) -> Self {
        let mut tx = self.tx(pools).await;
        let plant = Plant {
            id: edge::ids().draw(),
            code: Number::parse(&self.plant_code.replace("-1", "-2")).expect("a code"),
            name: "Plant two".to_owned(),
            zone: Zone::parse("Europe/Berlin").expect("a zone"),
            currency: Currency::parse("EUR").expect("a currency"),
            default_location: None,
        };
        organization::put_plant(&mut tx, &plant).await.expect("a plant");
        for (role, id) in &self.users {
            let mut person = user::find(&mut tx, *id).await.expect("a query").expect("a person");
            person.roles.push(RoleAssignment { role: *role, plant: Some(plant.id), department: None });
            user::edit(&mut tx, &person).await.expect("a role");
        }
        tx.commit().await.expect("a commit");
        Self { plant: plant.id, plant_code: plant.code.to_string(), ..self.clone() }
    }

    /// The person of a role.
    #[must_use]
    pub fn user(&self, role: Role) -> UserId {
        self.users[&role]
    }

    /// The e-mail address of the person of a role; the password is [`PASSWORD`].
    #[must_use]
    pub fn email(&self, role: Role) -> String {
        let (code, _) = self.plant_code.split_once('-').expect("the organization's code and a number");
        email(code, role)
    }

    /// A transaction on this organization.
    pub async fn tx(&self, pools: &Pools) -> TenantTx {
        TenantTx::begin(pools, self.organization, None).await.expect("a transaction")
    }

    /// Enrolls a device and signs everybody in on it. For tests that speak to the database and not
    /// to the HTTP API: its key is not a key.
    pub async fn device(&self, pools: &Pools) -> DeviceId {
        let (id, now, hash): (DeviceId, _, _) = (edge::ids().draw(), edge::now(), edge::random::<32>());
        let mut tx = self.tx(pools).await;
        device::add_code(&mut tx, &hash, self.plant, now, now.plus_millis(1000)).await.expect("a code");
        device::enroll(&mut tx, &hash, id, "a test device", &edge::random(), now).await.expect("a device");
        for user in self.users.values() {
            device::signed_in(&mut tx, id, *user, now).await.expect("a sign-in");
        }
        tx.commit().await.expect("a commit");
        id
    }
}

impl TestDb {
    /// An organization in this database.
    pub async fn world(&self) -> World {
        World::build(self.pools()).await
    }
}

fn email(code: &str, role: Role) -> String {
    format!("{}@{}.test", role.code(), code.to_lowercase())
}

/// Hashed once per process: it is made to be slow.
async fn password_hash() -> &'static String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(|| async { password::hash(PASSWORD.to_owned()).await.expect("hashes") }).await
}
