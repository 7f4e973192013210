//! Explanations in place, the glossary, and "why?".

use browser_tests::prelude::*;

use crate::steps::*;

/// The words of a sheet that explains, if one is open.
const SHEET: &str = "(document.querySelector('.explain-sheet')?.textContent ?? '')";

#[test]
fn an_explanation_opens_by_pointer_and_by_keyboard_beside_what_it_explains() {
    run("an_explanation_opens_by_pointer_and_by_keyboard_beside_what_it_explains", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Ledger").await?;
        let fate = "[...document.querySelectorAll('.ledger-list .explain-word')].at(-1)";
        lab.until("a head explains itself", &format!("return {fate}?.textContent === 'Fate'")).await?;
        // By the keyboard: it is there as soon as the focus is.
        lab.js("document.querySelector('.ledger-list').focus()").await?;
        for _ in 0..5 {
            press(lab, Key::Tab).await?;
        }
        lab.until("the focus is on it", &format!("return document.activeElement === {fate}")).await?;
        lab.until("it is explained", &format!("return {SHEET}.includes('survived: acknowledged')")).await?;
        let apart = "const w = document.activeElement.getBoundingClientRect(),
                     s = document.querySelector('.explain-sheet').getBoundingClientRect();
                     return (s.top >= w.bottom || s.bottom <= w.top) && s.left >= 0 && s.right <= innerWidth
                         && s.top >= 0 && s.bottom <= innerHeight";
        lab.until("it covers nothing of it", apart).await?;
        press(lab, Key::Escape).await?;
        lab.until("Escape closes it", &format!("return {SHEET} === '' && document.activeElement === {fate}")).await?;
        press(lab, Key::Enter).await?;
        lab.until("Enter opens it", &format!("return {SHEET} !== ''")).await?;
        // By the pointer: a press elsewhere, far from the sheet, closes it, resting on another opens that.
        lab.find(".stage .headline").await?;
        lab.driver
            .action_chain()
            .move_to_element_center(&lab.find(".header .subject").await?)
            .click()
            .perform()
            .await?;
        lab.until("a press elsewhere closes it", &format!("return {SHEET} === ''")).await?;
        let words = lab.find(".legend .explain-word").await?;
        lab.driver.action_chain().move_to_element_center(&words).perform().await?;
        lab.until("resting opens it", &format!("return {SHEET}.includes('synchronous standby')")).await?;
        lab.until(
            "it names the documentation",
            &format!("return {SHEET}.includes('PostgreSQL 15, “pg_stat_replication”')"),
        )
        .await?;
        Ok(())
    });
}

#[test]
fn settings_and_columns_of_views_lead_to_the_glossary() {
    run("settings_and_columns_of_views_lead_to_the_glossary", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Status").await?;
        lab.until(
            "every column explains itself",
            "return document.querySelectorAll('.status-text .explain-word').length === 20",
        )
        .await?;
        // What is copied is the text that the tool prints.
        lab.until(
            "the text is whole",
            "return document.querySelector('.status-text').textContent.includes('| sync_state |')",
        )
        .await?;
        click_words(lab, "[role=tab]", "Settings").await?;
        lab.find(".explained .explain-mark").await?.click().await?;
        lab.until("the setting is explained", &format!("return {SHEET}.includes('synchronous_commit')")).await?;
        lab.find(".explain-more").await?.click().await?;
        lab.until("its term is shown", "return document.activeElement?.dataset.term === 'commit-level'").await?;
        lab.until("the explanation is gone", &format!("return {SHEET} === ''")).await?;
        lab.find(".glossary-search input").await?.send_keys("Seconds_Behind").await?;
        lab.until(
            "it is searched in both systems' names",
            "return [...document.querySelectorAll('.glossary-term')].map(e => e.dataset.term).includes('lag')
                 && document.querySelectorAll('.glossary-term').length < 5",
        )
        .await?;
        press(lab, Key::Escape).await?;
        press(lab, Key::Escape).await?;
        lab.until("Escape closes it", "return !document.querySelector('.glossary')").await?;
        Ok(())
    });
}

#[test]
fn the_address_opens_the_glossary_at_a_term() {
    run("the_address_opens_the_glossary_at_a_term", async |lab| {
        lab.open("#glossary=quorum").await?;
        lab.until("the term is marked", "return document.querySelector('.is-wanted')?.dataset.term === 'quorum'")
            .await?;
        lab.js("location.hash = '#glossary=timeline'").await?;
        lab.until("another one is", "return document.querySelector('.is-wanted')?.dataset.term === 'timeline'").await?;
        lab.js("document.querySelector('dialog [aria-label=Close]').click()").await?;
        lab.until(
            "it is gone from page and address",
            "return !document.querySelector('.glossary') && location.hash === ''",
        )
        .await?;
        Ok(())
    });
}

/// The sentences of the chain that is shown.
const CHAIN: &str = "[...document.querySelectorAll('.why-link > span')].map(e => e.textContent)";

/// Of a link: log was held on its way there, or what was acknowledged on the way back, as it happened to be.
const CUT: &str = "was cut: nothing passed";

/// Waits until a chain has a sentence.
async fn until_said(lab: &Lab, text: &str) -> WebDriverResult<()> {
    let wanted = json!(text);
    lab.until(&format!("it says {text}"), &format!("return {CHAIN}.some(s => s.includes({wanted}))")).await
}

