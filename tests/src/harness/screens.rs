//! The screens as people use them: what to press for what, in one place.

use anyhow::Context;

use super::Browser;
use super::server::{PASSWORD, Server};

impl Browser {
    /// Joins from the desktop application, which has to be told where the server is.
    ///
    /// # Errors
    /// When a screen does not show what it should.
    pub async fn join_from_desktop(&self, server: &Server, name: &str, email: &str) -> anyhow::Result<()> {
        self.enter("enroll-server", &server.url()).await?;
        self.join(server, name, email).await
    }

    /// Joins the server's plant with a fresh code and signs somebody in.
    ///
    /// # Errors
    /// When a screen does not show what it should.
    pub async fn join(&self, server: &Server, name: &str, email: &str) -> anyhow::Result<()> {
        let code = server.enrollment_code()?;
        self.enter("enroll-code", &code).await?;
        self.enter("enroll-name", name).await?;
        self.press("enroll-submit").await?;
        self.sign_in(email).await
    }

    /// # Errors
    /// When a screen does not show what it should.
    pub async fn sign_in(&self, email: &str) -> anyhow::Result<()> {
        self.enter("sign-in-email", email).await?;
        self.enter("sign-in-password", PASSWORD).await?;
        self.press("sign-in-submit").await?;
        self.find("sync-pill").await.map(drop)
    }

    /// Opens the operation of an order at a station.
    ///
    /// # Errors
    /// When a screen does not show what it should.
    pub async fn open_work(&self, station: &str, order: &str, operation: u32) -> anyhow::Result<()> {
        self.press(&format!("station-{station}")).await?;
        self.press(&format!("queue-row-{order}-{operation}")).await?;
        self.find("now-order").await.map(drop)
    }

    /// Types a report, and leaves it to be saved.
    ///
    /// # Errors
    /// When a screen does not show what it should.
    pub async fn fill_report(&self, good: u32, scrap: u32) -> anyhow::Result<()> {
        self.press("now-report").await?;
        self.press("report-good").await?;
        self.key_in(good).await?;
        self.wait_for_attribute("report-good", "data-value", &good.to_string()).await?;
        if scrap > 0 {
            self.press("report-scrap").await?;
            self.key_in(scrap).await?;
            self.wait_for_attribute("report-scrap", "data-value", &scrap.to_string()).await?;
            self.press("reason-unknown").await?;
        }
        Ok(())
    }

    /// Reports good and scrap, and waits until the figures say so.
    ///
    /// # Errors
    /// When a screen does not show what it should.
    pub async fn report(&self, good: u32, scrap: u32, good_then: u32) -> anyhow::Result<()> {
        self.fill_report(good, scrap).await?;
        self.press("report-save").await?;
        self.wait_for_attribute("now-good", "data-value", &good_then.to_string()).await
    }

    /// Takes the newest report back.
    ///
    /// # Errors
    /// When a screen does not show what it should.
    pub async fn undo_newest(&self, good_then: u32) -> anyhow::Result<()> {
        self.press("report-undo").await?;
        self.press("dialog-confirm").await?;
        self.wait_for_attribute("now-good", "data-value", &good_then.to_string()).await
    }

    /// Waits until the pill is quiet: everything is on the server.
    ///
    /// # Errors
    /// When it does not become so.
    pub async fn wait_until_quiet(&self) -> anyhow::Result<()> {
        self.wait_for_attribute("sync-pill", "data-state", "online").await
    }

    /// A figure as it stands on the screen.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn figure(&self, test_id: &str) -> anyhow::Result<u32> {
        let value = self.attribute(test_id, "data-value").await?;
        let value = value.with_context(|| format!("{test_id} has no value"))?;
        value.parse().with_context(|| format!("{test_id} is {value:?}"))
    }

    async fn key_in(&self, number: u32) -> anyhow::Result<()> {
        for digit in number.to_string().chars() {
            self.press(&format!("keypad-{digit}")).await?;
        }
        Ok(())
    }
}
