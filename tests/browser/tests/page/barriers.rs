//! What axe-core finds on every view: nothing.

use browser_tests::prelude::*;

use crate::steps::*;

/// Sizes and themes that between them show every layout in light and dark.
const LOOKS: [(u32, u32, &str); 3] = [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "light")];

/// Holds a view against axe-core's rules, and names it if it breaks one.
pub async fn no_barrier(lab: &Lab, view: &str) -> TestResult {
    let found = lab.barriers().await?;
    if found.is_empty() { Ok(()) } else { Err(format!("{view}:\n{}", found.join("\n")).into()) }
}

#[test]
fn every_instrument_and_panel_is_without_barriers() {
    run("every_instrument_and_panel_is_without_barriers", async |lab| {
        for (width, height, theme) in LOOKS {
            lab.media(&[("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")]).await?;
            lab.viewport(width, height).await?;
            open(lab).await?;
            let look = format!("at {width} x {height}, {theme}");
            let tabs = lab.js("return [...document.querySelectorAll('[role=tab]')].map(tab => tab.id)").await?;
            let tabs: Vec<String> = serde_json::from_value(tabs)?;
            assert!(tabs.len() > 8, "tabs: {tabs:?}");
            for tab in tabs {
                lab.js(&format!("document.getElementById({}).click()", json!(tab))).await?;
                lab.until(
                    "it is shown",
                    &format!("return document.getElementById({}).ariaSelected === 'true'", json!(tab)),
                )
                .await?;
                no_barrier(lab, &format!("{tab} {look}")).await?;
            }
        }
        Ok(())
    });
}

#[test]
fn dialogs_and_menus_are_without_barriers() {
    run("dialogs_and_menus_are_without_barriers", async |lab| {
        for (width, height, theme) in LOOKS {
            lab.media(&[("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")]).await?;
            lab.viewport(width, height).await?;
            open(lab).await?;
            let openers = "[...document.querySelectorAll('.header [aria-haspopup=dialog]')]";
            let count = lab.js(&format!("return {openers}.length")).await?.as_u64().unwrap_or(0);
            assert!(count >= 3, "{count} dialogs");
            for i in 0..count {
                let name = lab.js(&format!("const b = {openers}[{i}]; b.click(); return b.textContent")).await?;
                lab.find("dialog[open]").await?;
                no_barrier(lab, &format!("dialog {name} at {width} x {height}, {theme}")).await?;
                press(lab, Key::Escape).await?;
                lab.until("it is closed", "return !document.querySelector('dialog[open]')").await?;
            }
            for who in ["db1,", "app,", "Link"] {
                focus(lab, &format!("[role=button][aria-label^='{who}']")).await?;
                press(lab, Key::Enter).await?;
                lab.find("[role=menu]").await?;
                no_barrier(lab, &format!("menu of {who} at {width} x {height}, {theme}")).await?;
                press(lab, Key::Escape).await?;
                lab.until("it is closed", "return !document.querySelector('[role=menu]')").await?;
            }
        }
        Ok(())
    });
}
