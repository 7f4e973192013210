//! The web application's entry. Trunk builds this for `wasm32-unknown-unknown`: one module for the page and for widgets,
//! which draws nothing until JavaScript calls what `replication_lab::embed` exports.

#[cfg(target_arch = "wasm32")]
fn main() {
    // The page's answer; widgets have one of their own.
    yew::set_custom_panic_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        replication_lab::ui::crash::show_crash();
    }));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the web application's entry; serve it with `cargo xtask serve`.");
}
