//! Each lesson, worked through as a learner would: read, predict, type, break things, go on.

use browser_tests::prelude::*;

/// How often a step is waited for as long as everything else: a failover takes its time in a lesson.
const PATIENCE: u32 = 6;
/// A faster pace than a learner's, where nothing has to be looked at.
const QUICK: &str = "1 s";

const UPDATE: &str = "UPDATE accounts SET balance = balance + 10 WHERE id = 1";

/// Opens a lesson by its address.
async fn open(lab: &Lab, language: &str, name: &str) -> WebDriverResult<()> {
    lab.open(&format!("?lang={language}#lesson={name}")).await?;
    lab.find(".lesson h2").await?;
    Ok(())
}

/// Chooses a speed.
async fn speed(lab: &Lab, label: &str) -> WebDriverResult<()> {
    crate::steps::choose(lab, ".pace-choice select", label).await
}

/// Lets time pass.
async fn play(lab: &Lab) -> WebDriverResult<()> {
    lab.until(
        "time passes",
        "const b = document.querySelector('.is-play');
         const paused = !b.querySelector('path').getAttribute('d').startsWith('M4 3h3');
         if (paused) b.click();
         return !paused",
    )
    .await
}

/// Locks the prediction at this place of the choices.
async fn choose(lab: &Lab, place: usize) -> WebDriverResult<()> {
    let choices = format!("document.querySelectorAll('.lesson-choice input')[{place}]");
    lab.until("a prediction is asked for", &format!("{choices}?.click(); return !!{choices}")).await?;
    lock(lab).await
}

/// Locks a number as a prediction.
async fn number(lab: &Lab, number: &str) -> WebDriverResult<()> {
    lab.find(".lesson-number input").await?.send_keys(number).await?;
    lock(lab).await
}

async fn lock(lab: &Lab) -> WebDriverResult<()> {
    lab.until("it can be locked", "return !document.querySelector('.lesson-ask button')?.disabled").await?;
    lab.find(".lesson-ask button").await?.click().await?;
    lab.find(".lesson-ask.is-locked").await?;
    Ok(())
}

/// Runs a statement as the client.
async fn sql(lab: &Lab, text: &str) -> WebDriverResult<()> {
    tab(lab, "write").await?;
    let field = lab.find("textarea.sql").await?;
    field.clear().await?;
    field.send_keys(text).await?;
    field.send_keys(Key::Control + Key::Enter).await
}

/// Opens a tab by its key.
async fn tab(lab: &Lab, key: &str) -> WebDriverResult<()> {
    lab.find(&format!("[role=tab][id$='-tab-{key}']")).await?.click().await
}

/// Opens a card's or link's menu by keyboard and takes the first item whose words or hint begin with one of these.
async fn act(lab: &Lab, card: &str, words: &[&str]) -> WebDriverResult<()> {
    crate::steps::focus(lab, &format!("[role=button][aria-label^='{card}']")).await?;
    crate::steps::press(lab, Key::Enter).await?;
    let words = json!(words);
    lab.until(
        &format!("the menu has {words}"),
        &format!(
            "const e = [...document.querySelectorAll('[role=menuitem]')]
                 .find(e => [...e.children, e].some(part => {words}.some(w => part.textContent.trim().startsWith(w))));
             e?.click();
             return !!e"
        ),
    )
    .await
}

/// Presses a button of the panel's faults by its place among them.
async fn fault(lab: &Lab, words: &[&str]) -> WebDriverResult<()> {
    tab(lab, "faults").await?;
    let words = json!(words);
    lab.until(
        &format!("a fault is called {words}"),
        &format!(
            "const e = [...document.querySelectorAll('.panel button')]
                 .find(e => e.offsetParent && !e.disabled && {words}.some(w => e.textContent.trim().startsWith(w)));
             e?.click();
             return !!e"
        ),
    )
    .await
}

const CUT: [&str; 2] = ["Cut db1 off", "db1 von"];
const CRASH: [&str; 2] = ["Crash", "Absturz"];
const KILL: [&str; 2] = ["Kill", "Prozess"];
const PROMOTE: [&str; 2] = ["Promote", "Befördern"];
const BRING_BACK: [&str; 2] = ["Bring servers back", "Server zurück"];

