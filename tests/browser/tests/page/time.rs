//! The time machine: back and forth, another branch, two runs side by side, the stage as a file.

use browser_tests::prelude::*;

use crate::steps::*;

const CLOCK: &str = "document.querySelector('.clock').textContent";
const TALLY: &str = "document.querySelector('.tally').textContent";

/// Stops time.
async fn stop(lab: &Lab) -> WebDriverResult<()> {
    lab.js("document.querySelector(\"button[aria-label='Pause']\")?.click()").await?;
    lab.find("button[aria-label='Play']").await?;
    Ok(())
}

/// Pulls the handle of the time line to a thousandth of it.
async fn pull(lab: &Lab, to: u32) -> WebDriverResult<()> {
    lab.js(&format!(
        "const h = document.querySelector('.handle');
         h.value = {to};
         h.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    ))
    .await?;
    Ok(())
}

#[test]
fn back_and_forth_is_the_same_run() {
    run("back_and_forth_is_the_same_run", async |lab| {
        open(lab).await?;
        lab.until("some time has passed", &format!("return {CLOCK} > '00:03'")).await?;
        stop(lab).await?;
        let (clock, tally) = (lab.js(&format!("return {CLOCK}")).await?, lab.js(&format!("return {TALLY}")).await?);
        pull(lab, 300).await?;
        lab.until("it is earlier", &format!("return {CLOCK} < '00:02'")).await?;
        lab.until("fewer writes are counted", &format!("return {TALLY} !== {tally}")).await?;
        lab.until_text(".rewound", "rewound by").await?;
        focus(lab, "main").await?;
        press(lab, 'g').await?;
        lab.until("the end is as it was", &format!("return {CLOCK} === {clock} && {TALLY} === {tally}")).await?;
        assert_eq!(lab.js("return !!document.querySelector('.rewound')").await?, json!(false));
        // One event back and on again: there, and back.
        press(lab, ',').await?;
        lab.until("an event earlier", &format!("return {CLOCK} < {clock}")).await?;
        press(lab, ',').await?;
        let before = lab.js(&format!("return {CLOCK}")).await?;
        press(lab, ',').await?;
        lab.until("another one", &format!("return {CLOCK} < {before}")).await?;
        press(lab, '.').await?;
        lab.until("on again to where it was", &format!("return {CLOCK} === {before}")).await?;
        // Looking begins no branch.
        assert_eq!(lab.js("return !!document.querySelector('.branch-button')").await?, json!(false));
        Ok(())
    });
}

#[test]
fn steps_lead_to_what_is_chosen_and_say_when_there_is_none() {
    run("steps_lead_to_what_is_chosen_and_say_when_there_is_none", async |lab| {
        open(lab).await?;
        scenario(lab, "Asynchronous failover loses the newest writes").await?;
        stop(lab).await?;
        choose(lab, "select[aria-label='What a step leads to']", "promotion").await?;
        focus(lab, "main").await?;
        // The first is the primary at the beginning; the next is db2's.
        press(lab, ']').await?;
        until_role(lab, "db2", "PRIMARY").await?;
        press(lab, ']').await?;
        lab.until_text(".notice", "No promotion comes").await?;
        until_role(lab, "db2", "PRIMARY").await?;
        choose(lab, "select[aria-label='What a step leads to']", "commit").await?;
        focus(lab, "main").await?;
        press(lab, '[').await?;
        until_role(lab, "db1", "PRIMARY").await?;
        Ok(())
    });
}

