//! A write travels; servers die, are promoted, come and go; links are cut and healed.

use browser_tests::prelude::*;

use crate::steps::*;

#[test]
fn a_write_reaches_the_primary_and_then_each_replica() {
    run("a_write_reaches_the_primary_and_then_each_replica", async |lab| {
        open(lab).await?;
        show_table(lab, "accounts").await?;
        // Slow enough that the way can be seen: a message takes half a second.
        pace(lab, "20 ms").await?;
        sql(lab, "app, through the proxy", "INSERT INTO accounts VALUES (77, 'Grace', 90)").await?;
        until_row(lab, "db1", "77", "Grace 90").await?;
        until_row(lab, "db2", "77", "Grace 90").await?;
        until_row(lab, "db3", "77", "Grace 90").await?;
        answer(lab, "INSERT").await?;
        answer(lab, "through the proxy → db1").await?;
        Ok(())
    });
}

#[test]
fn errors_and_results_come_back() {
    run("errors_and_results_come_back", async |lab| {
        open(lab).await?;
        sql(lab, "straight to db2", "DELETE FROM accounts").await?;
        answer(lab, "cannot execute DELETE in a read-only transaction").await?;
        sql(lab, "app, through the proxy", "SELEC 1").await?;
        answer(lab, "syntax error").await?;
        sql(lab, "straight to db3", "SELECT owner FROM accounts WHERE id = 1").await?;
        answer(lab, "Ada").await?;
        // Up calls the statement before back.
        focus(lab, "textarea").await?;
        press(lab, Key::Up).await?;
        press(lab, Key::Up).await?;
        lab.until("history", "return document.querySelector('textarea').value === 'SELEC 1'").await?;
        Ok(())
    });
}

#[test]
fn a_replica_takes_over_from_a_crashed_primary() {
    run("a_replica_takes_over_from_a_crashed_primary", async |lab| {
        open(lab).await?;
        act(lab, "db1,", "Crash").await?;
        until_role(lab, "db1", "DOWN").await?;
        lab.until_text(".headline", "db1 is down").await?;
        promote(lab, "db2").await?;
        lab.until_text(".card:has([aria-label^='proxy'])", "writes → db2").await?;
        show_table(lab, "accounts").await?;
        sql(lab, "app, through the proxy", "INSERT INTO accounts VALUES (78, 'Tony', 5)").await?;
        until_row(lab, "db2", "78", "Tony 5").await?;
        until_row(lab, "db3", "78", "Tony 5").await?;
        lab.until_text(".tables-remark", "db1: is down").await?;
        Ok(())
    });
}

#[test]
fn a_former_primary_is_rewound_after_its_discarded_rows_were_shown() {
    run("a_former_primary_is_rewound_after_its_discarded_rows_were_shown", async |lab| {
        open(lab).await?;
        act(lab, "db1,", "Isolate").await?;
        // Its commit waits for a standby, and is in the log of db1 alone.
        sql(lab, "straight to db1", "INSERT INTO accounts VALUES (80, 'Lost', 1)").await?;
        // What the promotion loses is shown before, and so is what the rewind discards.
        act(lab, "db2,", "Promote").await?;
        lab.until_text(".discard-list", "'Lost'").await?;
        click_words(lab, ".discard-choice .button", "Promote db2").await?;
        until_role(lab, "db2", "PRIMARY").await?;
        // Else the healed links bring db3, which still follows db1, the very row that is to be discarded.
        until_role(lab, "db3", "SYNC").await?;
        act(lab, "proxy", "Heal all links").await?;
        act(lab, "db1,", "Rewind…").await?;
        lab.until_text(".discard-list", "'Lost'").await?;
        click_words(lab, ".discard-choice .button", "Rewind").await?;
        show_table(lab, "accounts").await?;
        sql(lab, "app, through the proxy", "INSERT INTO accounts VALUES (81, 'Kept', 2)").await?;
        until_row(lab, "db1", "81", "Kept 2").await?;
        until_row(lab, "db2", "81", "Kept 2").await?;
        lab.until(
            "the discarded row is gone",
            "return ![...document.querySelectorAll('.tables td, .tables th')].some(e => e.textContent === 'Lost')",
        )
        .await?;
        lab.until_text(".headline", "In step:").await?;
        Ok(())
    });
}

#[test]
fn a_cut_link_holds_changes_back_until_it_heals() {
    run("a_cut_link_holds_changes_back_until_it_heals", async |lab| {
        open(lab).await?;
        show_table(lab, "accounts").await?;
        act(lab, "Link db1 to db3", "Cut").await?;
        lab.find(".link.is-cut").await?;
        sql(lab, "straight to db1", "INSERT INTO accounts VALUES (79, 'Leslie', 1)").await?;
        until_row(lab, "db2", "79", "Leslie 1").await?;
        until_row(lab, "db3", "79", "missing").await?;
        act(lab, "Link db1 to db3", "Heal").await?;
        until_row(lab, "db3", "79", "Leslie 1").await?;
        lab.until("no link is cut", "return !document.querySelector('.link.is-cut')").await?;
        Ok(())
    });
}

#[test]
fn servers_join_up_to_nine_and_leave() {
    run("servers_join_up_to_nine_and_leave", async |lab| {
        open(lab).await?;
        show_table(lab, "accounts").await?;
        act(lab, "db2,", "Add replica db4").await?;
        until_row(lab, "db4", "1", "Ada 100").await?;
        click_words(lab, "[role=tab]", "Faults").await?;
        for n in 5..=9 {
            click_words(lab, ".action", &format!("Add replica db{n}")).await?;
            until_row(lab, &format!("db{n}"), "1", "Ada 100").await?;
        }
        lab.until_text(".panel", "nine are the most").await?;
        act(lab, "db4,", "Remove").await?;
        lab.until("db4 is gone", "return !document.querySelector(\"[aria-label^='db4,']\")").await?;
        Ok(())
    });
}

#[test]
fn a_base_backup_shows_how_far_it_is_and_ends_in_step() {
    run("a_base_backup_shows_how_far_it_is_and_ends_in_step", async |lab| {
        lab.open("").await?;
        scenario(lab, "The log it needs is gone: a base backup makes it whole").await?;
        // The scenario breaks db2 at 1 s, makes its log go, and copies db1 onto it at 7 s, over a slow link.
        pace(lab, "1 s").await?;
        lab.until_text(".headline", "has already been removed").await?;
        until_role(lab, "db2", "COPYING").await?;
        lab.until(
            "the card says how much has come",
            "return /copied [0-9.]+ [kM]?B of 4[.]0 MB, base backup of db1$/.test(
                 document.querySelector(\"[aria-label^='db2,']\").getAttribute('aria-label'))",
        )
        .await?;
        lab.until_text(".card:has([aria-label^='db2,'])", "no database yet").await?;
        until_role(lab, "db2", "ASYNC").await?;
        click_words(lab, "[role=tab]", "Tables").await?;
        lab.until_text(".tables-remark", "The same on every server").await?;
        // And once more by hand, from the card.
        act(lab, "db2,", "Base backup").await?;
        until_role(lab, "db2", "COPYING").await?;
        until_role(lab, "db2", "ASYNC").await?;
        Ok(())
    });
}
