//! MySQL's laboratory: GTIDs, semi-synchronous replication that falls back, and clones.

use browser_tests::prelude::*;

use crate::steps::*;

const TEXT: &str = ".status-text";

/// Opens the page on MySQL's own laboratory.
async fn open_mysql(lab: &Lab) -> WebDriverResult<()> {
    lab.open("").await?;
    scenario(lab, "One source, two replicas").await?;
    until_role(lab, "db1", "SOURCE").await?;
    pace(lab, "1 s").await
}

#[test]
fn mysql_servers_run_and_say_their_gtids() {
    run("mysql_servers_run_and_say_their_gtids", async |lab| {
        open_mysql(lab).await?;
        lab.until_text(".subject", "MySQL").await?;
        lab.until("the focus is back", "return document.activeElement.textContent === 'Scenarios'").await?;
        until_role(lab, "db2", "SEMI-SYNC").await?;
        sql(lab, "app, through the proxy", "INSERT INTO accounts VALUES (81, 'Barbara', 1)").await?;
        show_table(lab, "accounts").await?;
        until_row(lab, "db3", "81", "Barbara 1").await?;
        sql(lab, "straight to db2", "SELECT @@gtid_executed").await?;
        answer(lab, "01010101-0101-0101-0101-010101010101:1-").await?;
        // A card's menu leads to what mysql would print of its server.
        act(lab, "db2,", "Status").await?;
        lab.until_text(TEXT, "Source_Host: db1").await?;
        lab.until_text(TEXT, "Replica_IO_Running: Yes").await?;
        act(lab, "db2,", "Stop receiving").await?;
        lab.until_text(TEXT, "Replica_IO_Running: No").await?;
        act(lab, "db2,", "Start receiving").await?;
        lab.until_text(TEXT, "Replica_IO_Running: Yes").await?;
        act(lab, "db1,", "Status").await?;
        lab.until_text(TEXT, "binlog.000001").await?;
        Ok(())
    });
}

#[test]
fn semi_synchronous_replication_falls_back_and_says_so() {
    run("semi_synchronous_replication_falls_back_and_says_so", async |lab| {
        open_mysql(lab).await?;
        act(lab, "db1,", "Status").await?;
        choose(lab, ".status select[aria-label=View]", "SHOW STATUS LIKE 'Rpl_semi_sync%'").await?;
        let status = |value: &str| {
            format!(
                "return /Rpl_semi_sync_source_status +[|] {value} /.test(document.querySelector('{TEXT}').textContent)"
            )
        };
        lab.until("it is on", &status("ON")).await?;
        act(lab, "Link db1 to db2", "Cut").await?;
        act(lab, "Link db1 to db3", "Cut").await?;
        lab.until("it is off", &status("OFF")).await?;
        lab.until_text(".card:has([aria-label^='db1,'])", "semi-sync OFF: fell back").await?;
        until_role(lab, "db2", "ASYNC").await?;
        // Of all groups only what servers and roles do: the list shows the newest.
        click_words(lab, "[role=tab]", "Events").await?;
        for filter in ["Writes", "Replication"] {
            click_words(lab, ".chip[aria-pressed=true]", filter).await?;
        }
        lab.until_text(".event-list", "db1 falls back to asynchronous replication").await?;
        lab.until_text("[aria-live=polite].unseen", "semi-synchronous replication is off").await?;
        act(lab, "Link db1 to db2", "Heal").await?;
        lab.until_text(".event-list", "db1 is semi-synchronous from now on").await?;
        until_role(lab, "db2", "SEMI-SYNC").await?;
        Ok(())
    });
}
