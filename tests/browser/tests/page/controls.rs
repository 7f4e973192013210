//! Time, keys, menus and settings.

use browser_tests::prelude::*;

use crate::steps::*;

#[test]
fn time_stops_steps_and_goes_on() {
    run("time_stops_steps_and_goes_on", async |lab| {
        open(lab).await?;
        let clock = "return document.querySelector('.clock').textContent";
        focus(lab, "main").await?;
        press(lab, ' ').await?;
        lab.find("button[aria-label='Play']").await?;
        let stopped = lab.js(clock).await?;
        // So many frames are drawn meanwhile, with time to pass in each of them.
        lab.js("window.drawn = 0; (function next() { window.drawn += 1; requestAnimationFrame(next) })()").await?;
        lab.until("frames are drawn", "return window.drawn > 20").await?;
        assert_eq!(lab.js(clock).await?, stopped, "time stands still");
        press(lab, '.').await?;
        lab.until("an event later", &format!("{clock} > {stopped}")).await?;
        press(lab, ' ').await?;
        lab.find("button[aria-label='Pause']").await?;
        Ok(())
    });
}

#[test]
fn a_menu_takes_the_focus_and_gives_it_back() {
    run("a_menu_takes_the_focus_and_gives_it_back", async |lab| {
        open(lab).await?;
        focus(lab, "[aria-label^='db2,']").await?;
        press(lab, Key::Enter).await?;
        lab.until(
            "the first item has the focus",
            "return document.activeElement.matches('[role=menu] [role=menuitem]')",
        )
        .await?;
        press(lab, Key::Down).await?;
        lab.until("the second has it", "return document.activeElement.textContent.startsWith('Switch over')").await?;
        press(lab, Key::Escape).await?;
        lab.until("the card has it", "return document.activeElement.matches(\"[aria-label^='db2,']\")").await?;
        assert_eq!(lab.js("return document.querySelectorAll('[role=menu]').length").await?, json!(0));
        // A click does what Enter does, and a click beside the menu closes it.
        lab.find("[aria-label^='db3,']").await?.click().await?;
        lab.find("[role=menu][aria-label='db3']").await?;
        lab.find(".menu-backdrop").await?.click().await?;
        lab.until("it is closed", "return !document.querySelector('[role=menu]')").await?;
        Ok(())
    });
}

#[test]
fn settings_take_effect_and_mistakes_are_said() {
    run("settings_take_effect_and_mistakes_are_said", async |lab| {
        open(lab).await?;
        until_role(lab, "db2", "SYNC").await?;
        click_words(lab, "[role=tab]", "Settings").await?;
        set_standbys(lab, "ANY 1 (db2, db3)").await?;
        until_role(lab, "db3", "QUORUM").await?;
        set_standbys(lab, "").await?;
        until_role(lab, "db2", "ASYNC").await?;
        set_standbys(lab, "FIRST 1 (").await?;
        lab.find(".notice[role=alert]").await?;
        Ok(())
    });
}

#[test]
fn keys_that_come_at_once_all_count() {
    run("keys_that_come_at_once_all_count", async |lab| {
        open(lab).await?;
        focus(lab, "[id$='-tab-sequence']").await?;
        lab.js("for (let i = 0; i < 5; i++) document.activeElement.dispatchEvent(
                 new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }))")
            .await?;
        lab.until(
            "the fifth tab after it is open and has the focus",
            "return document.activeElement.matches(\"[id$='-tab-findings'][aria-selected=true]\")",
        )
        .await?;
        Ok(())
    });
}

async fn set_standbys(lab: &Lab, text: &str) -> WebDriverResult<()> {
    let text = json!(text);
    lab.js(&format!(
        "const i = document.querySelector('.field input[type=text]');
         i.value = {text};
         i.dispatchEvent(new Event('change', {{ bubbles: true }}))"
    ))
    .await?;
    Ok(())
}

#[test]
fn events_are_told_in_sentences() {
    run("events_are_told_in_sentences", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Events").await?;
        lab.until_text(".event-list", "WAL receiver").await?;
        act(lab, "db3,", "Freeze").await?;
        lab.until_text(".event-list", "db3 is frozen").await?;
        click_words(lab, ".chip", "Messages").await?;
        lab.until_text(".event-list", "sends").await?;
        Ok(())
    });
}

#[test]
fn the_line_above_the_instruments_moves() {
    run("the_line_above_the_instruments_moves", async |lab| {
        open(lab).await?;
        let height = "return document.querySelector('.instruments').getBoundingClientRect().height";
        let before = lab.js(height).await?;
        focus(lab, "[role=separator][tabindex]").await?;
        press(lab, Key::Up).await?;
        lab.until("the instruments grew", &format!("{height} > {before}")).await?;
        let grown = lab.js(height).await?;
        let line = lab.find("[role=separator][tabindex]").await?;
        lab.driver.action_chain().click_and_hold_element(&line).move_by_offset(0, 60).release().perform().await?;
        lab.until("the instruments shrank", &format!("{height} < {grown}")).await?;
        Ok(())
    });
}

#[test]
fn what_is_being_typed_stays() {
    run("what_is_being_typed_stays", async |lab| {
        open(lab).await?;
        click_words(lab, "[role=tab]", "Settings").await?;
        let field = lab.find(".field input[type=text]").await?;
        field.click().await?;
        field.send_keys(" x").await?;
        // The page is drawn anew meanwhile.
        for _ in 0..5 {
            let clock = lab.js("return document.querySelector('.clock').textContent").await?;
            lab.until("time goes by", &format!("return document.querySelector('.clock').textContent !== {clock}"))
                .await?;
        }
        lab.until(
            "the draft is there",
            "return document.querySelector('.field input[type=text]').value.endsWith(' x')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn cards_move_by_keyboard_and_go_back() {
    run("cards_move_by_keyboard_and_go_back", async |lab| {
        open(lab).await?;
        let place = "return document.querySelector(\".card:has([aria-label^='db2,'])\").getAttribute('transform')";
        let before = lab.js(place).await?;
        focus(lab, "[aria-label^='db2,']").await?;
        press(lab, Key::Left).await?;
        lab.until("it moved", &format!("{} !== {before}", place)).await?;
        // The pointer drags what it holds.
        let moved = lab.js(place).await?;
        let card = lab.find("[aria-label^='db2,']").await?;
        lab.driver.action_chain().click_and_hold_element(&card).move_by_offset(-60, 30).release().perform().await?;
        lab.until("it was dragged", &format!("{} !== {moved}", place)).await?;
        lab.until("a drag opens no menu", "return !document.querySelector('[role=menu]')").await?;
        click_words(lab, ".legend-switch", "Tidy up").await?;
        lab.until("it went back", &format!("{} === {before}", place)).await?;
        Ok(())
    });
}
