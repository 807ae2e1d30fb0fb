//! The one way from the screens to the replica.

use shared_model::host::{Answer, Call, HostError};
use tauri::State;

use crate::replica_host::ReplicaHost;

/// A [`Call`] as JSON; returns its [`Answer`] as JSON.
#[tauri::command]
pub async fn host_call(call: String, host: State<'_, ReplicaHost>) -> Result<String, String> {
    let answer = match serde_json::from_str::<Call>(&call) {
        Ok(Call { id, request }) => Answer { id, reply: host.call(request).await },
        Err(error) => {
            let message = format!("the call is not understood ({error})");
            Answer { id: 0, reply: Err(HostError::Internal { message }) }
        }
    };
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}
