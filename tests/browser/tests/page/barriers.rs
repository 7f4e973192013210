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

/// What people do to get to a view, and what shows that it is there.
struct View {
    name: &'static str,
    /// Behind the page's own address.
    address: &'static str,
    /// A script that leads there; it may have to wait for what it clicks on, and then says so by false.
    go: &'static str,
    there: &'static str,
}

const PRESS: &str = "const press = key => { document.activeElement?.blur();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })) };
    const click = selector => { const e = document.querySelector(selector); e?.click(); return !!e };
    const words = (selector, text) => { const e = [...document.querySelectorAll(selector)].find(e => e.textContent.trim() === text);
        e?.click(); return !!e };";

const VIEWS: [View; 12] = [
    View { name: "lessons", address: "", go: "return words('.header .button', 'Lessons')", there: ".lesson-row" },
    View { name: "a lesson", address: "#lesson=synchronous-or-asynchronous", go: "return true", there: ".lesson-ask" },
    View { name: "a later step", address: "#lesson=failover/4", go: "return true", there: ".lesson-note" },
    View {
        name: "help in a lesson",
        address: "#lesson=a-writes-journey/2",
        go: "return click('.lesson-gate .chip')",
        there: ".lesson-help",
    },
    View {
        name: "presenting with a lesson",
        address: "#lesson=failover",
        go: "if (!document.querySelector('.lesson h2')) return false; press('p'); return true",
        there: ".is-presenting .lesson",
    },
    View {
        name: "glossary",
        address: "",
        go: "return words('dialog .button', 'Glossary') || (words('.header .button', 'Help'), false)",
        there: ".glossary",
    },
    View { name: "presenting", address: "", go: "press('p'); return true", there: ".is-presenting" },
    View {
        name: "blank",
        address: "",
        go: "if (!window.asked) press('p'); window.asked = true;
             if (!document.querySelector('.is-presenting')) return false; press('b'); return true",
        there: ".presenter-blank",
    },
    View { name: "about a scenario", address: "#scenario=one-commit", go: "return true", there: ".about" },
    View {
        name: "a task that was tried",
        address: "#scenario=mysql-no-silent-fall-back",
        go: "return words('.task .button', 'Check my answer')",
        there: ".task .outcome",
    },
    View {
        name: "the author's form",
        address: "",
        go: "return words('.header .button', 'Author')",
        there: ".author-form",
    },
    View {
        name: "the author's text",
        address: "",
        go: "return words('.author [role=tab]', 'As text') || (words('.header .button', 'Author'), false)",
        there: ".editor textarea",
    },
];

#[test]
fn what_teaches_is_without_barriers() {
    run("what_teaches_is_without_barriers", async |lab| {
        // Each view in one look, and each look with several views: all with all takes minutes.
        for (view, (width, height, theme)) in VIEWS.iter().zip(LOOKS.into_iter().cycle()) {
            lab.media(&[("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")]).await?;
            lab.viewport(width, height).await?;
            // A page that only another fragment is asked of goes on as it is.
            lab.driver.goto("about:blank").await?;
            lab.open(&format!("?lang=en{}", view.address)).await?;
            lab.find(".header").await?;
            lab.until(&format!("the way to {}", view.name), &format!("{PRESS} {}", view.go)).await?;
            lab.find(view.there).await?;
            no_barrier(lab, &format!("{} at {width} x {height}, {theme}", view.name)).await?;
        }
        Ok(())
    });
}
