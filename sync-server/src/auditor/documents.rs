//! Documents, made anew from their changes.

use std::collections::BTreeMap;

use automerge::ChangeHash;
use futures_util::TryStreamExt as _;
use shared_model::ids::{PlantId, WorkOrderId};
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::{Document, DocumentError, decode_change};
use uuid::Uuid;

use super::{Report, is_enough};
use crate::db::auditor::{self, Change, Feed, Kept};
use crate::db::work_order::{self, Listed};
use crate::db::{Error, TenantTx};

/// Documents whose changes are looked for at once. Each time the feed is read once; of the documents
/// one at a time is in memory.
const AT_ONCE: i64 = 500;

pub(super) async fn check(
    tx: &mut TenantTx,
    plant: PlantId,
    feed: Feed,
    report: &mut Report,
) -> Result<(), Error> {
    for id in auditor::lost_documents(tx, plant).await? {
        report.differences.push(format!("order {id} has changes in the feed, and no document"));
    }
    let mut checked = Checked { is_whole: feed.horizon == 0, told: 0, report };
    let mut after = None;
    loop {
        let kept = auditor::documents(tx, plant, after, AT_ONCE).await?;
        let Some(last) = kept.last() else { return Ok(()) };
        after = Some(last.id);
        let ids: Vec<Uuid> = kept.iter().map(|document| document.id.uuid()).collect();
        let rows = work_order::find_all(tx, plant, &ids).await?;
        let mut kept: BTreeMap<WorkOrderId, Kept> = kept.into_iter().map(|it| (it.id, it)).collect();
        let mut changes = auditor::changes(tx, plant, feed.horizon, &ids);
        let mut current: Option<Rebuilt> = None;
        while let Some(change) = changes.try_next().await? {
            if current.as_ref().is_some_and(|rebuilt| rebuilt.id != change.document)
                && let Some(done) = current.take()
            {
                checked.compare(done, &mut kept, &rows);
                tokio::task::yield_now().await;
            }
            current.get_or_insert_with(|| Rebuilt::new(change.document)).add(&change);
        }
        drop(changes);
        if let Some(done) = current {
            checked.compare(done, &mut kept, &rows);
        }
        // What is left has no change in the feed at all.
        while let Some(id) = kept.keys().next().copied() {
            checked.compare(Rebuilt::new(id), &mut kept, &rows);
        }
    }
}

/// A document as its changes make it.
struct Rebuilt {
    id: WorkOrderId,
    document: Document,
    /// The change, and its entry.
    changes: Vec<(ChangeHash, i64)>,
    broken: Option<(i64, DocumentError)>,
}

impl Rebuilt {
    fn new(id: WorkOrderId) -> Self {
        Self { id, document: Document::empty(), changes: Vec::new(), broken: None }
    }

    fn add(&mut self, change: &Change) {
        let merged = decode_change(&change.bytes).and_then(|decoded| {
            self.changes.push((decoded.hash(), change.seq));
            if self.broken.is_some() { Ok(()) } else { self.document.merge(decoded) }
        });
        if let Err(error) = merged
            && !matches!(&self.broken, Some((_, problem)) if !is_cut(problem))
        {
            self.broken = Some((change.seq, error));
        }
    }
}

fn is_cut(problem: &DocumentError) -> bool {
    matches!(problem, DocumentError::MissingChanges)
}

impl Rebuilt {
    /// Whether the first changes are missing.
    fn is_part_of(&self, kept: &Kept) -> bool {
        self.broken.as_ref().is_some_and(|(_, problem)| is_cut(problem))
            || usize::try_from(kept.change_count).is_ok_and(|count| self.changes.len() < count)
    }
}

struct Checked<'a> {
    /// The feed goes back to its first entry.
    is_whole: bool,
    told: usize,
    report: &'a mut Report,
}

impl Checked<'_> {
    fn compare(
        &mut self,
        rebuilt: Rebuilt,
        kept: &mut BTreeMap<WorkOrderId, Kept>,
        rows: &BTreeMap<WorkOrderId, Listed>,
    ) {
        self.report.documents += 1;
        let row = rows.get(&rebuilt.id);
        let name = row.map_or_else(|| rebuilt.id.to_string(), |row| row.number.to_string());
        let Some(kept) = kept.remove(&rebuilt.id) else { return };
        let problem = if !self.is_whole && rebuilt.is_part_of(&kept) {
            self.report.older_documents += 1;
            difference_of_older(&rebuilt, kept, row)
        } else {
            difference(rebuilt, kept, row)
        };
        if let Some(problem) = problem
            && !is_enough(self.told)
        {
            self.told += 1;
            self.report.differences.push(format!("order {name}: {problem}"));
        }
    }
}

