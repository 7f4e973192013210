//! The diagram of messages, and following one write through it.

use browser_tests::prelude::*;

use crate::steps::*;

const ROWS: &str = "[...document.querySelectorAll('.sequence-row')]";

/// Stops time.
async fn stop(lab: &Lab) -> WebDriverResult<()> {
    lab.js("document.querySelector(\"button[aria-label='Pause']\")?.click()").await?;
    lab.find("button[aria-label='Play']").await?;
    Ok(())
}

/// Follows the newest write of the ledger that has its verdict.
async fn follow_one(lab: &Lab) -> WebDriverResult<()> {
    click_words(lab, "[role=tab]", "Ledger").await?;
    lab.until(
        "a finished write can be followed",
        "const rows = [...document.querySelectorAll('.ledger-list tbody tr')].slice(4);
         const one = rows.find(r => r.querySelector('.fate').textContent === 'survived');
         one?.querySelector('.ledger-follow').click();
         return !!one",
    )
    .await?;
    lab.find(".sequence .follow-chip").await?;
    Ok(())
}

/// How many pixels of the diagram are clearly of a colour. It is drawn beside the page, and so a little later.
fn pixels(property: &str) -> String {
    format!(
        "(() => {{
             const c = document.querySelector('.sequence-plot canvas');
             const p = getComputedStyle(c).getPropertyValue('{property}').trim();
             const [r, g, b] = [1, 3, 5].map(i => parseInt(p.slice(i, i + 2), 16));
             const copy = new OffscreenCanvas(c.width, c.height).getContext('2d');
             copy.drawImage(c, 0, 0);
             const d = copy.getImageData(0, 0, c.width, c.height).data;
             let n = 0;
             for (let i = 0; i < d.length; i += 4) {{
                 if (d[i + 3] > 200 && Math.abs(d[i] - r) + Math.abs(d[i + 1] - g) + Math.abs(d[i + 2] - b) < 24) n += 1;
             }}
             return n
         }})()"
    )
}

