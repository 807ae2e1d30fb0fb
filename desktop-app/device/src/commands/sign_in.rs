//! `sign-in`: says who works here.

use std::path::Path;

use anyhow::{Context, Result};
use shared_model::host::Request;

use crate::args::{SignIn, WrongUse};
use crate::output::Output;

pub async fn run(data: &Path, sign_in: &SignIn, output: Output) -> Result<()> {
    let host = super::open(data, true)?;
    let request = Request::SignIn { email: sign_in.email.clone(), password: password(sign_in)? };
    let session = super::session(&host, request).await?;
    let sentence = session.user.as_ref().map_or_else(
        || "signed in".to_owned(),
        |user| {
            let roles: Vec<_> = user.roles.iter().map(|role| role.code().replace('_', " ")).collect();
            format!("{} is signed in ({})", user.name, roles.join(", "))
        },
    );
    output.result(&session, &sentence)?;
    host.close().await;
    Ok(())
}

fn password(sign_in: &SignIn) -> Result<String> {
    match (&sign_in.password, &sign_in.password_file) {
        (_, Some(file)) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            // Editors end a file with a line break, which is not part of the password.
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (Some(password), None) => Ok(password.clone()),
        (None, None) => Err(WrongUse("a password is needed".to_owned()).into()),
    }
}
