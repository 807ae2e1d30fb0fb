//! The browser's worker that owns the replica. The page starts it and speaks to it in JSON.

fn main() {
    #[cfg(target_arch = "wasm32")]
    replica::web::start();
    // Elsewhere the replica is `native`; this keeps the workspace in one piece.
}
