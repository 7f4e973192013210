//! Where reads go, what they wait for, and what the servers do in a second.

use browser_tests::prelude::*;

use crate::steps::*;

#[test]
fn the_proxys_policies_change_while_the_cluster_runs() {
    run("the_proxys_policies_change_while_the_cluster_runs", async |lab| {
        open(lab).await?;
        scenario(lab, "A read misses its own session's write").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Settings").await?;
        choose(lab, ".panel select:has(option[value=wait_for_lsn])", "wait_for_lsn").await?;
        click_words(lab, "[role=tab]", "Events").await?;
        click_words(lab, ".chip", "Reads").await?;
        lab.until_text(".events", "wait until it has applied the session's last write").await?;
        Ok(())
    });
}

#[test]
fn the_throughput_of_each_server_is_shown() {
    run("the_throughput_of_each_server_is_shown", async |lab| {
        open(lab).await?;
        scenario(lab, "Reads scale with replicas, writes do not: two replicas").await?;
        pace(lab, "1 s").await?;
        click_words(lab, "[role=tab]", "Lag").await?;
        click_words(lab, ".lag .chip", "By server").await?;
        // The primary logs what the replicas apply, and answers no read; each replica answers hundreds.
        lab.until(
            "the figures of each server",
            "const cells = name => {
                 const row = [...document.querySelectorAll('.throughput tbody tr')]
                     .find(row => row.querySelector('th').textContent.startsWith(name));
                 return row ? [...row.querySelectorAll('td.is-number')].map(cell => Number(cell.textContent)) : [];
             };
             const [db1, db2, db3] = ['db1', 'db2', 'db3'].map(cells);
             return db1[0] === 0 && db1[1] > 50 && db2[0] > 200 && db3[0] > 200 && db2[1] === 0 && db2[2] > 50",
        )
        .await?;
        Ok(())
    });
}
