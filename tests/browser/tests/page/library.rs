//! The library of scenarios: searched, filtered, opened from the list and by its address, and with files that do not come.

use browser_tests::prelude::*;

use crate::steps::click_words;

const LOSS: &str = "Asynchronous failover loses the newest writes";

/// The titles that are shown, as a piece of JavaScript.
const TITLES: &str =
    "[...document.querySelectorAll('.library .choice')].map(e => e.querySelector('strong').textContent)";

async fn open_library(lab: &Lab) -> WebDriverResult<()> {
    click_words(lab, ".header .button", "Scenarios").await?;
    lab.until("the library is there", &format!("return {TITLES}.length > 40")).await
}

#[test]
fn the_library_is_searched_filtered_and_opened_by_keyboard() {
    run("the_library_is_searched_filtered_and_opened_by_keyboard", async |lab| {
        lab.open("").await?;
        open_library(lab).await?;
        let search = lab.find(".library input[type=search]").await?;
        search.send_keys("ACKNOWLEDGING newest").await?;
        lab.until("one is left", &format!("return JSON.stringify({TITLES}) === '[\"{LOSS}\"]'")).await?;
        // What was typed is still there when the list comes back, and so is what it finds.
        lab.find(".dialog-head .button").await?.click().await?;
        lab.until("the list is gone", "return !document.querySelector('dialog[open]')").await?;
        click_words(lab, ".header .button", "Scenarios").await?;
        lab.until("it is found again", &format!("return JSON.stringify({TITLES}) === '[\"{LOSS}\"]'")).await?;
        let search = lab.find(".library input[type=search]").await?;
        search.clear().await?;
        search.send_keys("failover").await?;
        crate::steps::choose(lab, ".library-filters label:nth-of-type(2) select", "MySQL").await?;
        lab.until(
            "only MySQL's are left",
            "const f = [...document.querySelectorAll('.library-flavor')].map(e => e.textContent);
             return f.length > 1 && f.every(f => f === 'MySQL')",
        )
        .await?;
        search.send_keys(" xyzzy").await?;
        lab.until_text(".library [role=status]", "Nothing").await?;
        crate::steps::choose(lab, ".library-filters label:nth-of-type(2) select", "All").await?;
        search.clear().await?;
        search.send_keys("acknowledging newest").await?;
        lab.until("one is left", &format!("return {TITLES}.length === 1")).await?;
        search.send_keys(Key::Down).await?;
        lab.until("the focus is in the list", "return document.activeElement.matches('.choice')").await?;
        crate::steps::press(lab, Key::Enter).await?;
        lab.until_text(".subject", LOSS).await?;
        lab.until("the list is gone", "return !document.querySelector('dialog[open]')").await?;
        // What runs is marked in the list.
        open_library(lab).await?;
        lab.until(
            "it is marked",
            "const c = document.querySelectorAll('.choice[aria-current=true]');
             return c.length === 1 && c[0].textContent.startsWith('Asynchronous failover')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn an_address_opens_a_scenario_and_no_other_file() {
    run("an_address_opens_a_scenario_and_no_other_file", async |lab| {
        lab.open("#scenario=asynchronous-loss").await?;
        lab.until_text(".subject", LOSS).await?;
        for (name, says) in [
            ("no-such-thing", "no scenario \"no-such-thing\""),
            ("..%2Flibrary", "names no scenario"),
            ("../../evil", "names no scenario"),
            ("<b>x</b>", "names no scenario"),
        ] {
            lab.js(&format!("location.hash = {}", json!(format!("scenario={name}")))).await?;
            lab.until_text(".notice[role=alert]", says).await?;
            lab.until_text(".subject", LOSS).await?;
            click_words(lab, ".notice .button", "Close").await?;
            lab.until("the message is gone", "return !document.querySelector('.notice') && !location.hash").await?;
        }
        lab.js("location.hash = 'scenario=mysql-failover'").await?;
        lab.until_text(".subject", "MySQL: the relay log").await?;
        // Another choice takes it out of the address: a reload shows no other run than the one that was there.
        crate::steps::scenario(lab, "One primary, two replicas").await?;
        lab.until("the address names nothing", "return !location.hash").await?;
        Ok(())
    });
}

#[test]
fn a_file_that_does_not_come_can_be_asked_for_again() {
    run("a_file_that_does_not_come_can_be_asked_for_again", async |lab| {
        let block =
            async |urls: serde_json::Value| lab.devtools("Network.setBlockedURLs", json!({ "urls": urls })).await;
        lab.open("").await?;
        lab.devtools("Network.enable", json!({})).await?;
        block(json!(["*library.json"])).await?;
        click_words(lab, ".header .button", "Scenarios").await?;
        lab.until_text(".library-error[role=alert]", "library.json").await?;
        // The page's own laboratories need no file.
        lab.until("they are there", &format!("return {TITLES}.length === 2")).await?;
        lab.find(".library input[type=search]").await?.send_keys("acknowledging newest").await?;
        block(json!(["*asynchronous-loss.toml"])).await?;
        click_words(lab, ".library-error .button", "Try again").await?;
        let kept = "document.querySelector('.library input').value === 'acknowledging newest'";
        lab.until("it came, and what was typed stayed", &format!("return {TITLES}.length === 1 && {kept}")).await?;
        lab.find(".library .choice").await?.click().await?;
        lab.until_text("li .library-error[role=alert]", "asynchronous-loss.toml").await?;
        block(json!([])).await?;
        click_words(lab, ".library-error .button", "Try again").await?;
        lab.until_text(".subject", LOSS).await?;
        Ok(())
    });
}
