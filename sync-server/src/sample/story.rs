//! What happened at Riverside Works in the last weeks: the commands that its people gave.

use shared_model::command::Command;
use shared_model::ids::{CommandId, OrganizationId, WorkOrderId};
use shared_model::money::Price;
use shared_model::production::{ProductionReport, Scrap};
use shared_model::quantity::{Amount, UnitCode};
use shared_model::reason::ReasonKind;
use shared_model::stock::StockKey;
use shared_model::sync::wire::Verdict;
use shared_model::time::Timestamp;
use shared_model::work_order::NewWorkOrder;

use super::calendar::Calendar;
use super::parts::{BENCH, BOLT, FRAME, RECEIPTS, SHEET, TRUCK, TUBE};
use super::people::Installed;
use super::records::{
    FINISHED, RACK_A, RACK_B, amount, currency, location, material, plant, reason, unit_of,
};
use super::{SampleError, id};
use crate::sync::{Order, Sync};

/// One reported number of pieces: when, good, scrapped and why.
type Made<'a> = (Timestamp, i32, Option<(i32, &'a str)>);

struct Story<'a> {
    sync: &'a Sync,
    installed: &'a Installed,
    when: Calendar,
}

/// An order to be, with what is told of it here.
struct Planned<'a> {
    key: &'a str,
    material: &'a str,
    quantity: i32,
    title: &'a str,
    due_in_days: i64,
    priority: u8,
}

pub(super) async fn tell(sync: &Sync, installed: &Installed, now: Timestamp) -> Result<(), SampleError> {
    let when = Calendar::new(plant(installed).zone, now);
    let story = Story { sync, installed, when };
    story.receive().await?;
    story.finished().await?;
    story.running().await?;
    story.waiting().await
}