/// Promotes a server that lacks something, and confirms.
async fn promote(lab: &Lab, node: &str) -> WebDriverResult<()> {
    act(lab, &format!("{node},"), &PROMOTE).await?;
    lab.until(
        "it is confirmed",
        "document.querySelector('.discard-choice .button')?.click();
         return !document.querySelector('.discard-choice')",
    )
    .await
}

/// Sets a setting in the panel.
async fn set(lab: &Lab, name: &str, value: &str) -> WebDriverResult<()> {
    tab(lab, "settings").await?;
    let (name, value) = (json!(name), json!(value));
    lab.until(
        &format!("{name} can be set"),
        &format!(
            "const field = [...document.querySelectorAll('.panel .field')]
                 .find(f => f.offsetParent && f.querySelector('code')?.textContent === {name});
             const input = field?.querySelector('input, select');
             if (!input) return false;
             input.focus();
             input.value = {value};
             input.dispatchEvent(new Event('input', {{ bubbles: true }}));
             input.dispatchEvent(new Event('change', {{ bubbles: true }}));
             input.blur();
             return true"
        ),
    )
    .await
}

/// Goes on, as soon as the step is done; what was revealed in it.
async fn next(lab: &Lab) -> WebDriverResult<String> {
    let title = lab.text(".lesson h2").await?;
    for left in (0..PATIENCE).rev() {
        let what = format!("{title} is done");
        match lab.until(&what, "return document.querySelector('.lesson-next')?.disabled === false").await {
            Err(_) if left > 0 => {}
            done => {
                done?;
                break;
            }
        }
    }
    let revealed =
        lab.js("return [...document.querySelectorAll('.lesson-reveal')].map(e => e.className).join()").await?;
    lab.find(".lesson-next").await?.click().await?;
    let title = json!(title);
    lab.until(
        "the next step is shown",
        &format!("return document.querySelector('.lesson h2').textContent !== {title}"),
    )
    .await?;
    Ok(revealed.as_str().unwrap_or_default().to_owned())
}

/// What was predicted rightly and wrongly is told as such.
async fn next_with(lab: &Lab, verdict: &str) -> WebDriverResult<()> {
    let revealed = next(lab).await?;
    assert!(revealed.contains(verdict), "{verdict} was expected; the page says {revealed:?}");
    Ok(())
}

const RIGHT: &str = "is-right";
const WRONG: &str = "is-wrong";

/// The lesson says that it is over.
async fn until_over(lab: &Lab) -> WebDriverResult<()> {
    lab.until("the lesson is over", "return !document.querySelector('.lesson-next')").await
}

async fn a_writes_journey(lab: &Lab) -> WebDriverResult<()> {
    next(lab).await?;
    speed(lab, "100 ms").await?;
    sql(lab, "SELECT * FROM accounts").await?;
    next(lab).await?;
    // Far too long: wrong, whatever the machine.
    number(lab, "500").await?;
    sql(lab, UPDATE).await?;
    next_with(lab, WRONG).await?;
    lab.find(".stepping button").await?.click().await?;
    next(lab).await?;
    choose(lab, 1).await?;
    speed(lab, "50 ms").await?;
    sql(lab, UPDATE).await?;
    next_with(lab, RIGHT).await?;
    speed(lab, "100 ms").await?;
    play(lab).await?;
    next(lab).await?;
    act(lab, "db2,", &["pg_wal_replay_pause()"]).await?;
    choose(lab, 0).await?;
    speed(lab, "100 ms").await?;
    sql(lab, UPDATE).await?;
    next_with(lab, RIGHT).await?;
    tab(lab, "tables").await?;
    act(lab, "db2,", &["pg_wal_replay_resume()"]).await?;
    play(lab).await?;
    next(lab).await?;
    until_over(lab).await
}

async fn synchronous_or_asynchronous(lab: &Lab) -> WebDriverResult<()> {
    choose(lab, 2).await?;
    play(lab).await?;
    next_with(lab, WRONG).await?;
    fault(lab, &CUT).await?;
    next(lab).await?;
    choose(lab, 1).await?;
    act(lab, "db1,", &CRASH).await?;
    promote(lab, "db2").await?;
    play(lab).await?;
    next_with(lab, RIGHT).await?;
    set(lab, "synchronous_standby_names", "FIRST 1 (db2, db3)").await?;
    next(lab).await?;
    number(lab, "310").await?;
    speed(lab, QUICK).await?;
    play(lab).await?;
    next_with(lab, RIGHT).await?;
    choose(lab, 1).await?;
    act(lab, "db2,", &KILL).await?;
    act(lab, "db3,", &KILL).await?;
    next_with(lab, RIGHT).await?;
    fault(lab, &BRING_BACK).await?;
    next(lab).await?;
    choose(lab, 1).await?;
    fault(lab, &CUT).await?;
    act(lab, "db1,", &CRASH).await?;
    promote(lab, "db2").await?;
    play(lab).await?;
    next_with(lab, WRONG).await?;
    next(lab).await?;
    until_over(lab).await
}

