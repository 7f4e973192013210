//! Lag, logs, events and findings: what they show of a run, and how they lead to its instants.

use browser_tests::prelude::*;

use crate::steps::*;

/// What the line below the chart says of a server, in milliseconds: its replay lag.
const REPLAY_LAG: &str = "
    const lag = server => {
        const text = document.querySelector('.lag-readout')?.textContent ?? '';
        const found = text.match(new RegExp(server + ' [^·]*replay ([0-9.]+) (µs|ms|s|min)'));
        return found ? Number(found[1]) * { 'µs': 0.001, ms: 1, s: 1000, min: 60000 }[found[2]] : null;
    };";

#[test]
fn lag_grows_while_a_link_is_cut_and_the_legend_toggles() {
    run("lag_grows_while_a_link_is_cut_and_the_legend_toggles", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Lag").await?;
        lab.until("lag is measured", &format!("{REPLAY_LAG} return lag('db2') !== null && lag('db3') < 1000")).await?;
        act(lab, "Link db1 to db3", "Cut").await?;
        lab.until("db3 is behind", &format!("{REPLAY_LAG} return lag('db3') > 2000 && lag('db2') < 1000")).await?;
        // The axis has room for it, in round numbers, and the cut is marked with its words.
        let labels = "[...document.querySelectorAll('.chart-tick .is-value')].map(e => e.textContent)";
        lab.until("the axis reaches so far", &format!("return {labels}.some(t => /^[0-9]+ s$/.test(t))")).await?;
        let marks = "[...document.querySelectorAll('.chart-mark title')].map(e => e.textContent)";
        lab.until("the cut is marked", &format!("return {marks}.some(t => t.includes('db3'))")).await?;
        // The legend hides a server's lines and shows them again.
        let lines = "document.querySelectorAll('.lag-chart .series-line').length";
        lab.until("two stations of two servers", &format!("return {lines} === 4")).await?;
        click_words(lab, ".legend-key", "db3").await?;
        lab.until("those of one", &format!("return {lines} === 2")).await?;
        lab.find(".legend-key[aria-pressed=false] .swatch").await?;
        click_words(lab, ".legend-key", "db3").await?;
        lab.until("those of both", &format!("return {lines} === 4")).await?;
        // By keyboard: the values of an instant before, and then that instant itself.
        focus(lab, ".lag-chart").await?;
        press(lab, Key::Left).await?;
        press(lab, Key::Home).await?;
        lab.until("an instant is read", "return /^00:0/.test(document.querySelector('.lag-at').textContent)").await?;
        let read = lab.js("return document.querySelector('.lag-at').textContent").await?;
        press(lab, Key::Enter).await?;
        lab.until("it is now", &format!("return document.querySelector('.clock').textContent.startsWith({read})"))
            .await?;
        // The other charts, and the table.
        click_words(lab, ".lag .chip", "Commit latency").await?;
        lab.until("three percentiles", &format!("return {lines} === 3")).await?;
        click_words(lab, ".lag .chip", "Throughput").await?;
        lab.until("commits and reads", &format!("return {lines} === 2")).await?;
        Ok(())
    });
}

