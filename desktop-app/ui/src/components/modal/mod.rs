//! What sheets and dialogs share: the browser's own modal `<dialog>`, which keeps focus inside, makes the
//! rest inert and gives focus back. Esc and the scrim close it.

mod component;

pub use component::Modal;
