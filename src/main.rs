//! The web application's entry. Trunk builds this for `wasm32-unknown-unknown`.

#[cfg(target_arch = "wasm32")]
fn main() {
    yew::set_custom_panic_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        replication_lab::ui::app::show_crash();
    }));
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"))
        .expect("index.html has an element with the id `app`");
    replication_lab::ui::app::start(root);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the web application's entry; serve it with `cargo xtask serve`.");
}
