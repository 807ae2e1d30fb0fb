//! What the simulated server says to a device that compares what it holds.

use replica::driver::Fetched;
use shared_model::ids::WorkOrderId;
use shared_model::sync::fingerprint::{FactSum, Place, Range, of_archived, of_order};
use shared_model::sync::wire;
use uuid::Uuid;

use super::server::Server;

/// Few, so that a plant of a simulation has several ranges.
const RANGE: usize = 4;

/// What a device asks.
pub struct Asked {
    place: Place,
    after: WorkOrderId,
    /// Whether each order is to be told.
    each: bool,
}

/// Reads an address; nothing for one that asks for something else.
#[must_use]
pub fn asked(url: &str) -> Option<Asked> {
    let query = url.split("/api/v1/sync/fingerprints?").nth(1)?;
    let value = |name: &str| {
        let mut fields = query.split('&').filter_map(|field| field.split_once('='));
        fields.find(|(field, _)| *field == name).map(|(_, value)| value)
    };
    let check = value("check").and_then(|check| check.parse().ok());
    Some(Asked {
        place: Place { at: value("at")?.parse().ok()?, check },
        after: value("after")?.parse::<Uuid>().ok()?.into(),
        each: value("each")? == "true",
    })
}

/// A range of the orders, each as far as the device is.
///
/// # Errors
/// A fault of the server.
pub fn answer(server: &mut Server, asked: &Asked) -> anyhow::Result<Fetched> {
    let Asked { place, after, each } = *asked;
    if !server.is_in_plants_feed(place) {
        return Ok(Fetched { status: 409, body: Vec::new() });
    }
    let mut made = Vec::new();
    for (id, state) in server.orders().iter_mut().filter(|(id, _)| **id > after) {
        // Work on an order that was refused is handed over by facts that name it.
        if made.len() < RANGE && state.document.order()?.is_some() {
            made.push(*id);
        }
    }
    let (newer, known): (Vec<_>, Vec<_>) =
        made.into_iter().partition(|id| server.last_concern(*id) > place.at);
    let prints = known.into_iter().map(|id| (id, print(server, id))).collect();
    let mut range = Range::of(prints, newer, RANGE, each);
    if range.is_last() {
        let (_, facts) = server.plant_until(place.at);
        range.beside = Some(facts.filter(|fact| fact.order.is_none()).map(|fact| fact.id).collect());
    }
    Ok(Fetched { status: 200, body: wire::pack(&range)? })
}

fn print(server: &mut Server, id: WorkOrderId) -> u64 {
    if server.is_archived(id) {
        return of_archived(id);
    }
    let facts: FactSum = server.ledger(id).facts().map(|fact| fact.id).collect();
    let heads = server.orders().get_mut(&id).map(|state| state.document.heads()).unwrap_or_default();
    of_order(id, &heads, facts)
}