#[test]
fn acting_in_the_past_begins_a_branch_and_keeps_the_other() {
    run("acting_in_the_past_begins_a_branch_and_keeps_the_other", async |lab| {
        open(lab).await?;
        lab.until("some time has passed", &format!("return {CLOCK} > '00:03'")).await?;
        stop(lab).await?;
        let (clock, tally) = (lab.js(&format!("return {CLOCK}")).await?, lab.js(&format!("return {TALLY}")).await?);
        pull(lab, 700).await?;
        lab.find(".rewound").await?;
        act(lab, "db3,", "Crash").await?;
        until_role(lab, "db3", "DOWN").await?;
        lab.until_text(".branch-button", "of 2 branches").await?;
        lab.find("button[aria-label='Play']").await?.click().await?;
        lab.until("it goes on there", &format!("return {CLOCK} > {clock}")).await?;
        stop(lab).await?;
        lab.find(".branch-button").await?.click().await?;
        lab.until_text(".branches", "crash = \"db3\"").await?;
        lab.until_text(".reports", "Writes acknowledged").await?;
        lab.js("const n = document.querySelectorAll('.branch-name')[1];
             n.value = 'without <b>db3</b>';
             n.dispatchEvent(new Event('change', { bubbles: true }))")
            .await?;
        click_words(lab, ".branch .button", "Go to its end").await?;
        lab.until("the run as it was", &format!("return {CLOCK} === {clock} && {TALLY} === {tally}")).await?;
        lab.find(".card:has([aria-label^='db3,']) .card-role").await?;
        lab.until(
            "db3 is there",
            "return ![...document.querySelectorAll('.card-role')].some(e => e.textContent === 'DOWN')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn two_runs_side_by_side_stand_at_one_instant() {
    run("two_runs_side_by_side_stand_at_one_instant", async |lab| {
        open(lab).await?;
        click_words(lab, ".header .button", "Compare").await?;
        // What cannot be changed is said, with what can.
        lab.find(".compare-key input").await?.send_keys("settings.synchronous_comit=off").await?;
        click_words(lab, ".compare-key .button", "Compare").await?;
        lab.until_text("dialog [role=alert]", "synchronous_commit").await?;
        lab.until(
            "the asynchronous run is offered",
            "const c = [...document.querySelectorAll('.choice')].find(e => e.textContent.startsWith('Asynchronous'));
             c?.click();
             return !!c",
        )
        .await?;
        lab.until("there are two stages", "return document.querySelectorAll('.stages .board').length === 2").await?;
        let roles = "[...document.querySelectorAll('.stages .board')].map(b =>
            [...b.querySelectorAll('.card.is-node')].find(c => c.querySelector('.card-name').textContent === 'db2')
                ?.querySelector('.card-role').textContent)";
        lab.until("db2 counts in one of them", &format!("return JSON.stringify({roles}) === '[\"SYNC\",\"ASYNC\"]'"))
            .await?;
        lab.until_text(".twin-found", "First difference").await?;
        // What is done is done to both.
        act(lab, "db3,", "Crash").await?;
        let down = "[...document.querySelectorAll('.stages .board')].every(b =>
            [...b.querySelectorAll('.card-role')].some(e => e.textContent === 'DOWN'))";
        lab.until("db3 is down in both", &format!("return {down}")).await?;
        stop(lab).await?;
        click_words(lab, ".twin-bar .button", "Reports").await?;
        lab.until(
            "synchronous commits take longer",
            "const row = [...document.querySelectorAll('.reports tr')].find(r => r.textContent.startsWith('Commit latency, median'));
             const [a, b] = [...(row?.querySelectorAll('td') ?? [])].map(e => parseFloat(e.textContent));
             return a > b",
        )
        .await?;
        lab.js("document.querySelector('dialog[open] [aria-label=Close]').click()").await?;
        // Both go back.
        pull(lab, 200).await?;
        lab.until("db3 is up in both", &format!("return !{down} && {CLOCK} < '00:02'")).await?;
        click_words(lab, ".twin-bar .button", "End comparison").await?;
        lab.until("one is left", "return document.querySelectorAll('.board').length === 1").await?;
        Ok(())
    });
}

#[test]
fn the_stage_can_be_saved_as_a_picture() {
    run("the_stage_can_be_saved_as_a_picture", async |lab| {
        open(lab).await?;
        lab.js("window.saved = null;
             const make = URL.createObjectURL;
             URL.createObjectURL = blob => { blob.text().then(t => window.saved = t); return make.call(URL, blob) }")
            .await?;
        click_words(lab, ".legend-switch", "SVG").await?;
        lab.until("the file is there", "return window.saved !== null").await?;
        lab.until(
            "it is a picture of its own",
            "const d = new DOMParser().parseFromString(window.saved, 'image/svg+xml');
             return !d.querySelector('parsererror') && d.documentElement.localName === 'svg'
                 && ['db1', 'db2', 'db3', 'proxy'].every(n => d.documentElement.textContent.includes(n))
                 && !window.saved.includes('class=') && d.querySelector('text').hasAttribute('font-family')",
        )
        .await?;
        Ok(())
    });
}

/// More events and writes in a few seconds than are kept as they are.
const BUSY: &str = r#"title = "Past its limits"
duration = "60s"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[client]]
name = "app"
writes_per_second = 4000
keys = 20
"#;

/// A ledger has the newest 16,384 writes one by one, a trace is kept for 130,000 events, the list of events for 3,000.
#[test]
fn a_run_past_what_is_kept_says_so_and_goes_back_to_its_beginning() {
    run("a_run_past_what_is_kept_says_so_and_goes_back_to_its_beginning", async |lab| {
        open(lab).await?;
        let text = json!(BUSY);
        lab.js(&format!(
            "const data = new DataTransfer();
             data.items.add(new File([{text}], 'busy.toml'));
             for (const kind of ['dragover', 'drop'])
                 document.body.dispatchEvent(new DragEvent(kind, {{ dataTransfer: data, bubbles: true, cancelable: true }}));"
        ))
        .await?;
        lab.until_text(".subject", "Past its limits").await?;
        pace(lab, "10 s").await?;
        lab.js("document.querySelector(\"button[aria-label='Play']\")?.click()").await?;
        // As long as the machine takes for them: what fails is a run that stands still.
        for written in (1..=18).map(|thousands| thousands * 1_000) {
            lab.until(&format!("{written} writes"), &format!("return parseInt({TALLY}) >= {written}")).await?;
        }
        stop(lab).await?;
        let (clock, tally) = (lab.js(&format!("return {CLOCK}")).await?, lab.js(&format!("return {TALLY}")).await?);
        click_words(lab, "[role=tab]", "Ledger").await?;
        lab.until_text(".ledger-count", "older ones are counted and no longer listed").await?;
        click_words(lab, "[role=tab]", "Events").await?;
        lab.until_text(".events .filters", "go back in time").await?;
        // What happened once, at the beginning, is not told as what has never happened.
        for kind in ["Writes", "Replication"] {
            click_words(lab, ".events .filters .chip", kind).await?;
        }
        lab.until_text(".events .empty", "None of the newest").await?;
        // The line's left end is the run's beginning, not the oldest of what is kept.
        pull(lab, 0).await?;
        lab.until("it is the beginning", &format!("return {CLOCK}.startsWith('00:00.000') && parseInt({TALLY}) === 0"))
            .await?;
        pull(lab, 10).await?;
        lab.until("it is shortly after", &format!("return {CLOCK}.startsWith('00:00.0') && parseInt({TALLY}) > 0"))
            .await?;
        for kind in ["Writes", "Replication"] {
            click_words(lab, ".events .filters .chip", kind).await?;
        }
        lab.until(
            "its events are told",
            "return /^00:00[.,]0/.test(document.querySelector('.event time')?.textContent)",
        )
        .await?;
        click_words(lab, "[role=tab]", "Ledger").await?;
        lab.until(
            "no write is missing from its list",
            "return /^the newest 100 of \\d+$/.test(document.querySelector('.ledger-count')?.textContent)",
        )
        .await?;
        focus(lab, "main").await?;
        press(lab, 'g').await?;
        lab.until("the end is as it was", &format!("return {CLOCK} === {clock} && {TALLY} === {tally}")).await?;
        // And the past can still be another.
        pull(lab, 10).await?;
        lab.find(".rewound").await?;
        act(lab, "db2,", "Crash").await?;
        until_role(lab, "db2", "DOWN").await?;
        lab.until_text(".branch-button", "of 2 branches").await?;
        Ok(())
    });
}
