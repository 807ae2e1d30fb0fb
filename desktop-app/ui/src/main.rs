//! The wasm module of the screens.

fn main() {
    ui::launch();
}
