fn main() {
    // Naming the commands makes each need a permission in capabilities/.
    let manifest = tauri_build::AppManifest::new().commands(&["host_call"]);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes).expect("the window's context can be generated");
}
