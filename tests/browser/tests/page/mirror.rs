//! What an operator's tools would print, and settings as files.

use browser_tests::prelude::*;

use crate::steps::*;

const TEXT: &str = ".status-text";

#[test]
fn status_is_what_psql_prints_of_a_server() {
    run("status_is_what_psql_prints_of_a_server", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Status").await?;
        lab.until_text(TEXT, "| application_name |").await?;
        lab.until_text(TEXT, "(2 rows)").await?;
        click_words(lab, ".status .chip", "Expanded").await?;
        lab.until_text(TEXT, "-[ RECORD 2 ]----+--").await?;
        // It is live: what is sent moves on while there are writes.
        let sent = "return document.querySelector('.status-text').textContent.match(/sent_lsn +[|] (.*)/)?.[1]";
        let before = lab.js(sent).await?;
        sql(lab, "app, through the proxy", "INSERT INTO accounts VALUES (81, 'Barbara', 1)").await?;
        lab.until("the position moved", &format!("{sent} !== {before}")).await?;
        choose(lab, ".status select[aria-label=View]", "pg_stat_wal_receiver").await?;
        lab.until_text(TEXT, "sender_host").await?;
        choose(lab, ".status select[aria-label=Server]", "db3").await?;
        lab.until_text(TEXT, "application_name=db3").await?;
        act(lab, "db3,", "Crash").await?;
        lab.until_text(TEXT, "failed: timeout expired").await?;
        Ok(())
    });
}

#[test]
fn status_scrolls_within_itself_on_a_phone() {
    run("status_scrolls_within_itself_on_a_phone", async |lab| {
        lab.viewport(390, 844).await?;
        open(lab).await?;
        click_words(lab, "[role=tab]", "Status").await?;
        // Narrow windows begin with a line a column.
        lab.until_text(TEXT, "-[ RECORD 1 ]----+--").await?;
        click_words(lab, ".status .chip", "Expanded").await?;
        lab.until_text(TEXT, "| application_name |").await?;
        lab.until(
            "the text scrolls and the page does not",
            "const t = document.querySelector('.status-text');
             return t.scrollWidth > t.clientWidth && document.documentElement.scrollWidth <= 390",
        )
        .await?;
        focus(lab, TEXT).await?;
        lab.screenshot("status-390").await?;
        Ok(())
    });
}

#[test]
fn settings_are_shown_as_a_file_and_taken_from_one() {
    run("settings_are_shown_as_a_file_and_taken_from_one", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Settings").await?;
        lab.until("it unfolds", "const d = document.querySelector('.conf-file'); d.open = true; return d.open").await?;
        lab.until_text(".conf-text", "# postgresql.conf: every server").await?;
        let fragment =
            json!("wal_keep_size = 1GB\nshared_buffers = 1GB\nsynchronous_standby_names = ''\nhot_standby\n");
        lab.js(&format!(
            "const t = document.querySelector('.conf-file textarea');
             t.value = {fragment};
             t.dispatchEvent(new Event('change', {{ bubbles: true }}))"
        ))
        .await?;
        click_words(lab, ".conf-file .button", "Apply").await?;
        lab.until_text(".conf-outcome", "2 settings applied.").await?;
        lab.until_text(".conf-outcome", "Line 2: shared_buffers is not modelled").await?;
        lab.until_text(".conf-outcome", "Line 4: syntax error in file \"postgresql.conf\" line 4, near end of line")
            .await?;
        lab.until_text(".conf-text", "wal_keep_size = 1GB").await?;
        until_role(lab, "db2", "ASYNC").await?;
        Ok(())
    });
}
