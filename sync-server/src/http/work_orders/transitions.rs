//! `POST /api/v1/plants/{plant}/work-orders/{order}/release` and the other ways from one state to
//! another. Each is one command.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use shared_model::command::Command;
use shared_model::ids::{PlantId, UserId, WorkOrderId};
use shared_model::policy::Action;
use utoipa::ToSchema;

use super::{WorkOrder, current};
use crate::app::App;
use crate::auth::Person;
use crate::http::commands::{Terms, execute};
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assignment {
    /// `null` takes the order away from whoever has it.
    #[schema(value_type = Option<Uuid>)]
    assignee_id: Option<UserId>,
}

type OrderPath = Path<(PlantId, WorkOrderId)>;

async fn change(
    app: &App,
    person: Person,
    (plant, order): (PlantId, WorkOrderId),
    action: Action,
    headers: &HeaderMap,
    command: Command,
) -> Result<Response, ApiError> {
    let mut tx = execute(app, person, plant, action, Terms::of(headers)?, command).await?.tx;
    current(&mut tx, StatusCode::OK, plant, order).await
}

/// Declares the handler of a transition. They differ in nothing but the command and its body.
macro_rules! transition {
    ($(#[$about:meta])* $name:ident at $path:literal as $operation:literal by $action:ident $(with $body:ident: $type:ty)?,
     |$order:ident| $command:expr) => {
        $(#[$about])*
        #[utoipa::path(post, path = $path, operation_id = $operation, tag = "work-orders",
            security(("person" = [])),
            params(("plant" = uuid::Uuid, Path), ("order" = uuid::Uuid, Path),
                ("Idempotency-Key" = Option<String>, Header, description = "A UUID"),
                ("If-Match" = Option<String>, Header, description = "Only on this version: the `ETag` that was read")),
            $(request_body = $type,)?
            responses(
                (status = 200, body = WorkOrder, headers(("ETag" = String))),
                (status = 401, body = Problem),
                (status = 403, body = Problem, description = "`not_permitted`"),
                (status = 404, body = Problem, description = "`unknown_order`, `unknown_plant`"),
                (status = 409, body = Problem, description = "`wrong_state` and other refusals"),
                (status = 412, body = Problem, description = "`changed_meanwhile`, with `changed_by` and `etag`"),
                (status = 422, body = Problem, description = "`reason_missing`, `malformed`"),
            ))]
        pub(super) async fn $name(
            State(app): State<App>,
            person: Person,
            Path(path): OrderPath,
            headers: HeaderMap,
            $(Json($body): Json<$type>,)?
        ) -> Result<Response, ApiError> {
            let $order = path.1;
            change(&app, person, path, Action::$action, &headers, $command).await
        }
    };
}

transition!(
    /// Gives the order to the floor, with the materials of the BOM that counts today.
    release at "/{order}/release" as "release_work_order" by DirectWork,
    |order| Command::release(order)
);
transition!(
    /// Gives the order to a person.
    assign at "/{order}/assign" as "assign_work_order" by DirectWork with body: Assignment,
    |order| Command::AssignWorkOrder { order, assignee: body.assignee_id, seen: None }
);
transition!(
    /// Interrupts work on the order.
    pause at "/{order}/pause" as "pause_work_order" by DirectWork with body: Why,
    |order| Command::pause(order, body.reason)
);
transition!(
    /// Goes on with a paused order.
    resume at "/{order}/resume" as "resume_work_order" by DirectWork,
    |order| Command::resume(order)
);
transition!(
    /// Gives the order up.
    cancel at "/{order}/cancel" as "cancel_work_order" by DirectWork with body: Why,
    |order| Command::cancel(order, body.reason)
);
transition!(
    /// Closes an order of which enough was made.
    complete at "/{order}/complete" as "complete_work_order" by PerformWork,
    |order| Command::complete(order)
);
transition!(
    /// Closes an order of which less was made than ordered.
    short_close at "/{order}/short-close" as "short_close_work_order" by DirectWork with body: Why,
    |order| Command::short_close(order, body.reason)
);
