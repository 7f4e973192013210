//! Every scenario shows in the browser's WebAssembly what it says that it shows.
//!
//! The scenarios are part of this test's program; `tests/data/scenario-table.rs` lists them. When one was added,
//! `BLESS=1 cargo test --test wasm_scenarios` writes the list anew, natively.

/// Lists all scenarios, and makes a test of each of them.
macro_rules! scenarios {
    ($($name:ident = $file:literal,)*) => {
        /// The files, in their order.
        #[cfg(not(target_arch = "wasm32"))]
        const FILES: &[&str] = &[$($file),*];

        $(
            #[cfg(target_arch = "wasm32")]
            #[wasm_bindgen_test::wasm_bindgen_test]
            fn $name() {
                browser::check($file, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/", $file)));
            }
        )*
    };
}

include!("data/scenario-table.rs");

#[cfg(target_arch = "wasm32")]
mod browser {
    use replication_lab::engine::time::SimTime;
    use replication_lab::scenario::{Format, Scenario, Trial};

    /// Runs a scenario to its end, holds all that it expects, and says how long it took.
    pub fn check(file: &str, text: &str) {
        let began = js_sys::Date::now();
        let scenario = Scenario::parse(text, Format::Toml, file).unwrap_or_else(|problems| panic!("{problems}"));
        let trial = Trial::of(&scenario, SimTime(scenario.duration_us), ()).unwrap_or_else(|e| panic!("{file}: {e:?}"));
        let all = trial.report.expectations.len();
        assert!(all > 0 && all == scenario.expect.len(), "{file}: {all} of {} expectations", scenario.expect.len());
        let failed = trial.report.expectations.iter().filter(|one| one.held != Some(true));
        let broken: Vec<String> = failed.map(|one| format!("{} is {}", one.that, one.actual)).collect();
        assert!(broken.is_empty(), "{file}: {}", broken.join("\n"));
        wasm_bindgen_test::console_log!("{file}: {all} expectations held, {:.0} ms", js_sys::Date::now() - began);
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_table_lists_every_scenario() {
    use std::path::Path;

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<String> = std::fs::read_dir(root.join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    files.sort();
    if std::env::var_os("BLESS").is_some() {
        let name = |file: &str| file.trim_end_matches(".toml").replace('-', "_");
        let lines: String = files.iter().map(|file| format!("    {} = {file:?},\n", name(file))).collect();
        std::fs::write(root.join("tests/data/scenario-table.rs"), format!("scenarios! {{\n{lines}}}\n")).unwrap();
        return;
    }
    assert_eq!(FILES, files, "BLESS=1 cargo test --test wasm_scenarios writes the list anew");
}
