use sqlx::ConnectOptions as _;

use super::*;
use crate::db::{Pools, migrate, organization};
use crate::postgres::{Cluster, Durability};
use crate::testing::World;

/// Somebody else's PostgreSQL, with a user who has a database and may create roles, and nothing more.
struct Elsewhere {
    cluster: Cluster,
    _dir: tempfile::TempDir,
}

impl Elsewhere {
    async fn start() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711))
            .expect("our own directory");
        let cluster = Cluster::start_with(dir.path(), Durability::Volatile).await.expect("starts");
        let elsewhere = Self { cluster, _dir: dir };
        for role in [APP, SYSTEM] {
            elsewhere.admin(format!("drop role {role}")).await;
        }
        elsewhere.admin("create role landlord login createrole password 'rent'".to_owned()).await;
        elsewhere.admin("create database house owner landlord".to_owned()).await;
        elsewhere
    }

    async fn admin(&self, statement: String) {
        let mut admin = self.cluster.access().admin.connect().await.expect("connects");
        run(&mut admin, statement).await.expect("a superuser may");
    }

    fn url(&self, user: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/house", self.cluster.access().admin.get_port())
    }
}

#[tokio::test]
async fn on_somebody_elses_postgresql_the_roles_are_made_and_found_again() {
    let elsewhere = Elsewhere::start().await;
    let url = elsewhere.url("landlord:rent");
    let access = external(&url).await.expect("prepares");
    migrate::run(&access.owner).await.expect("migrates");
    let pools = Pools::new(&access);
    let (ours, _theirs) = (World::build(&pools).await, World::build(&pools).await);
    let mut tx = ours.tx(&pools).await;
    let plants = organization::plants(&mut tx).await.expect("plants");
    assert_eq!(plants.len(), 1, "row level security holds there too");
    drop(tx);
    // A second server process with the same URL knows the same passwords.
    let again = external(&url).await.expect("finds");
    assert!(works(&again.app).await && works(&again.system).await);
}

#[tokio::test]
async fn a_user_who_may_not_create_roles_is_told_so() {
    let elsewhere = Elsewhere::start().await;
    elsewhere.admin("alter role landlord nocreaterole".to_owned()).await;
    let refused = external(&elsewhere.url("landlord:rent")).await.expect_err("may not");
    assert!(refused.to_string().contains("may create roles"), "{refused}");
    let wrong = external(&elsewhere.url("landlord:wrong")).await.expect_err("a wrong password");
    assert!(matches!(wrong, Error::Connect { .. }), "{wrong}");
}

#[tokio::test]
async fn a_role_above_row_level_security_is_refused() {
    let elsewhere = Elsewhere::start().await;
    elsewhere.admin(format!("create role {APP} login bypassrls")).await;
    let refused = external(&elsewhere.url("landlord:rent")).await.expect_err("too powerful");
    assert!(matches!(refused, Error::TooPowerful { .. }), "{refused}");
    elsewhere.admin(format!("alter role {APP} nobypassrls")).await;
    external(&elsewhere.url("landlord:rent")).await.expect("prepares");
    elsewhere.admin(format!("alter role {APP} bypassrls")).await;
    let later = external(&elsewhere.url("landlord:rent")).await.expect_err("too powerful by now");
    assert!(matches!(later, Error::TooPowerful { .. }), "{later}");
}
