//! Lists: keyset pages `{items, next}`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiError;

const LIMIT: u16 = 50;
const LIMIT_MAX: u16 = 200;

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// `after` of the request for the next part; none when this is the last.
    pub next: Option<String>,
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// `next` of the part before.
    after: Option<String>,
    /// How many, 1 to 200; 50 when it is not said.
    limit: Option<u16>,
}

impl Part {
    pub(super) fn limit(&self) -> i64 {
        self.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX).into()
    }

    /// The key of the last item of the part before.
    pub(super) fn after(&self) -> Result<Option<String>, ApiError> {
        let Some(cursor) = &self.after else { return Ok(None) };
        let key = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|key| String::from_utf8(key).ok());
        key.map(Some).ok_or_else(bad_cursor)
    }

    /// The key, where it is an id or the like.
    pub(super) fn after_parsed<K: std::str::FromStr>(&self) -> Result<Option<K>, ApiError> {
        self.after()?.map(|key| key.parse().map_err(|_| bad_cursor())).transpose()
    }

    /// The page of what was read with `limit() + 1`: one more than asked for shows that there is
    /// more.
    pub(super) fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> String,
        item: impl FnMut(R) -> T,
    ) -> Page<T> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Page { items: rows.into_iter().map(item).collect(), next }
    }
}

fn bad_cursor() -> ApiError {
    ApiError::new(axum::http::StatusCode::BAD_REQUEST, "invalid_query", "\"after\" is not from this list")
}