/// Clicks the cause that says this; the run goes to its instant.
async fn follow(lab: &Lab, text: &str) -> WebDriverResult<()> {
    let wanted = json!(text);
    let link = format!("[...document.querySelectorAll('button.why-link')].find(e => e.textContent.includes({wanted}))");
    let at =
        lab.js(&format!("const l = {link}; l.click(); return l.querySelector('time').textContent.slice(0, 9)")).await?;
    lab.until("the run is there", &format!("return document.querySelector('.clock').textContent.startsWith({at})"))
        .await?;
    lab.until("it is marked", "return document.querySelectorAll('.why-link[aria-current]').length === 1").await
}

#[test]
fn a_commit_that_waits_says_why() {
    run("a_commit_that_waits_says_why", async |lab| {
        open(lab).await?;
        act(lab, "Link db1 to db2", "Cut").await?;
        // Any commit waits for some milliseconds; the one that waits for a second waits for the link.
        lab.until_text(".headline", " s so far").await?;
        lab.find(".headline .why-ask").await?.click().await?;
        until_said(lab, CUT).await?;
        until_said(lab, "synchronous_standby_names = 'FIRST 1 (db2, db3)'").await?;
        until_said(lab, "The wait ends when db2 has flushed it").await?;
        follow(lab, CUT).await?;
        press(lab, Key::Escape).await?;
        lab.until("Escape closes it", "return !document.querySelector('.why')").await?;
        Ok(())
    });
}

#[test]
fn in_a_comparison_each_run_answers_for_itself() {
    run("in_a_comparison_each_run_answers_for_itself", async |lab| {
        open(lab).await?;
        click_words(lab, ".header .button", "Compare").await?;
        click_words(lab, ".choice strong", "Commits wait until replicas show them").await?;
        lab.until("both stages are there", "return document.querySelectorAll('.stages .stage').length === 2").await?;
        act(lab, "Link db1 to db2", "Cut").await?;
        lab.until(
            "in both a commit waits for the link, and not for some milliseconds",
            "const asks = [...document.querySelectorAll('.headline .why-ask')];
             return asks.length === 2 && asks.every(e => e.closest('.headline').textContent.includes(' s so far'))",
        )
        .await?;
        // However long the words are, the question stays within reach.
        lab.find(".headline .why-ask").await?.click().await?;
        lab.until_text(".why h2", "Why? · A").await?;
        until_said(lab, "synchronous_commit = on").await?;
        // The time stands now. Asking the other run takes the answer's place.
        lab.js("document.querySelectorAll('.headline .why-ask')[1].click()").await?;
        lab.until_text(".why h2", "Why? · B").await?;
        until_said(lab, "synchronous_commit = remote_apply").await?;
        lab.until("there is one answer", "return document.querySelectorAll('.why').length === 1").await?;
        // A cause leads both runs to its instant; the focus is not lost with the question that is gone there.
        follow(lab, CUT).await?;
        press(lab, Key::Escape).await?;
        lab.until(
            "the focus is in the run",
            "return !document.querySelector('.why') && !!document.activeElement.closest('main')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_stale_read_says_why() {
    run("a_stale_read_says_why", async |lab| {
        open(lab).await?;
        scenario(lab, "A read misses its own session's write").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Findings").await?;
        lab.find(".findings .why-ask").await?;
        lab.js("document.querySelector('.findings .why-ask').click()").await?;
        until_said(lab, "The client was told of success").await?;
        until_said(lab, "The read was sent to db").await?;
        until_said(lab, "applies at most").await?;
        crate::barriers::no_barrier(lab, "the chain of causes").await?;
        follow(lab, "The client was told of success").await?;
        Ok(())
    });
}

#[test]
fn a_lost_write_says_why() {
    run("a_lost_write_says_why", async |lab| {
        open(lab).await?;
        scenario(lab, "Asynchronous failover loses the newest writes").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Ledger").await?;
        click_words(lab, ".ledger .chip", "Lost").await?;
        lab.until("a write is lost", "return document.querySelectorAll('.ledger-list .why-ask').length > 5").await?;
        lab.js("document.querySelector('.ledger-list .why-ask').click()").await?;
        until_said(lab, "synchronous_standby_names is empty").await?;
        until_said(lab, "db2 became the primary (timeline 2)").await?;
        until_said(lab, "the write is lost").await?;
        follow(lab, "db1's machine went down").await?;
        lab.until(
            "the machine is down then",
            "return [...document.querySelectorAll('.card.is-node')].some(c => c.querySelector('.card-name').textContent === 'db1'
                 && c.querySelector('.card-role').textContent === 'DOWN')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_row_that_a_replica_lacks_says_why() {
    run("a_row_that_a_replica_lacks_says_why", async |lab| {
        open(lab).await?;
        act(lab, "db3,", "Pause applying").await?;
        sql(lab, "app, through the proxy", "INSERT INTO kv VALUES (4711, 'mine')").await?;
        show_table(lab, "kv").await?;
        lab.until("a row differs", "return document.querySelector('.grid .why-ask[aria-label*=db3]')").await?;
        lab.js("document.querySelector('.grid .why-ask[aria-label*=db3]').click()").await?;
        until_said(lab, "Applying was paused on db3").await?;
        until_said(lab, "db3 still does not show it").await?;
        // What is read on such a button is part of its name: "missing" once was not.
        lab.until("a row is missing", "return document.querySelector('.grid .is-missing .why-ask[aria-label*=db3]')")
            .await?;
        let barriers = lab.barriers().await?;
        assert!(barriers.is_empty(), "{}", barriers.join("\n"));
        Ok(())
    });
}
