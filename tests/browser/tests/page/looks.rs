//! Sizes, themes, motion.

use browser_tests::prelude::*;

use crate::steps::*;

const SIZES: [(u32, u32); 3] = [(1440, 900), (1024, 768), (390, 844)];

#[test]
fn nothing_leaves_the_page_at_any_size() {
    run("nothing_leaves_the_page_at_any_size", async |lab| {
        open(lab).await?;
        for (width, height) in SIZES {
            lab.viewport(width, height).await?;
            lab.until(
                &format!("nothing sticks out at {width} x {height}"),
                "return document.documentElement.scrollWidth <= document.documentElement.clientWidth",
            )
            .await?;
            lab.until(
                &format!("every card is on the stage at {width} x {height}"),
                "const stage = document.querySelector('.board').getBoundingClientRect();
                 return [...document.querySelectorAll('.card-body')].every(c => {
                     const r = c.getBoundingClientRect();
                     return r.width > 60 && r.left >= stage.left && r.right <= stage.right + 1;
                 })",
            )
            .await?;
        }
        lab.screenshot("page-phone").await?;
        let small = lab
            .js("return [...document.querySelectorAll('button, select, input, textarea')]
                     .map(e => e.type === 'checkbox' ? e.closest('label') ?? e : e)
                     .filter(e => e.offsetParent && e.getBoundingClientRect().height < 43.5)
                     .map(e => e.textContent || e.getAttribute('aria-label')).join('; ')")
            .await?;
        assert_eq!(small, json!(""), "touch targets that are too small");
        let narrow = lab
            .js("const ink = document.createElement('canvas').getContext('2d');
                 return [...document.querySelectorAll('select')].filter(e => e.offsetParent).filter(e => {
                     const s = getComputedStyle(e);
                     ink.font = `${s.fontSize} ${s.fontFamily}`;
                     const words = Math.max(...[...e.options].map(o => ink.measureText(o.textContent).width));
                     // The arrow is about as wide as its letters are high.
                     const arrow = parseFloat(s.fontSize);
                     return e.offsetWidth < words + parseFloat(s.paddingLeft) + parseFloat(s.paddingRight) + arrow;
                 }).map(e => e.getAttribute('aria-label')).join('; ')")
            .await?;
        assert_eq!(narrow, json!(""), "choices that are cut off");
        Ok(())
    });
}

#[test]
fn words_in_the_header_take_no_buttons_room() {
    run("words_in_the_header_take_no_buttons_room", async |lab| {
        lab.viewport(1024, 768).await?;
        lab.open("?lang=de").await?;
        lab.find("[aria-label^='db1,']").await?;
        // As long as a failover's tally becomes.
        lab.js("for (const words of ['43 fehlgeschlagen', '3 ungewiss', '12 verloren']) {
                    const span = document.createElement('span');
                    span.textContent = words;
                    document.querySelector('.tally').append(span);
                }")
            .await?;
        let crowded = lab
            .js("return [...document.querySelectorAll('.header .button')]
                     .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth).map(e => e.textContent).join('; ')")
            .await?;
        assert_eq!(crowded, json!(""), "buttons with less room than words");
        let worst =
            "const [line, word] = [document.querySelector('.tally'), document.querySelector('.tally').lastChild]
                 .map(e => e.getBoundingClientRect());
             return word.width > 20 && word.top >= line.top - 1 && word.bottom <= line.bottom + 1";
        assert_eq!(lab.js(worst).await?, json!(true), "the worst is seen");
        Ok(())
    });
}

#[test]
fn the_theme_follows_the_system_until_one_is_chosen() {
    run("the_theme_follows_the_system_until_one_is_chosen", async |lab| {
        let ground = "return getComputedStyle(document.querySelector('.stage')).backgroundColor";
        lab.media(&[("prefers-color-scheme", "dark")]).await?;
        open(lab).await?;
        let dark = lab.js(ground).await?;
        lab.media(&[("prefers-color-scheme", "light")]).await?;
        lab.until("it follows", &format!("{ground} !== {dark}")).await?;
        let button = "button[aria-label^='Theme']";
        lab.find(button).await?.click().await?;
        lab.find(".rl[data-theme=light]").await?;
        lab.find(button).await?.click().await?;
        lab.until("dark was chosen", &format!("{ground} === {dark}")).await?;
        // It is remembered.
        open(lab).await?;
        lab.find(".rl[data-theme=dark]").await?;
        Ok(())
    });
}

#[test]
fn with_reduced_motion_time_waits_for_the_reader() {
    run("with_reduced_motion_time_waits_for_the_reader", async |lab| {
        lab.media(&[("prefers-reduced-motion", "reduce")]).await?;
        lab.open("").await?;
        lab.find("button[aria-label='Play']").await?;
        Ok(())
    });
}

#[test]
fn help_opens_and_closes_by_key() {
    run("help_opens_and_closes_by_key", async |lab| {
        open(lab).await?;
        focus(lab, "main").await?;
        press(lab, '?').await?;
        lab.until_text("dialog[open]", "Ctrl+Enter").await?;
        press(lab, Key::Escape).await?;
        lab.until("it is closed", "return !document.querySelector('dialog')").await?;
        Ok(())
    });
}