#[test]
fn the_lesson_of_a_write_is_worked_through_and_kept_over_a_reload() {
    run("the_lesson_of_a_write_is_worked_through_and_kept_over_a_reload", async |lab| {
        // By the list, and by keyboard.
        lab.open("?lang=en").await?;
        crate::steps::click_words(lab, ".header .button", "Lessons").await?;
        lab.find(".lesson-row .button.is-primary").await?.send_keys(Key::Enter).await?;
        lab.until_text(".lesson-title", "A write's journey").await?;
        lab.until(
            "something is pointed at",
            "return document.querySelector('.lesson-ring:not([hidden])')?.offsetWidth > 40",
        )
        .await?;
        // What was done is still there after a reload: the step, its run, and the prediction.
        next(lab).await?;
        speed(lab, "200 ms").await?;
        sql(lab, "SELECT * FROM accounts").await?;
        next(lab).await?;
        number(lab, "500").await?;
        sql(lab, UPDATE).await?;
        lab.find(".lesson-reveal.is-wrong").await?;
        lab.driver.refresh().await?;
        lab.until_text(".lesson-count", "3").await?;
        lab.until_text(".lesson-ask.is-locked", "500 ms").await?;
        lab.until(
            "the run is the one that was",
            "return parseFloat(document.querySelector('.clock').textContent.split(':').pop()) > 1",
        )
        .await?;
        // Left, it is offered to be gone on with; cleared, it is not.
        lab.find("[aria-label='Leave the lesson']").await?.click().await?;
        lab.until("the panel is gone", "return !document.querySelector('.lesson')").await?;
        crate::steps::click_words(lab, ".header .button", "Lessons").await?;
        lab.until_text(".lesson-list", "Step 3 of 8").await?;
        crate::steps::click_words(lab, ".lesson-clear .button", "Clear progress").await?;
        lab.until("nothing is kept", "return !document.querySelector('.lesson-clear') && !document.querySelector('.lesson-list').textContent.includes('Step 3')").await?;
        crate::steps::click_words(lab, ".lesson-row .button", "Begin").await?;
        lab.until_text(".lesson-count", "Step 1 of 8").await?;
        a_writes_journey(lab).await?;
        Ok(())
    });
}

#[test]
fn the_lesson_of_synchronous_replication_is_worked_through() {
    run("the_lesson_of_synchronous_replication_is_worked_through", async |lab| {
        open(lab, "en", "synchronous-or-asynchronous").await?;
        synchronous_or_asynchronous(lab).await?;
        Ok(())
    });
}

#[test]
fn the_lesson_of_reading_is_worked_through() {
    run("the_lesson_of_reading_is_worked_through", async |lab| {
        open(lab, "en", "reading-from-replicas").await?;
        choose(lab, 0).await?;
        play(lab).await?;
        next_with(lab, WRONG).await?;
        sql(lab, "UPDATE kv SET value = 'mine' WHERE id = 1").await?;
        sql(lab, "SELECT * FROM kv WHERE id = 1").await?;
        next(lab).await?;
        choose(lab, 2).await?;
        next_with(lab, RIGHT).await?;
        tab(lab, "findings").await?;
        lab.until("a finding is clicked", "const f = document.querySelector('.finding'); f?.click(); return !!f")
            .await?;
        next(lab).await?;
        choose(lab, 0).await?;
        next_with(lab, RIGHT).await?;
        set(lab, "causal_reads", "primary_after_write").await?;
        choose(lab, 1).await?;
        play(lab).await?;
        next_with(lab, RIGHT).await?;
        set(lab, "causal_reads", "wait_for_lsn").await?;
        choose(lab, 0).await?;
        play(lab).await?;
        next_with(lab, WRONG).await?;
        next(lab).await?;
        until_over(lab).await?;
        Ok(())
    });
}

