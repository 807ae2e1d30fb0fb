//! Who this device is, and how it stands with the server.

use shared_model::host::Storage;
use shared_model::sync::client::Link;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::plant::*;
use crate::{History, Replica};

#[test]
fn the_device_remembers_who_it_is() {
    let mut replica = Replica::open(memory(), memory()).expect("opens");
    assert_eq!(replica.session().plant, None);
    replica.new_device_key([3; 32]).expect("stored");
    assert_eq!(replica.device_key(), Some([3; 32]));
    assert_eq!(replica.credentials(), None);
    replica.enrolled(&enrollment(4)).expect("stored");
    let mut device = Device::on(memory(), memory(), 4, ANN_OPERATOR);
    device.replica.choose_station(Some(id(SAW))).expect("stored");
    device.replica.set_storage(Storage::Evictable);

    let device = device.reopen();
    let session = device.replica.session();
    let plant = session.plant.expect("enrolled");
    assert_eq!((plant.name.as_str(), plant.organization.as_str()), ("Plant 1", "Acme"));
    assert_eq!(plant.device_name, "Tablet 4");
    assert_eq!(session.user.expect("signed in").name, "Ann");
    assert_eq!(session.station, Some(id(SAW)));
    let credentials = device.replica.credentials().expect("enrolled");
    assert_eq!(credentials.seed, [7; 32]);
    assert!(!format!("{credentials:?}").contains('7'.to_string().repeat(2).as_str()));
}

#[test]
fn somebody_who_signed_out_left_their_entries_in_their_name() {
    let (mut server, _) = floor();
    let mut device = Device::ready(&mut server, 2, ANN_OPERATOR);
    device.must(report(1, 10, 5, 0));
    device.replica.sign_out().expect("stored");
    assert_eq!(device.replica.session().user, None);
    device.sign_in(BOB_OPERATOR);
    device.must(report(1, 10, 7, 0));
    let by: Vec<_> = device.outbox().into_iter().map(|item| item.user_name).collect();
    assert_eq!(by, ["Ann", "Bob"]);
    // One's own may be undone, somebody else's not.
    let reports = device.order(order(1)).reports;
    assert_eq!(reports.iter().map(|row| row.can_void).collect::<Vec<_>>(), [true, false]);
    device.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(12));
}

#[test]
fn another_history_of_the_server_is_noticed() {
    let mut device = Device::new(1, ANN_OPERATOR);
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    assert_eq!(device.replica.history(first, false, 0).expect("stored"), History::First);
    assert_eq!(device.replica.history(first, false, 0).expect("stored"), History::Same);
    let mut device = device.reopen();
    for _ in 0..2 {
        // Until the replica is dropped: a crash may come before that.
        let noticed = device.replica.history(second, false, 0).expect("reads");
        assert_eq!(noticed, History::Replaced { before: first });
    }
    assert_eq!(device.replica.history(first, true, 0).expect("reads"), History::Replaced { before: first });
    assert_eq!(device.replica.history(first, false, 0).expect("reads"), History::Same);
}

#[test]
fn the_pill_counts_what_waits_and_remembers_when_everything_was_here() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let at = |minutes: i64| Timestamp::from_millis(START + minutes * 60_000);
    ann.replica.set_link(Link::Online, at(1)).expect("stored");
    ann.replica.set_link(Link::Offline, at(90)).expect("stored");
    ann.replica.set_link(Link::Connecting, at(95)).expect("stored");
    ann.must(report(1, 10, 5, 0));
    ann.must(report(1, 10, 6, 0));
    ann.replica.set_clock_offset(120, ann.now).expect("stored");
    let status = ann.reopen().replica.status().expect("reads");
    assert_eq!((status.unsent_count, status.attention_count), (2, 0));
    assert_eq!(status.oldest_unsent_at, Some(Timestamp::from_millis(START + 1000)));
    assert_eq!(status.synced_at, Some(at(90)));
    assert_eq!(status.clock_offset_millis, 120);
}
