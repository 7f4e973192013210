//! A task is read, tried wrongly and rightly, and handed in.

use std::path::Path;
use std::process::Command;

use browser_tests::prelude::*;

use crate::barriers::no_barrier;
use crate::steps::*;

/// Takes what is copied.
const CATCHING: &str = "Object.defineProperty(navigator, 'clipboard', { value: { writeText: t => {
    window.copied = t; return Promise.resolve() } } });";

const TITLE: &str = "Assignment: no silent fall back";

/// Changes a setting in the task by its name.
async fn set(lab: &Lab, name: &str, value: &str) -> WebDriverResult<()> {
    let (name, value) = (json!(name), json!(value));
    lab.until(
        &format!("{name} can be set"),
        &format!(
            "const label = [...document.querySelectorAll('.task label.field')].find(l => l.textContent.includes({name}));
             const input = label?.querySelector('input, select');
             if (!input) return false;
             input.value = {value};
             input.dispatchEvent(new Event('input', {{ bubbles: true }}));
             input.dispatchEvent(new Event('change', {{ bubbles: true }}));
             return true"
        ),
    )
    .await
}

async fn check(lab: &Lab) -> WebDriverResult<()> {
    click_words(lab, ".task .button", "Check my answer").await
}

/// What `replication-lab check` says of a link, held against the task.
fn checked(link: &str, assignment: &str) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--bin", "replication-lab", "--", "check", link, "--assignment", assignment])
        .current_dir(root)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), said)
}

#[test]
fn a_task_is_solved_and_its_link_passes_on_the_command_line() {
    run("a_task_is_solved_and_its_link_passes_on_the_command_line", async |lab| {
        lab.before_scripts(CATCHING).await?;
        open(lab).await?;
        scenario(lab, TITLE).await?;
        lab.until_text(".panel [role=tab][aria-selected=true]", "Task").await?;
        lab.until_text(".task", "No client may be told").await?;
        lab.until_text(".condition-detail:last-child", "now").await?;
        // Doing nothing is no solution, and is told condition by condition.
        check(lab).await?;
        lab.until_text(".task .outcome", "Not yet: 2 of 3 conditions are not met").await?;
        // Another language says the same verdict.
        lab.find(".is-language").await?.click().await?;
        lab.until_text(".task .outcome", "2 von 3 Bedingungen sind nicht erf").await?;
        lab.until_text(".task", "Keinem Client darf gesagt werden").await?;
        lab.find(".is-language").await?.click().await?;
        lab.until_text(".task .outcome", "Not yet: 2 of 3").await?;
        assert_eq!(
            lab.js("return [...document.querySelectorAll('.condition')].map(c => c.className.split('is-')[1])").await?,
            json!(["broken", "broken", "held"])
        );
        // A wrong idea: what was checked is not what stands there now.
        set(lab, "wait_for_replica_", "2").await?;
        lab.until_text(".changes", "1 → 2").await?;
        lab.until_text(".task", "You have changed something since").await?;
        set(lab, "wait_for_replica_", "1").await?;
        set(lab, "source_timeout", "10000").await?;
        lab.until_text(".changes", "1000 → 10000").await?;
        // Something that is not theirs to change is told, and nothing is run.
        click_words(lab, "[role=tab]", "Settings").await?;
        lab.until(
            "the workload is turned down",
            "const field = [...document.querySelectorAll('.load input')][0];
             field.value = '1';
             for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));
             return true",
        )
        .await?;
        click_words(lab, "[role=tab]", "Task").await?;
        lab.until_text(".change.is-forbidden", "must not be changed").await?;
        check(lab).await?;
        lab.until_text(".task .outcome", "Not run").await?;
        click_words(lab, "[role=tab]", "Settings").await?;
        lab.js("const field = [...document.querySelectorAll('.load input')][0];
             field.value = '20';
             for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));")
            .await?;
        click_words(lab, "[role=tab]", "Task").await?;
        // A crash to see what happens is no part of the answer.
        act(lab, "db3,", "Crash").await?;
        lab.until_text(".task", "no part of your answer").await?;
        check(lab).await?;
        lab.until_text(".task .outcome.is-met", "Solved: every condition is met, with 2 seeds").await?;
        no_barrier(lab, "a task that is solved").await?;
        click_words(lab, ".hand-in .button", "Copy link").await?;
        lab.until_text(".hand-in [role=status]", "Copied").await?;
        let link = lab.js("return window.copied").await?;
        let link = link.as_str().unwrap_or_default();
        let (passed, said) = checked(link, "scenarios/assignments/mysql-no-silent-fall-back.toml");
        assert!(passed && said.contains("ok    link (3 conditions with 2 seeds)"), "{said}");
        // It opens at its end, with what was changed.
        lab.driver.goto("about:blank").await?;
        lab.open(&link[link.find('#').unwrap_or(0)..]).await?;
        lab.until_text(".clock", "00:12.000").await?;
        lab.until_text(".changes", "1000 → 10000").await?;
        // And from the beginning.
        click_words(lab, ".task .button", "Begin again with these").await?;
        lab.until_text(".clock", "00:00").await?;
        lab.until_text(".changes", "1000 → 10000").await?;
        Ok(())
    });
}

#[test]
fn a_task_fits_a_phone_and_its_check_can_be_called_off() {
    run("a_task_fits_a_phone_and_its_check_can_be_called_off", async |lab| {
        lab.viewport(390, 844).await?;
        open(lab).await?;
        scenario(lab, "Assignment: lose nothing, stay quick").await?;
        check(lab).await?;
        click_words(lab, ".task .button", "Cancel").await?;
        lab.until("there is no verdict", "return !document.querySelector('.task progress, .task .outcome')").await?;
        let wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        lab.until("nothing sticks out", wide).await?;
        let small = lab
            .js("return [...document.querySelectorAll('.task :is(.button, .chip, input, select)')]
                     .filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.textContent).join('; ')")
            .await?;
        assert_eq!(small, json!(""), "touch targets that are too small");
        Ok(())
    });
}
