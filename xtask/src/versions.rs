//! The one place that names the versions of the tools this project installs.
//!
//! Not here, since other files already say it: the Rust release (`rust-version` in `Cargo.toml`) and
//! `wasm-bindgen-cli`, which must be of exactly the `wasm-bindgen` version in `Cargo.lock`
//! (see [`crate::setup::wasm_bindgen_version`]).

/// Trunk, which builds the page. 0.22 wants a newer Rust than our minimum.
pub const TRUNK: &str = "0.21.14";

/// The npm package `binaryen`, for its `wasm-opt`. `Trunk.toml` names the same release as `version_132`.
pub const BINARYEN: &str = "132.0.0";

/// How `wasm-opt --version` names [`BINARYEN`].
pub const WASM_OPT: &str = "132";

/// The npm package `axe-core`, which looks for what shuts people out of the page.
pub const AXE: &str = "4.14.1";

/// The target that the browser runs.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// mdBook, MkDocs: what some of `examples/` are built with. The others name their versions in `package.json`.
pub const MDBOOK: &str = "0.5.4";
/// See [`MDBOOK`].
pub const MKDOCS: &str = "1.6.1";
