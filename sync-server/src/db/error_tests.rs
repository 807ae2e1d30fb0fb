//! Whose fault an error of the database is: work is refused for what is wrong with it, never for
//! what is wrong with the server.

use sqlx::ConnectOptions as _;

use super::Error;
use crate::testing::TestDb;

async fn failing(db: &TestDb, statement: &'static str) -> Error {
    let mut app = db.access().app.connect().await.expect("connects");
    sqlx::query(statement).execute(&mut app).await.map(drop).expect_err(statement).into()
}

#[tokio::test]
async fn only_what_was_sent_is_blamed_on_who_sent_it() {
    let db = TestDb::new().await;
    let about_data = ["select 1 / 0", "select 'x'::uuid", "select repeat('x', 2000000000)"];
    for statement in about_data {
        let error = failing(&db, statement).await;
        assert!(error.is_of_the_data(), "{statement}: {error:?}");
    }
    let about_us = ["select 1 from no_such_table", "selekt 1", "create role somebody"];
    for statement in about_us {
        let error = failing(&db, statement).await;
        assert!(!error.is_of_the_data(), "{statement}: {error:?}");
    }
}
