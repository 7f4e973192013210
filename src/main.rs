//! The web application's entry. Trunk builds this for `wasm32-unknown-unknown`.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the web application's entry; serve it with `cargo xtask serve`.");
}