#[test]
fn the_lesson_of_failover_is_worked_through() {
    run("the_lesson_of_failover_is_worked_through", async |lab| {
        open(lab, "en", "failover").await?;
        speed(lab, QUICK).await?;
        play(lab).await?;
        next(lab).await?;
        choose(lab, 2).await?;
        act(lab, "db1,", &CRASH).await?;
        play(lab).await?;
        next_with(lab, RIGHT).await?;
        tab(lab, "events").await?;
        next(lab).await?;
        choose(lab, 0).await?;
        next_with(lab, WRONG).await?;
        choose(lab, 0).await?;
        next(lab).await?;
        choose(lab, 1).await?;
        act(lab, "db1,", &["Restart"]).await?;
        next_with(lab, RIGHT).await?;
        choose(lab, 1).await?;
        // It is offered as soon as db1 streams.
        crate::steps::until_role(lab, "db1", "ASYNC").await?;
        act(lab, "db1,", &["Switch over"]).await?;
        next_with(lab, RIGHT).await?;
        until_over(lab).await?;
        Ok(())
    });
}

/// Cuts db1 off from the other room.
async fn cut_the_rooms_apart(lab: &Lab) -> WebDriverResult<()> {
    fault(lab, &CUT).await?;
    for end in ["store", "far"] {
        let link = format!(
            "[...document.querySelectorAll('.link')]
                 .find(l => ['db1', '{end}'].every(name => l.getAttribute('aria-label').includes(name)))"
        );
        lab.until(
            "the link has the focus",
            &format!("const l = {link}; l?.focus(); return !!l && document.activeElement === l"),
        )
        .await?;
        crate::steps::press(lab, Key::Enter).await?;
        crate::steps::click_words(lab, "[role=menuitem]", "Cut").await?;
        lab.until("the menu is gone", "return !document.querySelector('[role=menu]')").await?;
    }
    speed(lab, QUICK).await?;
    play(lab).await
}

#[test]
fn the_lesson_of_split_brain_is_worked_through() {
    run("the_lesson_of_split_brain_is_worked_through", async |lab| {
        open(lab, "en", "split-brain-and-return").await?;
        play(lab).await?;
        next(lab).await?;
        choose(lab, 0).await?;
        cut_the_rooms_apart(lab).await?;
        next_with(lab, WRONG).await?;
        tab(lab, "tables").await?;
        choose(lab, 1).await?;
        next_with(lab, RIGHT).await?;
        fault(lab, &["Heal all links"]).await?;
        next(lab).await?;
        choose(lab, 1).await?;
        act(lab, "db1,", &["Rewind"]).await?;
        crate::steps::click_words(lab, ".discard-choice .button", "Rewind").await?;
        play(lab).await?;
        next_with(lab, RIGHT).await?;
        // Another run, without fencing's absence.
        lab.until_text(".subject", "with fencing").await?;
        choose(lab, 0).await?;
        cut_the_rooms_apart(lab).await?;
        next_with(lab, RIGHT).await?;
        choose(lab, 1).await?;
        next_with(lab, RIGHT).await?;
        next(lab).await?;
        until_over(lab).await?;
        Ok(())
    });
}

#[test]
fn the_first_two_lessons_are_there_in_german() {
    run("the_first_two_lessons_are_there_in_german", async |lab| {
        open(lab, "de", "a-writes-journey").await?;
        lab.until_text(".lesson-title", "Die Reise eines Schreibvorgangs").await?;
        a_writes_journey(lab).await?;
        lab.until_text(".lesson h2", "zu Ende").await?;
        open(lab, "de", "synchronous-or-asynchronous").await?;
        lab.until_text(".lesson-title", "Synchron oder asynchron").await?;
        synchronous_or_asynchronous(lab).await?;
        // The others say that they are in English.
        open(lab, "de", "failover").await?;
        lab.until_text(".lesson-note", "nur auf Englisch").await?;
        Ok(())
    });
}

#[test]
fn a_lesson_copes_with_another_run_and_with_time_travel() {
    run("a_lesson_copes_with_another_run_and_with_time_travel", async |lab| {
        open(lab, "en", "failover").await?;
        speed(lab, QUICK).await?;
        play(lab).await?;
        next(lab).await?;
        // Back to before the step began.
        lab.find(".timeline .handle").await?.send_keys(Key::Home).await?;
        lab.until_text(".lesson-trouble", "before").await?;
        lab.find(".lesson-trouble .button").await?.click().await?;
        lab.until("it is back", "return !document.querySelector('.lesson-trouble')").await?;
        // Another run, and back to the lesson's.
        crate::steps::scenario(lab, "One primary, two replicas").await?;
        lab.until_text(".lesson-trouble", "Another run").await?;
        lab.find(".lesson-trouble .button").await?.click().await?;
        lab.until_text(".subject", "Failover").await?;
        lab.until_text(".lesson-count", "Step 2").await?;
        lab.until("it is back", "return !document.querySelector('.lesson-trouble')").await?;
        Ok(())
    });
}

