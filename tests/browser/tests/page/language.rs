//! The page in German, and back.

use browser_tests::prelude::*;

const TAB: &str = ".instruments [role=tab][aria-selected=true]";

#[test]
fn the_address_and_the_switch_choose_the_language() {
    run("the_address_and_the_switch_choose_the_language", async |lab| {
        lab.open("?lang=de").await?;
        lab.until_text(".header", "Szenarien").await?;
        lab.find("html[lang=de] .rl[lang=de]").await?;
        // The region's names, what happens, and a menu's items, each from a part of its own.
        lab.until_text(".instruments [role=tablist]", "Ereignisse").await?;
        lab.until_text(".panel [role=tablist]", "Störungen").await?;
        lab.until_text(".legend", "Bestätigung").await?;
        lab.js("document.querySelector('.instruments [role=tab][id$=events]').click()").await?;
        lab.until_text(".event-list", "bestätigt").await?;
        // What runs, and what is chosen, stays.
        lab.js("document.querySelector('.instruments [role=tab]:nth-of-type(3)').click()").await?;
        let chosen = lab.js(&format!("return document.querySelector(\"{TAB}\").id")).await?;
        lab.find("textarea.sql").await?.clear().await?;
        lab.find("textarea.sql").await?.send_keys("SELECT 'typed'").await?;
        let clock = "return document.querySelector('.clock').textContent";
        let then = lab.js(clock).await?;
        lab.find("button.is-language[lang=en]").await?.click().await?;
        lab.until_text(".header", "Scenarios").await?;
        lab.find("html[lang=en] .rl[lang=en]").await?;
        lab.until("the focus stays in its place", "return document.activeElement.matches('.is-language')").await?;
        assert_eq!(lab.js(&format!("return document.querySelector(\"{TAB}\").id")).await?, chosen, "the instrument");
        assert_eq!(lab.js("return document.querySelector('textarea.sql').value").await?, json!("SELECT 'typed'"));
        let now = lab.js(clock).await?;
        assert!(now.as_str() >= then.as_str(), "the run went back from {then} to {now}");
        // It is remembered, and the address is above it.
        lab.open("").await?;
        lab.until_text(".header", "Scenarios").await?;
        lab.open("?lang=de").await?;
        lab.until_text(".header", "Szenarien").await?;
        Ok(())
    });
}

#[test]
fn the_browser_s_language_is_the_first_choice() {
    run("the_browser_s_language_is_the_first_choice", async |lab| {
        lab.before_scripts("Object.defineProperty(navigator, 'languages', { get: () => ['fr-FR', 'de-AT', 'en'] })")
            .await?;
        lab.open("").await?;
        lab.until_text(".header", "Szenarien").await?;
        lab.find(".rl[lang=de]").await?;
        Ok(())
    });
}

#[test]
fn a_language_that_cannot_be_had_leaves_english_and_says_why() {
    run("a_language_that_cannot_be_had_leaves_english_and_says_why", async |lab| {
        lab.devtools("Network.enable", json!({})).await?;
        lab.devtools("Network.setBlockedURLs", json!({ "urls": ["*text/de.txt"] })).await?;
        lab.open("?lang=de").await?;
        lab.until_text(".notice", "text/de.txt cannot be had").await?;
        lab.until_text(".header", "Scenarios").await?;
        lab.find(".rl[lang=en]").await?;
        lab.console_errors().await?;
        Ok(())
    });
}
