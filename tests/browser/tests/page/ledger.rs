//! The ledger, and what the judges found.

use browser_tests::prelude::*;

use crate::steps::*;

/// How many writes are listed.
const LISTED: &str = "document.querySelectorAll('.ledger-list tbody tr').length";

async fn filter(lab: &Lab, words: &str) -> WebDriverResult<()> {
    click_words(lab, ".ledger .chip", words).await
}

#[test]
fn every_write_has_its_stations_and_its_fate() {
    run("every_write_has_its_stations_and_its_fate", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Ledger").await?;
        lab.until("writes are listed", &format!("return {LISTED} > 3")).await?;
        // So that the list stands still while it is used.
        focus(lab, "main").await?;
        press(lab, ' ').await?;
        lab.find("button[aria-label='Play']").await?;
        // By keyboard: to the newest write, two further down, and open it.
        focus(lab, ".ledger-pick").await?;
        press(lab, Key::Down).await?;
        press(lab, Key::Down).await?;
        let third = "document.querySelectorAll('.ledger-pick')[2]";
        lab.until("the third has the focus", &format!("return document.activeElement === {third}")).await?;
        press(lab, Key::Enter).await?;
        lab.until("it is chosen", &format!("return {third}.getAttribute('aria-pressed') === 'true'")).await?;
        let stations = "[...document.querySelectorAll('.ledger-way tbody th')].map(e => e.textContent)";
        lab.until(
            "its way is told",
            &format!(
                "const s = {stations}; return ['submitted', 'executed', 'logged', 'flushed'].every(w => s.includes(w))"
            ),
        )
        .await?;
        // Times never go back.
        lab.until(
            "the stations stand in their order",
            "const t = [...document.querySelectorAll('.ledger-way tbody tr')].map(r => r.children[2].textContent);
             return t.length > 4 && t.every((x, i) => i === 0 || t[i - 1] <= x)",
        )
        .await?;
        filter(lab, "Lost").await?;
        lab.until(
            "nothing is lost",
            "return document.querySelector('.ledger .empty')?.textContent.startsWith('There are no')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_failover_fills_the_filter_of_lost_writes() {
    run("a_failover_fills_the_filter_of_lost_writes", async |lab| {
        open(lab).await?;
        scenario(lab, "Asynchronous failover loses the newest writes").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Ledger").await?;
        filter(lab, "Lost").await?;
        lab.until("writes are lost", &format!("return {LISTED} > 10")).await?;
        assert_eq!(
            lab.js("return [...new Set([...document.querySelectorAll('.fate')].map(e => e.textContent))]").await?,
            json!(["lost"])
        );
        // As many as the header says.
        lab.until(
            "the header says the same",
            &format!("return document.querySelector('.tally .is-trouble').textContent === {LISTED} + ' lost'"),
        )
        .await?;
        lab.find(".history .is-finding").await?;
        click_words(lab, "[role=tab]", "Findings").await?;
        lab.until(
            "a lost write is explained",
            "return [...document.querySelectorAll('.finding')].some(e => e.textContent.includes('was acknowledged at'))",
        )
        .await?;
        // A finding leads to the event that proves it.
        lab.js("document.querySelector('.finding').click()").await?;
        lab.find(".event.is-shown, .shown-event").await?;
        lab.until(
            "the events are shown",
            "return document.querySelector('[role=tab][aria-selected=true]').textContent === 'Events'",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_session_misses_its_own_write_and_with_each_remedy_none_does() {
    run("a_session_misses_its_own_write_and_with_each_remedy_none_does", async |lab| {
        open(lab).await?;
        let kinds = "[...document.querySelectorAll('.findings .chip')].map(e => e.textContent)";
        scenario(lab, "A read misses its own session's write").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Findings").await?;
        lab.until("a session missed its write", &format!("return {kinds}.some(k => k.startsWith('Read your writes'))"))
            .await?;
        for remedy in [
            "A window on the primary hides the lag while it is long enough",
            "A session that has written stays on the primary",
            "A read waits on the replica for its session's last write",
        ] {
            scenario(lab, remedy).await?;
            pace(lab, "1 s").await?;
            click_words(lab, "[role=tab]", "Findings").await?;
            // The other run stood at a later instant than its first seconds.
            lab.until("the run began", "return document.querySelector('.clock').textContent < '00:03'").await?;
            lab.until("five seconds are over", "return document.querySelector('.clock').textContent >= '00:05'")
                .await?;
            let found = lab.js(&format!("return {kinds}")).await?;
            let of_sessions =
                |kind: &serde_json::Value| kind.as_str().is_some_and(|kind| kind.starts_with("Read your"));
            assert!(!found.as_array().is_some_and(|kinds| kinds.iter().any(of_sessions)), "{remedy}: {found}");
        }
        Ok(())
    });
}
