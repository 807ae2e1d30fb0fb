//! Loading, empty, ready, old and refused: what each screen shows when.

use shared_model::host::{Event, HostError, OrderRights, Reply, Request, Session, Storage, SyncStatus};
use shared_model::people::Role;
use shared_model::sync::client::Link;

use super::page_at;
use crate::bridge::Host;
use crate::screens::canned::Canned;
use crate::screens::sample;

const ORDER: &str = "01900000-0000-7000-8000-000000000010";
const MATERIAL: &str = "01900000-0000-7000-8000-000000000031";

/// Every screen's address, with something that is there when it is ready.
fn screens() -> Vec<(String, &'static str)> {
    vec![
        ("/stations".to_owned(), r#"data-testid="station-MILL-2""#),
        ("/work".to_owned(), r#"data-testid="queue-row-WO-00042-20""#),
        (format!("/work/{ORDER}/20"), r#"data-testid="now-report""#),
        ("/orders".to_owned(), r#"data-testid="order-row-WO-00042""#),
        ("/orders/board".to_owned(), r#"data-testid="board-card-WO-00042""#),
        (format!("/orders/{ORDER}"), r#"data-testid="order-good""#),
        ("/stock".to_owned(), r#"data-testid="stock-row-AL-5""#),
        (format!("/stock/{MATERIAL}"), r#"data-testid="stock-place""#),
        ("/exceptions".to_owned(), r#"data-testid="exception-row""#),
        ("/attention".to_owned(), r#"data-testid="attention-resend""#),
        ("/settings".to_owned(), r#"data-testid="settings-version""#),
    ]
}

#[test]
fn every_screen_shows_what_it_was_answered() {
    let host = Canned::default().host(Role::OrganizationAdmin);
    for (path, expected) in screens() {
        let html = page_at(&path, host.clone());
        assert!(html.contains(expected), "{path}: {html}");
        assert!(!html.contains(r#"data-testid="failed""#), "{path}: {html}");
        assert!(html.contains(r#"data-testid="sync-pill""#), "{path}: {html}");
    }
}

#[test]
fn while_an_answer_is_awaited_the_frame_is_there_with_an_outline_of_the_screen() {
    let host = Canned { is_silent: true, ..Canned::default() }.host(Role::OrganizationAdmin);
    for (path, expected) in screens() {
        let html = page_at(&path, host.clone());
        assert!(!html.contains(expected) || path == "/settings", "{path}: {html}");
        assert!(html.contains("loading__bone") || html.contains("data-table__skeleton"), "{path}: {html}");
        assert!(html.contains(r#"data-testid="sync-pill""#), "{path}: {html}");
    }
}

#[test]
fn a_question_that_fails_says_why_and_offers_to_try_again() {
    let failure = Some(HostError::Storage { message: "the disk is full".to_owned() });
    let host = Canned { failure, ..Canned::default() }.host(Role::OrganizationAdmin);
    for (path, _) in screens() {
        let html = page_at(&path, host.clone());
        assert!(html.contains("the disk is full"), "{path}: {html}");
        assert!(html.contains(r#"data-testid="failed-retry""#), "{path}: {html}");
    }
}

#[test]
fn an_empty_list_is_a_sentence() {
    let host = Canned { is_empty: true, ..Canned::default() }.host(Role::OrganizationAdmin);
    for path in ["/stations", "/work", "/orders", "/stock", "/exceptions", "/attention"] {
        let html = page_at(path, host.clone());
        assert!(html.contains("empty-state__title"), "{path}: {html}");
    }
}

#[test]
fn a_device_that_is_away_says_how_old_its_data_is() {
    let host = Canned::default().host(Role::Supervisor);
    let synced_at = crate::dom::now().plus_millis(-2 * 60 * 60 * 1000);
    host.tell(&Event::Status(SyncStatus {
        link: Link::Offline,
        synced_at: Some(synced_at),
        unsent_count: 3,
        oldest_unsent_at: Some(synced_at),
        ..SyncStatus::default()
    }));
    let html = page_at("/orders", host);
    assert!(html.contains("As of 12:02 (2 h ago)"), "{html}");
    assert!(html.contains(r#"data-state="offline""#) && html.contains(r#"data-count="3""#), "{html}");
    assert!(html.contains("Offline — 3 saved here, oldest 2 h"), "{html}");
}

/// The sample plant, with every order of a newer version than this app.
fn newer_orders(role: Role) -> Host {
    let inner = Canned::default().host(role);
    let host = Host::new(move |request| {
        let inner = inner.clone();
        async move {
            Ok(match inner.call(request).await? {
                Reply::View(mut view) => {
                    mark_newer(&mut view);
                    Reply::View(view)
                }
                other => other,
            })
        }
    });
    host.tell(&Event::Status(SyncStatus { needs_update: true, ..SyncStatus::default() }));
    host
}

fn mark_newer(view: &mut serde_json::Value) {
    match view {
        serde_json::Value::Object(fields) => {
            if let Some(needs_update) = fields.get_mut("needs_update") {
                *needs_update = true.into();
            }
            fields.values_mut().for_each(mark_newer);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(mark_newer),
        _ => {}
    }
}

#[test]
fn an_order_of_a_newer_version_is_found_and_offers_the_update_and_nothing_else() {
    for (path, role) in [
        ("/work".to_owned(), Role::Operator),
        ("/orders".to_owned(), Role::OrganizationAdmin),
        ("/orders/board".to_owned(), Role::OrganizationAdmin),
        (format!("/orders/{ORDER}"), Role::OrganizationAdmin),
        (format!("/work/{ORDER}/20"), Role::Operator),
    ] {
        let html = page_at(&path, newer_orders(role));
        assert!(html.contains("WO-00042"), "{path}: {html}");
        assert!(html.contains(r#"data-testid="needs-update""#), "{path}: {html}");
        assert_eq!(html.matches(r#"data-testid="update-waits""#).count(), 1, "{path}: {html}");
        assert!(html.contains(r#"data-testid="update-now""#), "{path}: {html}");
        for gone in [
            "now-report",
            "now-start",
            "order-release",
            "order-edit",
            "order-cancel",
            "order-stage",
            "done-of",
        ] {
            assert!(!html.contains(&format!(r#"data-testid="{gone}""#)), "{path} {gone}: {html}");
        }
    }
    let html = page_at(&format!("/orders/{ORDER}"), newer_orders(Role::OrganizationAdmin));
    assert!(html.contains("Update Unison to see all of it"), "{html}");
    let known = page_at("/orders", Canned::default().host(Role::OrganizationAdmin));
    assert!(!known.contains("update-waits") && !known.contains("needs-update"), "{known}");
}

/// The sample plant, with an order whose details are on the server.
fn archived_order(details: &'static str, link: Link) -> Host {
    let inner = Canned::default().host(Role::OrganizationAdmin);
    let host = Host::new(move |request| {
        let inner = inner.clone();
        async move {
            Ok(match inner.call(request).await? {
                Reply::View(mut view) => {
                    if let Some(place) = view.get_mut("details") {
                        *place = details.into();
                        view["can"] = serde_json::to_value(OrderRights::default()).expect("JSON");
                    }
                    Reply::View(view)
                }
                other => other,
            })
        }
    });
    host.tell(&Event::Status(SyncStatus { link, ..SyncStatus::default() }));
    host
}

#[test]
fn an_order_closed_long_ago_shows_what_is_here_and_says_where_the_rest_is() {
    for (details, link, says) in [
        ("on_server", Link::Online, "Getting them"),
        ("coming", Link::Online, "Getting them"),
        ("coming", Link::Offline, "There is no connection"),
    ] {
        let html = page_at(&format!("/orders/{ORDER}"), archived_order(details, link));
        assert!(html.contains("WO-00042") && html.contains("closed more than a month ago"), "{html}");
        assert!(html.contains(says), "{details} {link:?}: {html}");
        for gone in ["order-edit", "order-release", "order-cancel", "tab-operations"] {
            assert!(!html.contains(&format!(r#"data-testid="{gone}""#)), "{gone}: {html}");
        }
    }
}

#[test]
fn a_replica_that_stopped_offers_to_start_again_over_the_screen_as_it_is() {
    let host = Canned::default().host(Role::Operator);
    let running = page_at("/work", host.clone());
    assert!(!running.contains("dialog-confirm"), "{running}");
    host.tell(&Event::Stopped { problem: "out of memory".to_owned() });
    let html = page_at("/work", host.clone());
    assert!(html.contains("Start again") && html.contains("out of memory"), "{html}");
    assert!(html.contains(r#"data-testid="dialog-confirm""#), "{html}");
    assert!(!html.contains(r#"data-testid="dialog-cancel""#), "there is one way out: {html}");
    assert!(html.contains("queue-row-WO-00042-20"), "what was on the screen stays: {html}");
    host.restart();
    assert!(!page_at("/work", host).contains("dialog-confirm"));
}

#[test]
fn an_operator_sees_the_job_in_digits_and_one_primary_button() {
    let html = page_at(&format!("/work/{ORDER}/20"), Canned::default().host(Role::Operator));
    assert!(html.contains(r#"data-testid="now-good" data-value="48""#), "{html}");
    assert!(html.contains(r#"data-value="120""#), "{html}");
    assert_eq!(html.matches(r#"data-variant="primary""#).count(), 1, "{html}");
    assert!(html.contains("0:42:00"), "the clock runs since 42 minutes: {html}");
    assert!(html.contains("Saved here"), "what is not sent says so: {html}");
    assert_eq!(
        html.matches(r#"data-testid="report-undo""#).count(),
        1,
        "what is undone is not undone again: {html}"
    );
    assert!(html.contains(r#"data-density="operator""#), "{html}");
}

#[test]
fn a_person_starts_where_their_work_is() {
    let start = |role| page_at("/", Canned::default().host(role));
    assert!(start(Role::Operator).contains("queue-row-WO-00042-20"));
    assert!(start(Role::Supervisor).contains("board-card-WO-00042"));
    assert!(start(Role::Warehouse).contains("stock-row-AL-5"));
}

#[test]
fn buttons_that_a_role_may_not_press_are_not_there() {
    let viewer = Canned::default().host(Role::Viewer);
    assert!(!page_at("/orders", viewer.clone()).contains("order-new"));
    let stock = page_at(&format!("/stock/{MATERIAL}"), viewer);
    assert!(!stock.contains("stock-receive") && !stock.contains("stock-adjust"), "{stock}");
    let supervisor = page_at(&format!("/stock/{MATERIAL}"), Canned::default().host(Role::Supervisor));
    assert!(supervisor.contains("stock-receive") && !supervisor.contains("stock-adjust"), "{supervisor}");
}

fn gate(session: Session) -> String {
    let host = Host::new(move |request| {
        let session = session.clone();
        async move {
            match request {
                Request::Session => Ok(Reply::Session(session)),
                _ => Err(HostError::NotEnrolled),
            }
        }
    });
    page_at("/orders", host)
}

#[test]
fn a_new_device_is_asked_for_its_code_and_a_stranger_for_a_password() {
    assert!(gate(Session::default()).contains(r#"data-testid="enroll-code""#));
    let stranger = Session { user: None, ..sample::session(Role::Operator) };
    let html = gate(stranger);
    assert!(html.contains(r#"data-testid="sign-in-password""#) && html.contains("Plant Nord"), "{html}");
}

#[test]
fn a_device_that_was_emptied_says_so_where_it_asks_for_a_code() {
    let at = shared_model::time::Timestamp::from_millis(1_790_000_000_000);
    let wiped = Some(Box::new(shared_model::host::Wiped { plant: "Plant Nord".to_owned(), at }));
    let html = gate(Session { wiped, ..Session::default() });
    assert!(html.contains(r#"data-testid="wiped""#), "{html}");
    assert!(html.contains("An administrator of Plant Nord had this device emptied."), "{html}");
    assert!(html.contains(r#"data-testid="enroll-code""#), "{html}");
    assert!(!gate(Session::default()).contains("emptied"));
}

#[test]
fn where_nothing_would_be_kept_nothing_can_be_entered() {
    for storage in [Storage::Unavailable, Storage::OtherTabSilent, Storage::Locked] {
        let html = gate(Session { storage, ..sample::session(Role::Operator) });
        assert!(html.contains(r#"data-testid="storage-problem""#), "{html}");
        assert!(!html.contains("<input"), "{html}");
    }
}

#[test]
fn an_order_that_two_people_changed_shows_both_values_and_a_choice_to_those_who_may_choose() {
    let path = format!("/orders/{ORDER}");
    let page = |role| page_at(&path, Canned::default().host(role));
    for html in [page(Role::Supervisor), page(Role::Viewer)] {
        assert!(html.contains(r#"data-testid="order-contested" data-field="due_on""#), "{html}");
        assert!(html.contains("Neither knew of the other"), "{html}");
    }
    let choices = |html: &str| html.matches(r#"data-testid="contested-"#).count();
    assert_eq!((choices(&page(Role::Supervisor)), choices(&page(Role::Viewer))), (2, 0));
}

#[test]
fn a_wrong_address_says_so() {
    let html = page_at("/nowhere/at/all", Canned::default().host(Role::Operator));
    assert!(html.contains("/nowhere/at/all leads nowhere."), "{html}");
}

#[test]
fn a_refused_report_can_be_changed_sent_again_given_on_or_discarded() {
    let html = page_at("/attention", Canned::default().host(Role::Operator));
    for id in ["why", "meanwhile", "decides", "edit", "resend", "hand-over", "discard"] {
        assert!(html.contains(&format!(r#"data-testid="attention-{id}""#)), "{id}: {html}");
    }
}
