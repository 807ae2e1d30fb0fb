//! The screens, one folder per area. A screen asks for one view model, hands plain values to
//! components, and sends commands.
//!
//! Browser stories find their way by `data-testid`. `{…}` is a value; `{order}` and `{material}` are
//! the numbers that people read, `{code}` the plant's own codes.
//!
//! | Where | `data-testid` |
//! |---|---|
//! | everywhere | `sync-pill` (`data-state` online, sending, offline, needs_you; `data-count`), `user-menu`, `menu-area-{area}`, `menu-settings`, `menu-station`, `menu-shortcuts`, `menu-sign-out`, `back`, `nav-orders`, `nav-orders-board`, `nav-stock`, `nav-exceptions`, `nav-work`, `nav-stations`, `toast`, `toast-undo`, `toast-close`, `sheet-close`, `dialog-confirm`, `dialog-cancel`, `dialog-typed` (the first also starts again what stopped), `stale`, `failed`, `failed-retry` |
//! | an app that is too old | `update-waits`, `update-now`, `needs-update`, `needs-update-why` |
//! | setup | `enroll-code`, `enroll-name`, `enroll-server` (desktop), `enroll-submit`, `sign-in-email`, `sign-in-password`, `sign-in-submit`, `setup-error`, `wiped`, `storage-problem`, `storage-retry` |
//! | stations | `station-{code}` |
//! | queue | `queue-row-{order}-{operation}`, `queue-empty`, `queue-more` |
//! | now card | `now-order`, `now-good`, `now-ordered`, `now-scrap` (figures, `data-value` plain), `now-running`, `now-start`, `now-report`, `now-finish`, `now-complete`, `now-pause`, `now-reason`, `report-row` (`data-voided`, `data-sync`), `report-undo`, `up-next-{order}-{operation}` |
//! | report sheet | `report-good`, `report-scrap`, `report-rework` (`data-value` plain), `report-more`, `report-lot`, `reason-{code}`, `reason-unknown`, `keypad-{digit}`, `keypad-decimal`, `keypad-backspace`, `keypad-clear`, `report-over`, `report-error`, `report-save` |
//! | pause, finish, undo | `reason-{code}`, `pause-note`, `pause-save`, `dialog-confirm`, `undo-reason` |
//! | sync panel | `sync-panel`, `sync-item` (`data-mark`, `data-code`), `sync-refusal`, `sync-decide`, `sync-send-now`, `sync-export`, `sync-last`, `sync-storage` |
//! | attention | `attention-empty`, `attention-row` (`data-code`), `attention-why`, `attention-meanwhile`, `attention-decides`, `attention-edit`, `attention-resend`, `attention-hand-over`, `attention-discard`, `hand-over-note` |
//! | orders | `orders-search`, `order-filter-{stage}`, `order-row-{order}`, `order-new`, `board-column-{stage}`, `board-card-{order}` |
//! | one order | `order-number`, `order-stage` (`data-stage`), `order-good`, `order-scrap`, `order-ordered` (`data-value` plain), `order-edit`, `order-assign`, `order-release`, `order-pause`, `order-resume`, `order-complete`, `order-short-close`, `order-cancel`, `tab-operations`, `tab-materials`, `tab-reports`, `tab-timeline`, `tab-unsent`, `order-contested` (`data-field`), `contested-before`, `contested-now`, `order-availability` (`data-light` green, yellow, red), `material-row-{material}`, `operation-row-{operation}`, `report-row`, `report-void` |
//! | order forms | `create-material-search`, `material-choice-{material}`, `create-quantity`, `create-due`, `create-priority`, `create-title`, `create-save`, `created-number`, `edit-…` alike, `assign-person`, `order-reason` |
//! | stock | `stock-search`, `stock-location`, `stock-row-{material}`, `stock-on-hand` (`data-value`), `stock-place`, `movement-row`, `stock-receive`, `stock-issue`, `stock-transfer`, `stock-adjust`, `move-amount`, `move-place`, `move-to`, `move-lot`, `move-reference`, `move-note`, `move-save` |
//! | exceptions | `exceptions-closed`, `exception-row`, `exception-close`, `exception-note`, `exception-release` |
//! | settings | `theme-{light, dark, contrast, system}`, `settings-large-text`, `settings-station`, `settings-storage`, `settings-version` |

mod attention;
#[cfg(any(test, debug_assertions, feature = "gallery"))]
pub mod canned;
mod exceptions;
mod face;
pub mod format;
mod home;
mod newer;
mod operator;
mod orders;
#[cfg(any(test, debug_assertions, feature = "gallery"))]
mod sample;
mod settings;
mod setup;
mod shell;
mod stock;
mod stopped;
mod sync;
#[cfg(test)]
mod tests;
pub mod words;

pub use attention::Attention;
pub use exceptions::Exceptions;
pub use home::{Home, NotFound};
pub use operator::{Now, Queue, Stations};
pub use orders::{Board, OrderOf, Orders};
pub use settings::Settings;
pub use shell::Shell;
pub use stock::{Stock, StockOf};
pub use stopped::Stopped;
