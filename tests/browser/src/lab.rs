//! A browser with the laboratory in it, and what tests do with it again and again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// How long [`Lab::until`] and [`Lab::open`] wait before they give up. Generous, since CI machines are slow;
/// a test that passes never waits that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often they look.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One browser on one site.
pub struct Lab {
    /// Everything WebDriver can do: find, click, type, run JavaScript, speak the DevTools protocol.
    pub driver: WebDriver,
    site: String,
    name: String,
}

impl Lab {
    pub(crate) fn new(driver: WebDriver, site: String, name: &str) -> Self {
        Self { driver, site, name: name.to_string() }
    }

    /// Opens a path of the site (`""` is the laboratory itself) and waits until the application runs.
    pub async fn open(&self, path: &str) -> WebDriverResult<()> {
        self.goto(path).await?;
        self.until("the application runs", "return !document.getElementById('boot')").await
    }

    /// Opens a path of the site and waits for nothing but the document itself.
    pub async fn goto(&self, path: &str) -> WebDriverResult<()> {
        self.driver.goto(format!("{}/{path}", self.site)).await
    }

    /// The element that a CSS selector means, as soon as there is one.
    pub async fn find(&self, selector: &str) -> WebDriverResult<WebElement> {
        self.driver.query(By::Css(selector)).wait(PATIENCE, LOOK_EVERY).first().await
    }

    /// The text of the first element that a CSS selector means, as soon as there is one.
    pub async fn text(&self, selector: &str) -> WebDriverResult<String> {
        self.find(selector).await?.text().await
    }

    /// Runs JavaScript (with `return`) until it returns something true; `what` is for the error message.
    pub async fn until(&self, what: &str, script: &str) -> WebDriverResult<()> {
        let started = Instant::now();
        loop {
            let value = self.js(script).await?;
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(WebDriverError::Timeout(format!("waited {PATIENCE:?} until {what}")));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until an element's text contains a text.
    pub async fn until_text(&self, selector: &str, text: &str) -> WebDriverResult<()> {
        let (selector, text) = (json!(selector), json!(text));
        let script = format!("return !!document.querySelector({selector})?.textContent.includes({text})");
        self.until(&format!("{selector} says {text}"), &script).await
    }

    /// What a piece of JavaScript (with `return`) returns.
    pub async fn js(&self, script: &str) -> WebDriverResult<Value> {
        Ok(self.driver.execute(script, Vec::new()).await?.json().clone())
    }

    /// Makes the page so many CSS pixels wide and high; a phone (below 500 pixels) also has touch.
    pub async fn viewport(&self, width: u32, height: u32) -> WebDriverResult<()> {
        let phone = width < 500;
        // Not the window's size: a window cannot be as narrow as a phone.
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": phone })).await?;
        Ok(())
    }

    /// Sets a media feature as a system setting would: `("prefers-color-scheme", "dark")`,
    /// `("prefers-reduced-motion", "reduce")`. Each call replaces those of the call before.
    pub async fn media(&self, features: &[(&str, &str)]) -> WebDriverResult<()> {
        let features: Vec<Value> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await?;
        Ok(())
    }

    /// Runs JavaScript in every document from now on, before any script of its own.
    pub async fn before_scripts(&self, script: &str) -> WebDriverResult<()> {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await?;
        Ok(())
    }

    /// Any command of the Chrome DevTools protocol.
    pub async fn devtools(&self, method: &str, parameters: Value) -> WebDriverResult<Value> {
        self.driver.cdp().send_raw(method, parameters).await
    }

    /// What axe-core finds in the page as it is now: one line for each element that breaks a rule.
    pub async fn barriers(&self) -> WebDriverResult<Vec<String>> {
        if self.js("return !window.axe").await? == json!(true) {
            let script = std::fs::read_to_string(xtask::project::Project::of_sources().axe())?;
            self.js(&script).await?;
        }
        let found = self
            .driver
            .execute_async(
                "const done = arguments[0];
                 axe.run(document, { resultTypes: ['violations'] }).then(
                     ({ violations }) => done(violations.flatMap(rule => rule.nodes.map(node =>
                         `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary.replace(/\\s+/g, ' ')}`))),
                     error => done([`axe-core failed: ${error}`]))",
                Vec::new(),
            )
            .await?;
        found.convert()
    }

    /// The errors in the console since the last call: uncaught exceptions, `console.error`, failed requests and
    /// whatever the content security policy forbade. They are taken away, so that [`crate::run`] does not see them.
    pub async fn console_errors(&self) -> WebDriverResult<Vec<String>> {
        let entries = self.driver.browser_log().await?;
        Ok(entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect())
    }

    /// Writes `target/screenshots/LABEL.png` and returns where it is.
    pub async fn screenshot(&self, label: &str) -> WebDriverResult<PathBuf> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder)?;
        let path = folder.canonicalize()?.join(format!("{label}.png"));
        self.driver.screenshot(&path).await?;
        Ok(path)
    }

    /// The test's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