#[test]
fn the_sequence_has_lanes_and_messages_and_follows_the_present() {
    run("the_sequence_has_lanes_and_messages_and_follows_the_present", async |lab| {
        open(lab).await?;
        // It is what the page shows first.
        assert_eq!(lab.text("[role=tab][aria-selected=true]").await?, "Sequence");
        let plot = "document.querySelector('.sequence-plot')";
        lab.until(
            "messages are in view",
            &format!("return /[1-9]\\d* messages? between 5 lanes/.test({plot}.ariaLabel)"),
        )
        .await?;
        pace(lab, "20 ms").await?;
        click_words(lab, ".sequence .chip", "List").await?;
        // Stopped in the very moment in which log is in view: at this pace there is not always some.
        lab.until(
            "log is listed",
            &format!(
                "const log = {ROWS}.some(r => r.textContent.includes('WAL'));
                 if (log) document.querySelector(\"button[aria-label='Pause']\").click();
                 return log"
            ),
        )
        .await?;
        lab.find("button[aria-label='Play']").await?;
        let log = pixels("--packet-log");
        lab.until("log is drawn", &format!("return {log} > 0")).await?;
        lab.until("the messages are listed", &format!("return {ROWS}.length > 3")).await?;
        // Without log: the list has none, and the canvas neither.
        lab.until("log is still listed", &format!("return {ROWS}.some(r => r.textContent.includes('WAL'))")).await?;
        let (with, lanes) =
            (lab.js(&format!("return {log}")).await?, lab.js(&format!("return {plot}.ariaLabel")).await?);
        click_words(lab, ".sequence-kinds .chip", "WAL").await?;
        lab.until("log is listed no more", &format!("return !{ROWS}.some(r => r.textContent.includes('WAL'))")).await?;
        lab.until("log is drawn no more", &format!("return {log} < {with}")).await?;
        // By keyboard: longer, and the present is out of it at the run's beginning.
        focus(lab, ".sequence-plot").await?;
        press(lab, '-').await?;
        lab.until("more time is in view", &format!("return {plot}.ariaLabel !== {lanes}")).await?;
        press(lab, Key::Home).await?;
        lab.until("the beginning is in view", &format!("return {plot}.ariaLabel.includes('from 00:00.000')")).await?;
        press(lab, 'f').await?;
        lab.until("the present is in view again", &format!("return !{plot}.ariaLabel.includes('from 00:00.000')"))
            .await?;
        Ok(())
    });
}

#[test]
fn a_write_is_followed_from_its_statement_to_the_last_acknowledgement() {
    run("a_write_is_followed_from_its_statement_to_the_last_acknowledgement", async |lab| {
        open(lab).await?;
        lab.until("writes are acknowledged", "return parseInt(document.querySelector('.tally').textContent) > 20")
            .await?;
        stop(lab).await?;
        follow_one(lab).await?;
        lab.until_text(".follow-chip", "Following kv").await?;
        let said = |words: &str| format!("{ROWS}.findIndex(r => r.textContent.includes({}))", json!(words));
        lab.until("the exchange is listed", &format!("return {ROWS}.length > 12")).await?;
        let order = format!(
            "return [{}, {}, {}, {}, {}, {}]",
            said("app sends a write"),
            said("proxy sends db1 a statement"),
            said("db1 sends db2 WAL"),
            said("db2 sends db1 its positions"),
            said("releases app's commit"),
            said("write is acknowledged")
        );
        let order: Vec<i64> = serde_json::from_value(lab.js(&order).await?).unwrap_or_default();
        assert!(order.len() == 6 && order[0] == 0 && order.windows(2).all(|pair| pair[0] < pair[1]), "{order:?}");
        for server in ["db2", "db3"] {
            let told = format!(
                "return {ROWS}.some(r => r.textContent.includes('{server} sends db1 its positions') && r.textContent.includes('it is flushed'))"
            );
            assert_eq!(lab.js(&told).await?, json!(true), "{server} has told that it is on disk");
        }
        // On the stage: it passed everybody.
        lab.until("the cards are marked", "return document.querySelectorAll('.card[data-passed]').length === 5")
            .await?;
        // Everything else is faint: what is left of the log's colour is this write's, and some of it is there.
        lab.until("its log is drawn", &format!("return {} > 50", pixels("--packet-log"))).await?;
        lab.js("document.querySelector('.sequence .follow-release').click()").await?;
        lab.until("it is let go", "return !document.querySelector('.follow-chip, .card[data-passed]')").await?;
        Ok(())
    });
}

#[test]
fn a_message_of_the_list_leads_to_its_instant() {
    run("a_message_of_the_list_leads_to_its_instant", async |lab| {
        open(lab).await?;
        lab.until("writes are acknowledged", "return parseInt(document.querySelector('.tally').textContent) > 20")
            .await?;
        stop(lab).await?;
        click_words(lab, ".sequence .chip", "List").await?;
        lab.until("messages are listed", &format!("return {ROWS}.length > 4")).await?;
        let at = lab
            .js(&format!("const r = {ROWS}[1]; const t = r.querySelector('time').textContent; r.click(); return t"))
            .await?;
        lab.until("the clock stands there", &format!("return document.querySelector('.clock').textContent === {at}"))
            .await?;
        lab.until_text(".rewound", "rewound by").await?;
        // What is recorded behind it is still there, and leads on.
        lab.until("the others are still listed", &format!("return {ROWS}.length > 4")).await?;
        Ok(())
    });
}

#[test]
fn the_sequence_is_saved_as_a_file_of_its_own() {
    run("the_sequence_is_saved_as_a_file_of_its_own", async |lab| {
        // What the page hands to the reader, as text.
        lab.before_scripts(
            "const make = URL.createObjectURL.bind(URL);
             URL.createObjectURL = blob => { blob.text().then(t => window.saved = t); return make(blob) };",
        )
        .await?;
        open(lab).await?;
        pace(lab, "20 ms").await?;
        lab.until("writes are acknowledged", "return parseInt(document.querySelector('.tally').textContent) > 20")
            .await?;
        stop(lab).await?;
        follow_one(lab).await?;
        // Before the diagram was drawn there is nothing to save.
        lab.until(
            "a file was saved with the messages in it",
            "[...document.querySelectorAll('.sequence .chip')].find(e => e.textContent.trim() === 'SVG').click();
             return window.saved?.includes('>WAL ')",
        )
        .await?;
        let found = lab
            .js("const d = new DOMParser().parseFromString(window.saved, 'image/svg+xml');
                 const texts = [...d.querySelectorAll('text')].map(e => e.textContent);
                 return [d.documentElement.nodeName, d.querySelectorAll('parsererror, script').length,
                     ['app', 'proxy', 'db1', 'db2', 'db3'].every(n => texts.includes(n)),
                     texts.some(t => t.startsWith('WAL ')), d.querySelectorAll('path').length > 5,
                     /var\\(|class=|style=/.test(window.saved)]")
            .await?;
        assert_eq!(found, json!(["svg", 0, true, true, true, false]));
        Ok(())
    });
}