impl Story<'_> {
    fn organization(&self) -> OrganizationId {
        self.installed.organization
    }

    /// Gives a command. `step` names it: at a second try it is the same command.
    async fn press(
        &self,
        step: &str,
        who: &str,
        occurred_at: Timestamp,
        command: Command,
    ) -> Result<CommandId, SampleError> {
        let command_id = id(self.organization(), &format!("step {step}"));
        let order = Order {
            organization: self.organization(),
            plant: self.installed.plant(),
            user: self.installed.user(who),
            id: command_id,
            occurred_at,
            command,
            only_on: None,
        };
        match self.sync.execute(order).await? {
            Verdict::Refused(source) => Err(SampleError::Refused { step: step.to_owned(), source }),
            Verdict::Accepted { .. } | Verdict::Rebase { .. } => Ok(command_id),
        }
    }

    async fn receive(&self) -> Result<(), SampleError> {
        for (n, (part, count, price, reference, days_ago)) in RECEIPTS.into_iter().enumerate() {
            let path = match part {
                TUBE | SHEET => RACK_A,
                TRUCK => FINISHED,
                _ => RACK_B,
            };
            // Without lots: backflushing takes from stock that has none.
            let receipt = Command::ReceiveStock {
                key: self.at(part, path),
                amount: Amount::whole(count),
                unit: unit_of(part),
                price: Some(Price { amount: amount(price), currency: currency() }),
                reference: reference.to_owned(),
            };
            self.press(&format!("receipt {n}"), "wanda", self.when.ago(days_ago, 9, 12), receipt).await?;
        }
        let issue = Command::IssueStock {
            key: self.at(BOLT, RACK_B),
            amount: Amount::whole(400),
            unit: unit_of(BOLT),
            order: None,
            note: "bin at the assembly line filled up".to_owned(),
        };
        self.press("bolts to the line", "wanda", self.when.ago(5, 6, 20), issue).await?;
        Ok(())
    }

    fn at(&self, part: &str, path: &str) -> StockKey {
        let of = self.organization();
        StockKey::of(material(of, part), Some(location(of, path)))
    }

    fn pause(&self, order: WorkOrderId, operation: u32, code: &str) -> Command {
        let reason = Some(reason(self.organization(), ReasonKind::Pause, code));
        Command::PauseOperation { order, operation, reason, note: String::new() }
    }

    /// Opens an order, and releases it where it says when.
    async fn order(
        &self,
        planned: Planned<'_>,
        created_at: Timestamp,
        released_at: Option<Timestamp>,
    ) -> Result<WorkOrderId, SampleError> {
        let order: WorkOrderId = id(self.organization(), &format!("order {}", planned.key));
        let create = Command::CreateWorkOrder(NewWorkOrder {
            id: order,
            number: None,
            title: planned.title.to_owned(),
            material: material(self.organization(), planned.material),
            quantity: Amount::whole(planned.quantity),
            unit: None::<UnitCode>,
            due_on: Some(self.when.in_days(planned.due_in_days)),
            priority: planned.priority,
            output_location: None,
            operations: Vec::new(),
        });
        self.press(&format!("{} created", planned.key), "petra", created_at, create).await?;
        if let Some(at) = released_at {
            let release = Command::release(order);
            self.press(&format!("{} released", planned.key), "samir", at, release).await?;
        }
        Ok(order)
    }

    /// One person works on one operation: starts, reports, and finishes where it says so.
    async fn work(
        &self,
        (key, order): (&str, WorkOrderId),
        operation: u32,
        who: &str,
        started_at: Timestamp,
        made: &[Made<'_>],
        finishes: bool,
    ) -> Result<(), SampleError> {
        let step = |what: &str| format!("{key} {operation} {who} {what}");
        self.press(&step("start"), who, started_at, Command::StartOperation { order, operation }).await?;
        for (n, (at, good, scrap)) in made.iter().enumerate() {
            let scrap = scrap.map(|(pieces, code)| Scrap {
                amount: Amount::whole(pieces),
                reason: Some(reason(self.organization(), ReasonKind::Scrap, code)),
            });
            let report = ProductionReport {
                operation: Some(operation),
                good: Amount::whole(*good),
                scrap: scrap.into_iter().collect(),
                ..ProductionReport::default()
            };
            self.press(&step(&format!("report {n}")), who, *at, Command::ReportProduction { order, report })
                .await?;
        }
        if finishes {
            let at = made.last().map_or(started_at, |(at, ..)| at.plus_millis(60_000));
            self.press(&step("finish"), who, at, Command::FinishOperation { order, operation }).await?;
        }
        Ok(())
    }

    /// Orders that are done, one of them short, and one that was cancelled.
    async fn finished(&self) -> Result<(), SampleError> {
        let at = |days, hour, minute| self.when.ago(days, hour, minute);
        let frames = Planned {
            key: "frames 1",
            material: FRAME,
            quantity: 40,
            title: "Frames for October",
            due_in_days: -12,
            priority: 5,
        };
        let (created, released) = (at(16, 8, 10), at(15, 6, 5));
        let saw = (at(14, 6, 15), [(at(14, 8, 40), 40, None)]);
        let laser = (at(14, 9, 0), [(at(14, 10, 5), 40, Some((1, "SETUP")))]);
        let weld = (at(13, 6, 10), [(at(13, 10, 0), 22, None), (at(13, 13, 30), 18, Some((1, "WELD")))]);
        let coat = (at(12, 6, 20), [(at(12, 9, 50), 40, None)]);
        let done = at(12, 10, 15);
        let order = self.order(frames, created, Some(released)).await?;
        self.work(("frames 1", order), 10, "tom", saw.0, &saw.1, true).await?;
        self.work(("frames 1", order), 20, "tom", laser.0, &laser.1, true).await?;
        self.work(("frames 1", order), 30, "olga", weld.0, &weld.1, true).await?;
        self.work(("frames 1", order), 40, "tom", coat.0, &coat.1, true).await?;
        self.press("frames 1 complete", "samir", done, Command::complete(order)).await?;

        let trucks = Planned {
            key: "trucks 1",
            material: TRUCK,
            quantity: 25,
            title: "Building center Nord",
            due_in_days: -8,
            priority: 3,
        };
        let (created, released) = (at(14, 9, 30), at(11, 6, 0));
        let axles = (at(10, 6, 10), [(at(10, 7, 45), 25, None)]);
        let grips = (at(10, 8, 0), [(at(10, 8, 55), 25, None)]);
        let pack = (at(10, 9, 5), [(at(10, 10, 20), 24, Some((1, "SCRATCH"))), (at(10, 10, 50), 1, None)]);
        let done = at(10, 11, 0);
        let order = self.order(trucks, created, Some(released)).await?;
        self.work(("trucks 1", order), 10, "olga", axles.0, &axles.1, true).await?;
        self.work(("trucks 1", order), 20, "olga", grips.0, &grips.1, true).await?;
        self.work(("trucks 1", order), 30, "tom", pack.0, &pack.1, true).await?;
        self.press("trucks 1 complete", "tom", done, Command::complete(order)).await?;

        let benches = Planned {
            key: "benches 1",
            material: BENCH,
            quantity: 10,
            title: "Vocational school Süd",
            due_in_days: -5,
            priority: 5,
        };
        let (created, released) = (at(12, 10, 0), at(9, 6, 5));
        let stints: [(u32, &str, Timestamp, Made<'_>); 6] = [
            (10, "tom", at(8, 6, 10), (at(8, 7, 0), 10, None)),
            (20, "tom", at(8, 7, 10), (at(8, 8, 5), 10, Some((1, "MAT")))),
            (30, "olga", at(8, 8, 30), (at(8, 11, 20), 10, None)),
            (40, "tom", at(7, 6, 15), (at(7, 7, 40), 9, Some((1, "SCRATCH")))),
            (50, "olga", at(7, 8, 10), (at(7, 9, 45), 9, None)),
            (60, "tom", at(7, 10, 0), (at(7, 10, 50), 9, None)),
        ];
        let closed = at(7, 11, 10);
        let order = self.order(benches, created, Some(released)).await?;
        for (operation, who, from, made) in stints {
            self.work(("benches 1", order), operation, who, from, &[made], true).await?;
        }
        let reason = "customer took nine".to_owned();
        self.press("benches 1 close", "samir", closed, Command::short_close(order, reason)).await?;

        let withdrawn = Planned {
            key: "benches 2",
            material: BENCH,
            quantity: 12,
            title: "Makerspace Altstadt",
            due_in_days: 4,
            priority: 5,
        };
        let (created, released, cancelled) = (at(9, 13, 0), at(6, 6, 30), at(4, 15, 20));
        let order = self.order(withdrawn, created, Some(released)).await?;
        let reason = "customer withdrew".to_owned();
        self.press("benches 2 cancel", "petra", cancelled, Command::cancel(order, reason)).await?;
        Ok(())
    }

    /// Orders that people work on today, one of which waits.
    async fn running(&self) -> Result<(), SampleError> {
        let at = |days, hour, minute| self.when.ago(days, hour, minute);
        let frames = Planned {
            key: "frames 2",
            material: FRAME,
            quantity: 60,
            title: "Frames for November",
            due_in_days: 2,
            priority: 4,
        };
        let (created, released) = (at(8, 8, 0), at(4, 6, 0));
        let saw = (at(3, 6, 10), [(at(3, 9, 20), 60, Some((1, "DIM")))]);
        let laser = (at(3, 9, 30), [(at(3, 11, 0), 60, Some((1, "SETUP")))]);
        let weld = (at(2, 6, 10), [(at(2, 10, 10), 24, None), (at(2, 13, 40), 20, Some((2, "WELD")))]);
        let coat = (self.when.minutes_ago(200), [(self.when.minutes_ago(60), 28, Some((1, "SCRATCH")))]);
        let order = self.order(frames, created, Some(released)).await?;
        self.work(("frames 2", order), 10, "tom", saw.0, &saw.1, true).await?;
        self.work(("frames 2", order), 20, "tom", laser.0, &laser.1, true).await?;
        self.work(("frames 2", order), 30, "olga", weld.0, &weld.1, false).await?;
        self.press("frames 2 weld pause", "olga", at(2, 13, 45), self.pause(order, 30, "TOOL")).await?;
        self.work(("frames 2", order), 40, "tom", coat.0, &coat.1, false).await?;
        let checked = self.when.minutes_ago(58);
        self.press("frames 2 coat pause", "tom", checked, self.pause(order, 40, "QUAL")).await?;

        let trucks = Planned {
            key: "trucks 2",
            material: TRUCK,
            quantity: 30,
            title: "Mail order November",
            due_in_days: 1,
            priority: 2,
        };
        let (created, released, assigned) = (at(6, 9, 0), at(3, 6, 0), at(3, 6, 5));
        let axles = (
            self.when.minutes_ago(125),
            [(self.when.minutes_ago(70), 12, Some((1, "MAT"))), (self.when.minutes_ago(25), 9, None)],
        );
        let grips = [(self.when.minutes_ago(15), 14, None)];
        let order = self.order(trucks, created, Some(released)).await?;
        let assignee = Some(self.installed.user("olga"));
        self.press(
            "trucks 2 assign",
            "samir",
            assigned,
            Command::AssignWorkOrder { order, assignee, seen: None },
        )
        .await?;
        self.work(("trucks 2", order), 10, "olga", axles.0, &axles.1, false).await?;
        // More grips were fitted than the warehouse knows of: somebody has to count them.
        self.work(("trucks 2", order), 20, "tom", self.when.minutes_ago(50), &grips, false).await?;

        let benches = Planned {
            key: "benches 3",
            material: BENCH,
            quantity: 15,
            title: "Fire station West",
            due_in_days: 3,
            priority: 5,
        };
        let (created, released, paused) = (at(7, 14, 0), at(2, 6, 0), at(1, 11, 30));
        let saw = (at(1, 6, 30), [(at(1, 8, 10), 15, None)]);
        let laser = (at(1, 8, 30), [(at(1, 11, 25), 6, None)]);
        let order = self.order(benches, created, Some(released)).await?;
        self.work(("benches 3", order), 10, "tom", saw.0, &saw.1, true).await?;
        self.work(("benches 3", order), 20, "tom", laser.0, &laser.1, false).await?;
        self.press("benches 3 cut pause", "tom", at(1, 11, 26), self.pause(order, 20, "NOMAT")).await?;
        let reason = "waiting for sheets".to_owned();
        self.press("benches 3 pause", "samir", paused, Command::pause(order, reason)).await?;
        Ok(())
    }

    /// Orders that are on the floor or still on paper.
    async fn waiting(&self) -> Result<(), SampleError> {
        let orders = [
            ("benches 4", BENCH, 20, "Building center Nord", -1, 1, 9, Some(3)),
            ("trucks 3", TRUCK, 40, "Building center Süd", 5, 3, 5, Some(1)),
            ("frames 3", FRAME, 50, "Frames for December", 6, 5, 5, Some(1)),
            ("frames 4", FRAME, 80, "Frames for stock", 10, 5, 3, None),
            ("trucks 4", TRUCK, 60, "Christmas business", 12, 5, 2, None),
        ];
        for (key, material, quantity, title, due_in_days, priority, created, released) in orders {
            let planned = Planned { key, material, quantity, title, due_in_days, priority };
            let created_at = self.when.ago(created, 8, 45);
            let released_at = released.map(|days| self.when.ago(days, 6, 15));
            self.order(planned, created_at, released_at).await?;
        }
        Ok(())
    }
}
