//! Help for end-to-end tests, which drive the built page in headless Chromium through WebDriver.
//!
//! A test is an ordinary `#[test]` in `tests/browser/tests/`:
//!
//! ```no_run
//! use browser_tests::prelude::*;
//!
//! #[test]
//! fn the_title_names_the_laboratory() {
//!     run("the_title_names_the_laboratory", async |lab| {
//!         lab.open("").await?;
//!         assert_eq!(lab.driver.title().await?, "Replication Lab");
//!         Ok(())
//!     });
//! }
//! ```
//!
//! [`run`] starts ChromeDriver and a browser of its own for each test, on free ports, and serves `dist/` under a strict
//! content security policy. A test that fails leaves `target/screenshots/NAME.png` and prints what the page logged; a
//! test that passes must not have left an error in the console (read them with [`Lab::console_errors`] if you expect any).
//!
//! `cargo xtask test --only browser NAME` sets up, builds the page, and runs the tests whose name contains `NAME`. With
//! `dist/` built, `cargo test -p browser-tests NAME` does too. To watch: `LAB_SHOW_BROWSER=1`.

mod chromedriver;
mod lab;
mod run;
mod site;

pub use lab::Lab;
pub use run::{TestResult, run, run_on};
pub use site::{Folder, dist, site};

/// What most tests want in scope.
pub mod prelude {
    pub use crate::{Lab, TestResult, run, run_on};
    pub use serde_json::json;
    pub use thirtyfour::prelude::*;
}
