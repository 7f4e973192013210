//! Automatic failover: the store and its lease, what the manager is asked, what it does by itself, step by step.

use browser_tests::prelude::*;

use crate::steps::*;

const STORE: &str = ".card:has([aria-label^='store,'])";

/// Opens the page and begins its laboratory again with automatic failover.
async fn open_automatic(lab: &Lab) -> WebDriverResult<()> {
    open(lab).await?;
    click_words(lab, "[role=tab]", "Settings").await?;
    click_words(lab, ".switch .chip", "Automatic").await?;
    lab.find(STORE).await?;
    pace(lab, "1 s").await?;
    lab.until_text(STORE, "lease of db1").await
}

/// Waits until the store's lease is of another server than this one, and that one is the primary; who it is.
async fn until_another_leads(lab: &Lab, than: &str) -> WebDriverResult<String> {
    let than = json!(than);
    let leader = format!(
        "const holder = /lease of (db\\d+) ·/.exec(document.querySelector(\"{STORE}\")?.textContent)?.[1];
         const card = [...document.querySelectorAll('.card.is-node')]
             .find(c => c.querySelector('.card-name').textContent === holder);
         const leads = card?.querySelector('.card-role').textContent === 'PRIMARY' && card.querySelector('.lease-ring');
         return leads && holder !== {than} ? holder : null"
    );
    lab.until("another leads", &leader).await?;
    Ok(lab.js(&leader).await?.as_str().unwrap_or_default().to_owned())
}

/// The sentences of the failover that is shown, in their order, contain these.
async fn until_steps(lab: &Lab, wanted: &[&str]) -> WebDriverResult<()> {
    let wanted = json!(wanted);
    lab.until(
        &format!("the steps say {wanted} one after the other"),
        &format!(
            "const steps = [...document.querySelectorAll('.step > span')].map(s => s.textContent);
             let from = 0;
             return {wanted}.every(words => {{
                 const at = steps.findIndex((step, i) => i >= from && step.includes(words));
                 from = at + 1;
                 return at >= 0;
             }})"
        ),
    )
    .await
}

#[test]
fn the_manager_fails_over_and_every_step_is_told() {
    run("the_manager_fails_over_and_every_step_is_told", async |lab| {
        open_automatic(lab).await?;
        click_words(lab, "[role=tab]", "Events").await?;
        act(lab, "db1,", "Crash").await?;
        until_role(lab, "db1", "DOWN").await?;
        lab.until_text(".headline", "nobody else may lead while its lease holds").await?;
        let leader = until_another_leads(lab, "db1").await?;
        lab.until_text(".card:has([aria-label^='proxy'])", &format!("writes → {leader}")).await?;
        until_steps(
            lab,
            &[
                "Command: crash",
                "The lease of db1 expires",
                "compares itself with the others",
                "rules db1 out: it does not answer",
                &format!("{leader} acquires the lease"),
                &format!("proxy takes {leader} for the primary"),
                "write is acknowledged",
            ],
        )
        .await?;
        lab.until_text(".steps-head h2", &format!("Failover, db1 → {leader}")).await?;
        lab.until_text(".steps-summary", "First write acknowledged after").await?;
        lab.until(
            "its clock begins with the failure",
            "return [...document.querySelectorAll('.step')].some(s =>
                 s.textContent.includes('Command: crash') && s.querySelector('time').textContent === 't+0.000 s')",
        )
        .await?;
        // Renewals are one line, however many there were.
        for filter in ["Cluster", "Writes", "Replication"] {
            click_words(lab, ".chip[aria-pressed=true]", filter).await?;
        }
        lab.until_text(".event-list > li:last-child", &format!("{leader} has renewed its lease")).await?;
        // patronictl tells the same.
        act(lab, "store,", "Status").await?;
        lab.until(
            "patronictl lists the leader",
            &format!("return /[|] {leader} .* Leader /.test(document.querySelector('.status-text').textContent)"),
        )
        .await?;
        // The former primary comes back as a replica of the new one.
        act(lab, "db1,", "Restart").await?;
        lab.until_text(".status-text", "| db1    | 10.0.0.1 | Replica | streaming |").await?;
        lab.screenshot("failover-after").await?;
        Ok(())
    });
}

