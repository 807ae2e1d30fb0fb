//! What outlives a screen. One small context per file, provided in `app.rs`: its signals are private,
//! its methods are what may happen to it.

mod acts;
mod clock;
mod filters;
mod live;
mod panels;
mod session;
mod view;

pub use acts::{Acts, use_acts, use_acts_provider};
pub use clock::{Clock, use_clock, use_clock_provider};
pub use filters::{OrderFilter, StockFilter, use_filters_provider, use_order_filter, use_stock_filter};
pub use live::{Live, use_live, use_live_provider};
pub use panels::{Panel, Panels, use_panels, use_panels_provider};
pub use session::{Access, Sessions, use_access, use_sessions, use_sessions_provider};
pub use view::{Face, Pages, use_pages, use_view};