#[test]
fn a_chart_is_saved_as_it_looks_and_as_a_table() {
    run("a_chart_is_saved_as_it_looks_and_as_a_table", async |lab| {
        // What would be handed to the reader is kept here.
        lab.before_scripts(
            "window.saved = {};
             const make = URL.createObjectURL.bind(URL);
             URL.createObjectURL = blob => { blob.text().then(text => { window.saved[blob.type] = text; }); return make(blob); };
             HTMLAnchorElement.prototype.click = function () { window.saved[this.download] = this.href; };",
        )
        .await?;
        open(lab).await?;
        click_words(lab, "[role=tab]", "Lag").await?;
        lab.find(".lag-chart .series-line").await?;
        for kind in ["SVG", "CSV", "PNG"] {
            click_words(lab, ".lag .chip", kind).await?;
        }
        lab.until(
            "a picture that needs no style sheet",
            "const text = window.saved['image/svg+xml'];
             if (!text) return false;
             const svg = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
             return svg.tagName === 'svg' && !svg.querySelector('[class]')
                 && [...svg.querySelectorAll('path')].some(p => p.getAttribute('stroke')?.startsWith('rgb'))",
        )
        .await?;
        lab.until("a table", "return window.saved['text/csv']?.startsWith('time (s),\"db2 flush (ms)\"')").await?;
        lab.until(
            "a drawn picture",
            "return Object.entries(window.saved).some(([n, v]) => n.endsWith('.png') && v.startsWith('data:image/png'))",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn logs_show_the_tail_that_a_failover_left_behind() {
    run("logs_show_the_tail_that_a_failover_left_behind", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Logs").await?;
        let rows = "[...document.querySelectorAll('.log-table tbody tr')]";
        lab.until(
            "a record that all have applied",
            &format!("return {rows}.some(r => r.querySelectorAll('.log-cell.is-applied').length === 3)"),
        )
        .await?;
        lab.until("nothing has diverged", "return !document.querySelector('.log-diverged')").await?;
        scenario(lab, "Asynchronous failover loses the newest writes").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Logs").await?;
        lab.until_text(".logs-bar", "a rewind would discard").await?;
        click_words(lab, ".log-show", "Show").await?;
        let diverged = "document.querySelectorAll('.log-diverged').length";
        lab.until("some records are on one server alone", &format!("return {diverged} > 3")).await?;
        lab.until("a timeline began", &format!("return {rows}.some(r => r.classList.contains('is-timeline'))")).await?;
        // What has diverged is on the former primary and nowhere else.
        lab.until(
            "one server has it",
            &format!(
                "const r = {rows}.filter(r => r.classList.contains('is-diverged'));
                 return r.length > 3 && r.every(r => r.querySelectorAll('.log-cell:not(.is-absent)').length === 1)"
            ),
        )
        .await?;
        // A record leads to the instant at which it was logged: then it is the newest.
        lab.js("document.querySelector('.log-table tr.is-diverged .log-at').click()").await?;
        lab.find("button[aria-label='Play']").await?;
        lab.until("it has not diverged yet", "return !document.querySelector('.log-diverged')").await?;
        Ok(())
    });
}

#[test]
fn events_are_searched_and_lead_to_their_instants() {
    run("events_are_searched_and_lead_to_their_instants", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Events").await?;
        act(lab, "db3,", "Crash").await?;
        lab.until_text(".event-list", "db3").await?;
        lab.until("time passes", "return document.querySelector('.clock').textContent >= '00:04'").await?;
        lab.find(".event-search").await?.send_keys("crash").await?;
        lab.until_text(".search-count", "found").await?;
        let rows = "[...document.querySelectorAll('.event')]";
        lab.until(
            "only what was searched for",
            &format!("const r = {rows}; return r.length > 0 && r.every(e => /crash/i.test(e.textContent))"),
        )
        .await?;
        let at = lab.js(&format!("return {rows}[0].querySelector('time').textContent")).await?;
        // By keyboard, to its instant.
        focus(lab, ".event-go").await?;
        press(lab, Key::Enter).await?;
        lab.find("button[aria-label='Play']").await?;
        lab.until("it is now", &format!("return document.querySelector('.clock').textContent === {at}")).await?;
        lab.find(".event.is-now").await?;
        // Without the search, what comes later is there, and told apart.
        let field = lab.find(".event-search").await?;
        field.clear().await?;
        field.send_keys(" ").await?;
        lab.until("what is recorded later follows", "return document.querySelectorAll('.event.is-later').length > 5")
            .await?;
        lab.until_text(".events-later", "Recorded later").await?;
        lab.until(
            "nothing of it is earlier",
            &format!(
                "const r = {rows}, now = r.findIndex(e => e.classList.contains('is-now'));
                 return now >= 0 && r.slice(now + 1).every(e => e.classList.contains('is-later'))
                     && r.slice(0, now).every(e => !e.classList.contains('is-later'))"
            ),
        )
        .await?;
        Ok(())
    });
}

#[test]
fn events_stay_where_they_are_read_while_others_come() {
    run("events_stay_where_they_are_read_while_others_come", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Events").await?;
        pace(lab, "1 s").await?;
        let list = "const list = document.querySelector('.event-list');
                    const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 24;";
        // Enough that some are left out while the newest is followed.
        lab.until("it follows what comes", &format!("{list} return list && list.scrollHeight > 700 && atEnd()"))
            .await?;
        lab.until("there are more", "return document.querySelector('.clock').textContent >= '00:06'").await?;
        let followed = lab.js("return document.querySelectorAll('.event').length").await?;
        // What is in the middle of the view, and where.
        let seen = format!(
            "{list} const box = list.getBoundingClientRect();
             const row = list.getRootNode().elementFromPoint(box.left + 40, box.top + box.height / 2).closest('.event, .event-run');
             return row && row.textContent + '@' + Math.round(row.getBoundingClientRect().top)"
        );
        lab.js(&format!("{list} list.scrollTop -= 90")).await?;
        lab.find(".event-newer").await?;
        let read = lab.js(&seen).await?;
        let count = "return parseInt(document.querySelector('.event-newer').textContent)";
        let newer = lab.js(count).await?;
        lab.until("more come", &format!("{count} > {newer} + 20")).await?;
        assert_eq!(lab.js(&seen).await?, read, "the reader's place is as it was");
        let there = lab.js("return document.querySelectorAll('.event').length").await?;
        assert!(there.as_u64() > followed.as_u64(), "what is above can be read, too: {there} after {followed}");
        // Back to the end, and with it.
        lab.find(".event-newer").await?.click().await?;
        lab.until("it follows", &format!("{list} return !document.querySelector('.event-newer') && atEnd()")).await?;
        let last = "document.querySelector('.event-list').lastElementChild.textContent";
        let before = lab.js(&format!("return {last}")).await?;
        lab.until("another is the last", &format!("return {last} !== {before}")).await?;
        // By keyboard, too: a line that has the focus keeps it, and stays.
        focus(lab, ".event-list .event-go[tabindex='0']").await?;
        lab.find(".event-newer").await?;
        press(lab, Key::Up).await?;
        let at = "return document.activeElement.closest('.event')?.textContent";
        let line = lab.js(at).await?;
        let newer = lab.js(count).await?;
        lab.until("more come", &format!("{count} > {newer} + 20")).await?;
        assert_eq!(lab.js(at).await?, line, "it has the focus");
        // Past what can be opened in the list.
        for _ in 0..40 {
            press(lab, Key::Tab).await?;
            if lab.js("return document.activeElement.matches('.event-newer')").await? == json!(true) {
                break;
            }
        }
        press(lab, Key::Enter).await?;
        lab.until("it follows", &format!("{list} return !document.querySelector('.event-newer') && atEnd()")).await?;
        Ok(())
    });
}

#[test]
fn messages_in_a_row_are_told_together_and_can_be_opened() {
    run("messages_in_a_row_are_told_together_and_can_be_opened", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Events").await?;
        // Between two steps of the cluster there are messages only.
        for category in ["Writes", "Replication", "Messages"] {
            click_words(lab, ".events .chip", category).await?;
        }
        focus(lab, "main").await?;
        press(lab, ' ').await?;
        lab.find("button[aria-label='Play']").await?;
        lab.until_text(".event-run summary", "messages among").await?;
        lab.js("document.querySelector('.event-run summary').click()").await?;
        lab.until(
            "as many as were said",
            "const run = document.querySelector('.event-run');
             const said = Number(run.querySelector('summary > span').textContent.match(/([0-9]+) messages/)[1]);
             return run.querySelector('details').open && run.querySelectorAll('.event').length === said",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn linearizability_is_judged_while_somebody_looks() {
    run("linearizability_is_judged_while_somebody_looks", async |lab| {
        open(lab).await?;
        scenario(lab, "A read misses its own session's write").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Findings").await?;
        lab.until(
            "a row is found not to be linearizable",
            "return [...document.querySelectorAll('.findings .chip')].some(e => e.textContent.startsWith('Linearizability'))",
        )
        .await?;
        lab.until(
            "only those are shown",
            "[...document.querySelectorAll('.findings .chip')].find(e => e.textContent.startsWith('Lin'))?.click();
             const f = [...document.querySelectorAll('.finding')];
             return f.length > 0 && f.every(e => e.querySelector('strong').textContent === 'Linearizability')",
        )
        .await?;
        // It leads to the event that proves it.
        lab.js("document.querySelector('.finding').click()").await?;
        lab.find(".event.is-shown").await?;
        lab.find("button[aria-label='Play']").await?;
        Ok(())
    });
}

#[test]
fn columns_and_labels_keep_their_places_while_figures_come() {
    run("columns_and_labels_keep_their_places_while_figures_come", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Ledger").await?;
        lab.until("there are writes", "return document.querySelectorAll('.ledger-list tbody tr').length > 20").await?;
        // What is seen in any frame.
        let watch = |what: &str| {
            format!(
                "const seen = window.seen = new Set();
                 const watch = () => {{
                     {what}
                     if (window.seen === seen) requestAnimationFrame(watch);
                 }};
                 watch();"
            )
        };
        lab.js(&watch(
            "const heads = [...document.querySelectorAll('.ledger-list thead th')];
             const rows = new Set([...document.querySelectorAll('.ledger-list tbody tr')].map(e => e.offsetHeight));
             if (heads.length) seen.add(heads.map(e => Math.round(e.getBoundingClientRect().left)).join() + [...rows]);",
        ))
        .await?;
        let count = "parseInt(document.querySelector('.ledger-count').textContent.match(/of (\\d+)/)?.[1] ?? 0)";
        lab.until("a hundred have come", &format!("return {count} > 110")).await?;
        assert_eq!(
            lab.js("return [...window.seen]").await?.as_array().map(Vec::len),
            Some(1),
            "columns stay, and rows are of one height"
        );
        lab.js("window.seen = null").await?;
        click_words(lab, "[role=tab]", "Lag").await?;
        lab.find(".chart-tick .is-instant").await?;
        lab.js(&watch(
            "const chart = document.querySelector('.lag-chart')?.getBoundingClientRect();
             for (const e of document.querySelectorAll('.lag-chart .is-instant'))
                 if (e.getBoundingClientRect().right > chart.right - 2) seen.add(e.textContent);",
        ))
        .await?;
        let clock = "document.querySelector('.clock').textContent";
        lab.until("labels have come and gone", &format!("return {clock} >= '00:15'")).await?;
        assert_eq!(lab.js("return [...window.seen]").await?, json!([]), "labels at the edge");
        Ok(())
    });
}