#[test]
fn the_manager_is_asked_for_another_leader() {
    run("the_manager_is_asked_for_another_leader", async |lab| {
        open_automatic(lab).await?;
        click_words(lab, "[role=tab]", "Events").await?;
        focus(lab, "[role=button][aria-label^='db3,']").await?;
        press(lab, Key::Enter).await?;
        lab.until_text(".menu", "patronictl switchover").await?;
        click_words(lab, "[role=menuitem]", "Switch over").await?;
        until_role(lab, "db3", "PRIMARY").await?;
        lab.until_text(STORE, "lease of db3").await?;
        until_steps(
            lab,
            &["An operator has db1 hand over to db3", "db1 gives its lease back", "db3 acquires the lease"],
        )
        .await?;
        lab.until_text(".steps", "Switchover, db1 → db3").await?;
        lab.until_text(".steps-summary", "No acknowledged write lost").await?;
        lab.until_text(".card:has([aria-label^='db1,'])", "in step").await?;
        // Asked before db2's agent has seen the new leader twice, it says that another was elected, and stays.
        until_role(lab, "db2", "SYNC").await?;
        let at = "const [m, s] = document.querySelector('.clock').textContent.split(':'); const at = 60 * m + parseFloat(s);";
        lab.js(&format!("{at} window.settledFrom = at")).await?;
        lab.until("two seconds pass", &format!("{at} return at > window.settledFrom + 2")).await?;
        promote(lab, "db2").await?;
        lab.until_text(".steps", "Promotion, db3 → db2").await?;
        until_steps(lab, &["An operator wants db2 to lead", "db2 acquires the lease"]).await?;
        Ok(())
    });
}

#[test]
fn without_the_store_nobody_leads_and_with_it_somebody_does() {
    run("without_the_store_nobody_leads_and_with_it_somebody_does", async |lab| {
        open_automatic(lab).await?;
        act(lab, "store,", "Crash").await?;
        lab.until_text(STORE, "does not answer").await?;
        lab.until_text(".headline", "The store is down").await?;
        lab.until_text(".card:has([aria-label^='proxy'])", "writes → nobody").await?;
        lab.until("nobody has a lease", "return !document.querySelector('.lease-ring')").await?;
        lab.until_text("[aria-live=polite].unseen", "The store is").await?;
        act(lab, "store,", "Restart").await?;
        let leader = until_another_leads(lab, "nobody").await?;
        lab.until_text(".card:has([aria-label^='proxy'])", &format!("writes → {leader}")).await?;
        // A link to the store is cut like any other.
        act(lab, &format!("Link {leader} to store"), "Cut").await?;
        until_another_leads(lab, &leader).await?;
        Ok(())
    });
}

#[test]
fn other_rules_begin_the_laboratory_again() {
    run("other_rules_begin_the_laboratory_again", async |lab| {
        open_automatic(lab).await?;
        lab.until("the settings stay open", "return !!document.querySelector('.panel-page:not([hidden]) .switch')")
            .await?;
        let open_rules =
            "const d = document.querySelector('section[aria-label=Failover] details'); d.open = true; return d.open";
        lab.until("it unfolds", open_rules).await?;
        let again = "Begin again with these";
        let field = |name: &str| format!("section[aria-label=Failover] select[name='{name}']");
        choose(lab, &field("ttl"), "2 s").await?;
        lab.until_text("section[aria-label=Failover] [role=alert]", "at least loop_wait + 2 × retry_timeout").await?;
        choose(lab, &field("ttl"), "5 s").await?;
        choose(lab, &field("fencing"), "off").await?;
        click_words(lab, ".panel .button", again).await?;
        lab.until_text("section[aria-label=Failover] summary", "ttl 5 s, loop_wait 1 s, fencing off").await?;
        lab.until_text(STORE, "ttl 5 s").await?;
        click_words(lab, ".switch .chip", "Manual").await?;
        lab.until("there is no store", &format!("return !document.querySelector(\"{STORE}\")")).await?;
        until_role(lab, "db1", "PRIMARY").await?;
        Ok(())
    });
}
