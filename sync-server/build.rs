//! Compiles the crate again when a migration was added: the migrations are part of the binary.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-changed=sqlx.toml");
}
