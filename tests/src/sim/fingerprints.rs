//! What the simulated server says to a device that compares what it holds.

use replica::driver::Fetched;
use shared_model::fact::Fact;
use shared_model::ids::WorkOrderId;
use shared_model::sync::fingerprint::{FactSum, Place, Range, of_all, of_archived, of_order};
use shared_model::sync::wire;
use uuid::Uuid;

use super::server::Server;

/// Few, so that a plant of a simulation has several ranges.
const RANGE: usize = 4;

/// What a device asks.
pub struct Asked {
    place: Place,
    after: WorkOrderId,
    /// Whether each order is to be told: something is not the same.
    pub each: bool,
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
    let mut all = Vec::new();
    for (id, state) in server.orders() {
        // Work on an order that was refused is handed over by facts that name it.
        if state.document.order()?.is_some() {
            all.push(*id);
        }
    }
    let ids: Vec<WorkOrderId> = all.iter().copied().filter(|id| *id > after).take(RANGE).collect();
    let is_last = ids.len() < RANGE;
    let mut range = Range { until: ids.last().copied().filter(|_| !is_last), ..Range::default() };
    let mut prints = Vec::new();
    for id in ids {
        if server.last_concern(id) > place.at {
            range.newer.push(id);
            continue;
        }
        let print = if server.is_archived(id) {
            of_archived(id)
        } else {
            let facts: FactSum = server.ledger(id).facts().map(|fact| fact.id).collect();
            let heads = server.orders().get_mut(&id).map(|state| state.document.heads()).unwrap_or_default();
            of_order(id, &heads, facts)
        };
        prints.push((id, print));
    }
    range.value = of_all(prints.iter().map(|(_, print)| *print));
    if each {
        range.orders = prints;
    }
    if is_last {
        let is_beside = |fact: &&Fact| fact.order.is_none_or(|order| !all.contains(&order));
        let (_, facts) = server.plant_until(place.at);
        range.beside = Some(facts.filter(is_beside).map(|fact| fact.id).collect());
    }
    Ok(Fetched { status: 200, body: wire::pack(&range)? })
}