#[test]
fn an_address_leads_to_a_step_and_follows_the_learner() {
    run("an_address_leads_to_a_step_and_follows_the_learner", async |lab| {
        let hash = "return location.hash";
        // Far ahead: with the run of that step, and the word that nothing of what leads there was done.
        open(lab, "en", "failover/4").await?;
        lab.until_text(".lesson-count", "Step 4 of 7").await?;
        lab.until_text(".lesson-note", "You came straight to this step").await?;
        let kept = "return localStorage.getItem('replication-lab.lesson.failover')?.startsWith('3') ?? false";
        lab.until("the step is kept", kept).await?;
        // A step before is read again, and loses nothing of how far one came.
        crate::steps::click_words(lab, ".lesson-foot .button", "Back").await?;
        lab.until("the address follows", &format!("{hash} === '#lesson=failover/3'")).await?;
        lab.driver.refresh().await?;
        lab.until_text(".lesson-count", "Step 3 of 7").await?;
        crate::steps::click_words(lab, ".lesson-foot .button", "Next").await?;
        lab.until_text(".lesson-count", "Step 4 of 7").await?;
        lab.until("the address follows", &format!("{hash} === '#lesson=failover/4'")).await?;
        // What is no step is the lesson.
        for wrong in ["99", "0", "x", "-1", "4/../4"] {
            lab.driver.goto("about:blank").await?;
            open(lab, "en", &format!("failover/{wrong}")).await?;
            lab.until_text(".lesson-count", "Step 4 of 7").await?;
        }
        Ok(())
    });
}

#[test]
fn a_lesson_is_read_from_its_first_heading_on() {
    run("a_lesson_is_read_from_its_first_heading_on", async |lab| {
        lab.viewport(390, 844).await?;
        open(lab, "en", "failover").await?;
        // More than fits, and all of it came by itself.
        lab.until(
            "the step is there as far as it waits for somebody",
            "const body = document.querySelector('.lesson-body');
             return document.querySelector('.lesson-gate') && body.scrollHeight > body.clientHeight + 44",
        )
        .await?;
        let heading = "const body = document.querySelector('.lesson-body');
             return body.querySelector('h2').getBoundingClientRect().top - body.getBoundingClientRect().top";
        let top = lab.js(heading).await?;
        assert!(top.as_f64().is_some_and(|top| top >= 0.0), "the heading begins at {top}");
        Ok(())
    });
}

#[test]
fn a_step_is_done_by_keyboard_alone() {
    run("a_step_is_done_by_keyboard_alone", async |lab| {
        use crate::steps::press;
        open(lab, "en", "failover/4").await?;
        crate::steps::focus(lab, ".lesson-body").await?;
        // Tab leads into the prediction; an arrow chooses, Tab leads to the lock.
        press(lab, Key::Tab).await?;
        lab.until("the first choice has the focus", "return document.activeElement.type === 'radio'").await?;
        press(lab, Key::Down).await?;
        lab.until("a choice is made", "return document.querySelectorAll('.lesson-ask input:checked').length === 1")
            .await?;
        press(lab, Key::Tab).await?;
        press(lab, Key::Enter).await?;
        lab.find(".lesson-ask.is-locked").await?;
        // The focus was on a button that is gone: it is still in the panel, or one Tab away from where it can go on.
        play(lab).await?;
        lab.until("the step is done", "return document.querySelector('.lesson-next')?.disabled === false").await?;
        crate::steps::focus(lab, ".lesson-body").await?;
        for _ in 0..6 {
            press(lab, Key::Tab).await?;
            if lab.js("return document.activeElement.className.includes('lesson-next')").await? == json!(true) {
                break;
            }
        }
        press(lab, Key::Enter).await?;
        lab.until_text(".lesson-count", "Step 5 of 7").await?;
        lab.until("the new step's heading has the focus", "return document.activeElement.matches('.lesson h2')")
            .await?;
        Ok(())
    });
}
