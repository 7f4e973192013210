//! Starts what a test needs, runs it, and takes everything down again.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use xtask::static_site::StaticSite;

use crate::chromedriver::ChromeDriver;
use crate::{Folder, Lab, site};

/// What a test returns: any error fails it.
pub type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A test that takes longer is stuck.
const AT_MOST: Duration = Duration::from_secs(360);

/// Chromium without a window, without the sandbox (which root may not have), and without calling home.
const ARGUMENTS: [&str; 8] = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1440,900",
];

/// Runs a test in a browser of its own on the built page. `name` is the test's, for its screenshot.
pub fn run(name: &str, test: impl AsyncFnOnce(&Lab) -> TestResult) {
    run_on(site(), name, test);
}

/// As [`run`], on another site.
pub fn run_on(site: &StaticSite, name: &str, test: impl AsyncFnOnce(&Lab) -> TestResult) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an async runtime starts");
    runtime.block_on(async {
        let profile = Folder::new(name);
        let chromedriver = ChromeDriver::start();
        let driver = WebDriver::new(chromedriver.url(), capabilities(&profile).expect("Chromium's options are valid"))
            .await
            .unwrap_or_else(|error| panic!("cannot start Chromium: {error}"));
        let lab = Lab::new(driver.clone(), site.url(), name);

        let outcome = AssertUnwindSafe(tokio::time::timeout(AT_MOST, test(&lab))).catch_unwind().await;
        let failure = match &outcome {
            Ok(Ok(Ok(()))) => left_errors(&lab).await,
            Ok(Ok(Err(error))) => Some(error.to_string()),
            Ok(Err(_)) => Some(format!("it took longer than {AT_MOST:?}")),
            Err(_) => Some("it panicked".to_string()),
        };
        if failure.is_some() {
            report(&lab).await;
        }
        drop(lab);
        if let Err(error) = driver.quit().await {
            eprintln!("the browser did not quit: {error}");
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
        if let Some(failure) = failure {
            panic!("{name}: {failure}");
        }
    });
}

/// Errors in the console fail a test that did not ask for them.
async fn left_errors(lab: &Lab) -> Option<String> {
    match lab.console_errors().await {
        Ok(errors) if errors.is_empty() => None,
        Ok(errors) => Some(format!("errors in the console:\n{}", errors.join("\n"))),
        Err(error) => Some(format!("cannot read the console: {error}")),
    }
}

/// Leaves what helps to understand a failure.
async fn report(lab: &Lab) {
    match lab.screenshot(lab.name()).await {
        Ok(path) => eprintln!("screenshot: {}", path.display()),
        Err(error) => eprintln!("no screenshot: {error}"),
    }
    for entry in lab.driver.browser_log().await.unwrap_or_default() {
        eprintln!("console {}: {}", entry.level, entry.message);
    }
}

fn capabilities(profile: &Folder) -> WebDriverResult<thirtyfour::ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in ARGUMENTS {
        capabilities.add_arg(argument)?;
    }
    if std::env::var_os("LAB_SHOW_BROWSER").is_none() {
        capabilities.add_arg("--headless=new")?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}
