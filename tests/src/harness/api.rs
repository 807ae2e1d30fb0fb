//! The HTTP API as a person who is signed in sees it.

use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use shared_model::people::Role;

use super::server::{ADMIN_EMAIL, PASSWORD, PLANT, Server};

pub struct Api {
    client: Client,
    base: String,
    token: String,
    plant: String,
}

impl Api {
    /// Signs the administrator in.
    ///
    /// # Errors
    /// When the server does not know them.
    pub async fn of_admin(server: &Server) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(std::time::Duration::from_secs(60)).build()?;
        let base = format!("{}/api/v1", server.url());
        let body = json!({ "email": ADMIN_EMAIL, "password": PASSWORD });
        let response = client.post(format!("{base}/auth/sign-in")).json(&body).send().await?;
        let session: Value = response.error_for_status()?.json().await?;
        let token = session["access_token"].as_str().context("no access token")?.to_owned();
        let plants = session["user"]["plants"].as_array().cloned().unwrap_or_default();
        let plant = plants.iter().find(|plant| plant["code"] == PLANT);
        let plant =
            plant.and_then(|plant| plant["id"].as_str()).context("the plant is not theirs")?.to_owned();
        Ok(Self { client, base, token, plant })
    }

    /// Asks for something of the plant: `work-orders`, `users`.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, body) = self.call(Method::GET, path, None).await?;
        if status.is_success() { Ok(body) } else { bail!("GET {path}: {status} {body}") }
    }

    /// # Errors
    /// When the answer is not a success.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.call(Method::POST, path, Some(body)).await?;
        if status.is_success() { Ok(answer) } else { bail!("POST {path}: {status} {answer}") }
    }

    /// Any request on the plant, whatever comes of it.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// A request on the plant, to be sent by whoever wants to see all of the answer.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/plants/{}/{path}", self.base, self.plant);
        self.client.request(method, url).bearer_auth(&self.token)
    }

    /// The first two hundred of a list of the organization: `devices`, `refused`.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub async fn all(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let page = self.of_organization(Method::GET, &format!("{path}{joint}limit=200"), None).await?;
        Ok(page["items"].as_array().context("no list")?.clone())
    }

    /// Revokes a device.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn revoke(&self, device: &str) -> anyhow::Result<()> {
        self.of_organization(Method::DELETE, &format!("devices/{device}"), None).await.map(drop)
    }

    /// Has a device remove everything that it holds.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn wipe(&self, device: &str) -> anyhow::Result<()> {
        self.of_organization(Method::POST, &format!("devices/{device}/wipe"), None).await.map(drop)
    }

    /// A device by its name, as the API lists it.
    ///
    /// # Errors
    /// When there is none.
    pub async fn device(&self, name: &str) -> anyhow::Result<Value> {
        let devices = self.all("devices").await?;
        devices
            .into_iter()
            .find(|it| it["name"] == name)
            .with_context(|| format!("no device is called {name}"))
    }

    /// Decides on an entry of a revoked device: `release` or `close`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn decide(&self, refused: &str, how: &str, note: &str) -> anyhow::Result<Value> {
        let body = json!({ "note": note });
        self.of_organization(Method::POST, &format!("refused/{refused}/{how}"), Some(&body)).await
    }

    async fn of_organization(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut request =
            self.client.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        anyhow::ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// An order by its number.
    ///
    /// # Errors
    /// When there is none.
    pub async fn order(&self, number: &str) -> anyhow::Result<Value> {
        let page = self.get(&format!("work-orders?q={number}&limit=100")).await?;
        let rows = page["items"].as_array().cloned().unwrap_or_default();
        rows.into_iter()
            .find(|row| row["number"] == number)
            .with_context(|| format!("the API does not know order {number}"))
    }

    /// Gives a person another role in place of all that they have.
    ///
    /// # Errors
    /// When nobody has this name, or the server refuses.
    pub async fn give_role(&self, name: &str, role: Role) -> anyhow::Result<()> {
        let people = self.get("users?limit=200").await?;
        let people = people["items"].as_array().cloned().unwrap_or_default();
        let person = people.iter().find(|it| it["name"] == name).with_context(|| format!("no {name}"))?;
        let id = person["id"].as_str().context("no id")?;
        let roles = json!([{ "role": role.code(), "plant_id": self.plant }]);
        let body = json!({ "name": name, "is_active": true, "roles": roles });
        let (status, answer) = self.call(Method::PUT, &format!("users/{id}"), Some(&body)).await?;
        if status.is_success() { Ok(()) } else { bail!("PUT users: {status} {answer}") }
    }

    /// Adds a person with one role; everybody's password is [`PASSWORD`].
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_person(&self, name: &str, email: &str, role: Role) -> anyhow::Result<()> {
        let roles = json!([{ "role": role.code(), "plant_id": self.plant }]);
        let body = json!({ "name": name, "email": email, "password": PASSWORD, "roles": roles });
        self.post("users", &body).await.map(drop)
    }
}