/// What is wrong with a document first of all.
fn difference(mut rebuilt: Rebuilt, kept: Kept, row: Option<&Listed>) -> Option<String> {
    if let Some((seq, error)) = rebuilt.broken {
        return Some(format!("its change at entry {seq} cannot be applied: {error}"));
    }
    if rebuilt.changes.is_empty() {
        return Some("it has a document, and no change in the feed".to_owned());
    }
    let (says, has) = (kept.change_count, rebuilt.changes.len());
    if usize::try_from(says) != Ok(has) {
        return Some(format!("its document counts {says} changes, and the feed has {has}"));
    }
    let heads = bytes(&rebuilt.document.heads());
    let mut noted = kept.heads;
    noted.sort_unstable();
    let mut document = match Document::load(&kept.snapshot) {
        Ok(document) => document,
        Err(error) => return Some(format!("its document cannot be read: {error}")),
    };
    let stored = bytes(&document.heads());
    if stored != heads || noted != heads {
        return Some("its document is not what its changes make".to_owned());
    }
    match (rebuilt.document.order(), document.order(), row) {
        (Ok(Some(made)), Ok(Some(stored)), _) if made != stored => {
            Some("its document says something else than its changes".to_owned())
        }
        (Ok(Some(_)), Ok(Some(_)), None) => Some("it is in no list".to_owned()),
        (Ok(Some(made)), Ok(Some(_)), Some(row)) => shown_otherwise(&made, row),
        _ => Some("its document holds no order".to_owned()),
    }
}

fn bytes(heads: &[ChangeHash]) -> Vec<Vec<u8>> {
    heads.iter().map(|head| head.0.to_vec()).collect()
}

/// The same for one of which the feed has only the last changes.
fn difference_of_older(rebuilt: &Rebuilt, kept: Kept, row: Option<&Listed>) -> Option<String> {
    if let Some((seq, error)) = rebuilt.broken.as_ref().filter(|(_, error)| !is_cut(error)) {
        return Some(format!("its change at entry {seq} cannot be applied: {error}"));
    }
    let mut document = match Document::load(&kept.snapshot) {
        Ok(document) => document,
        Err(error) => return Some(format!("its document cannot be read: {error}")),
    };
    if let Some((_, seq)) = rebuilt.changes.iter().find(|(hash, _)| !document.has(hash)) {
        return Some(format!("its document lacks the change at entry {seq}"));
    }
    let (says, has) = (kept.change_count, document.change_count());
    if usize::try_from(says) != Ok(has) {
        return Some(format!("its document counts {says} changes, and has {has}"));
    }
    let mut noted = kept.heads;
    noted.sort_unstable();
    if bytes(&document.heads()) != noted {
        return Some("its document is not the one that was noted".to_owned());
    }
    match (document.order(), row) {
        (Ok(Some(_)), None) => Some("it is in no list".to_owned()),
        (Ok(Some(stored)), Some(row)) => shown_otherwise(&stored, row),
        _ => Some("its document holds no order".to_owned()),
    }
}

/// The first field that the lists show and the document does not have.
fn shown_otherwise(order: &WorkOrder, row: &Listed) -> Option<String> {
    let fields = [
        ("number", order.number.to_string(), row.number.to_string()),
        ("title", order.title.clone(), row.title.clone()),
        ("material", order.material.to_string(), row.material.to_string()),
        ("quantity", order.quantity.to_string(), row.quantity.to_string()),
        ("due date", or_none(order.due_on), or_none(row.due_on)),
        ("priority", order.priority.to_string(), row.priority.to_string()),
        ("state", order.stage().to_string(), row.stage.to_string()),
        ("assignee", or_none(order.assignee), or_none(row.assignee)),
        ("release", or_none(order.released_at), or_none(row.released_at)),
        ("start", or_none(order.started_at), or_none(row.started_at)),
        ("end", or_none(order.ended_at), or_none(row.ended_at)),
    ];
    if let Some((field, made, shown)) = fields.into_iter().find(|(_, made, shown)| made != shown) {
        return Some(format!("its {field} is {made} by its changes, but {shown} on the screens"));
    }
    let others = |what: &str| Some(format!("its {what} on the screens are not those of its changes"));
    if !order.operations.values().eq(&row.operations) {
        return others("operations");
    }
    if !order.materials.values().eq(&row.materials) {
        return others("materials");
    }
    None
}

fn or_none(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}
