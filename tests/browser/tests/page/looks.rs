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

#[test]
fn the_page_draws_when_its_worker_has_died() {
    run("the_page_draws_when_its_worker_has_died", async |lab| {
        lab.before_scripts(
            "window.painters = [];
             window.told = 0;
             const Native = window.Worker;
             window.Worker = class extends Native {
                 constructor(...all) {
                     super(...all);
                     window.painters.push(this);
                 }
                 postMessage(...all) {
                     super.postMessage(...all);
                     window.told += 1;
                 }
             };",
        )
        .await?;
        open(lab).await?;
        lab.until("a worker draws", "return window.painters.length === 1 && window.told > 20").await?;
        // Nobody says so.
        lab.js("window.painters[0].terminate()").await?;
        for canvas in ["canvas.is-packets", ".sequence-plot canvas"] {
            // What a worker was given cannot be read here.
            lab.until(
                "the page draws, and goes on",
                &format!(
                    "const canvas = document.querySelector('{canvas}');
                     let ink;
                     try {{ ink = canvas.getContext('2d') }} catch {{ return false }}
                     const data = ink.getImageData(0, 0, canvas.width, canvas.height).data;
                     const sum = data.reduce((sum, one, at) => (sum * 31 + one + at) % 1000003, 7);
                     const drawn = data.some(one => one !== 0);
                     const before = (window.sums ??= {{}})['{canvas}'];
                     if (drawn) window.sums['{canvas}'] ??= sum;
                     return drawn && before !== undefined && before !== sum"
                ),
            )
            .await?;
        }
        Ok(())
    });
}

/// Letters that are half as wide again as others, and more commands than the line keeps marks of.
fn crowded() -> String {
    let mut text = String::from(
        "title = \"Crowded\"\nflavor = \"postgresql\"\nseed = 1\nduration = \"1min\"\n
         [[node]]\nname = \"WWMWWMWWMWWMWWM\"\n[[node]]\nname = \"db2\"\n[[client]]\nname = \"app\"\nwrites_per_second = 20\n",
    );
    for i in 1..=530 {
        text.push_str(&format!("[[at]]\ntime = \"{}ms\"\nset = {{ synchronous_commit = \"local\" }}\n", i * 5));
    }
    text
}

#[test]
fn what_does_not_fit_says_so() {
    run("what_does_not_fit_says_so", async |lab| {
        open(lab).await?;
        drop_file(lab, &crowded()).await?;
        lab.until_text(".subject", "Crowded").await?;
        pace(lab, "1 s").await?;
        let apart =
            "const card = document.querySelector(\"[id$='node-0'] .card-name, .card.is-node .card-name\").parentNode;
             const [name, role] = ['.card-name', '.card-role'].map(s => card.querySelector(s));
             return name.textContent.endsWith('…') && role.textContent !== ''
                 && name.getBoundingClientRect().right < role.getBoundingClientRect().left";
        lab.until("the name ends before the role", apart).await?;
        if lab.js("return !!document.querySelector(\"button[aria-label='Play']\")").await? == json!(true) {
            lab.find("button[aria-label='Play']").await?.click().await?;
        }
        lab.until_text(".timeline-note", "earlier ones: go back in time").await?;
        lab.until(
            "the marks' label has it, too",
            "return document.querySelector('.history.is-marks').ariaLabel.includes('earlier ones: ')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn on_a_phone_switches_take_one_row() {
    run("on_a_phone_switches_take_one_row", async |lab| {
        lab.viewport(390, 844).await?;
        lab.open("?lang=de").await?;
        lab.find("[aria-label^='db1,']").await?;
        for (tab, rows) in [("Sequenz", &[".sequence-bar"][..]), ("Lag", &[".lag-bar", ".lag-legend"])] {
            click_words(lab, "[role=tab]", tab).await?;
            for row in rows {
                lab.find(row).await?;
                let buttons = format!(
                    "[...document.querySelectorAll('{row} :is(button, summary, select)')].filter(e => e.offsetParent)"
                );
                lab.until("there are some", &format!("return {buttons}.length > 2")).await?;
                let small = lab
                    .js(&format!("return {buttons}.filter(e => e.offsetHeight < 44).map(e => e.textContent).join()"))
                    .await?;
                assert_eq!(small, json!(""), "targets of less than 44 pixels in {row}");
                let height = lab.js(&format!("return document.querySelector('{row}').offsetHeight")).await?;
                assert!(height.as_u64().is_some_and(|height| height < 70), "{row} is {height} pixels high");
                // Whoever comes to the last by keyboard sees it.
                let seen = lab
                    .js(&format!(
                        "const last = {buttons}.at(-1);
                         last.focus();
                         const [box, row] = [last, document.querySelector('{row}')].map(e => e.getBoundingClientRect());
                         return box.left >= row.left - 1 && box.right <= row.right + 1 && row.right <= innerWidth + 1"
                    ))
                    .await?;
                assert_eq!(seen, json!(true), "the last of {row} is in view");
            }
        }
        // What a row would cut off is whole.
        click_words(lab, "[role=tab]", "Sequenz").await?;
        lab.js("document.querySelector('.sequence-lanes summary').click()").await?;
        lab.until(
            "the sheet of lanes can be touched",
            "const label = document.querySelector('.sequence-sheet label:last-child');
             label.scrollIntoView({ block: 'center' });
             const box = label.getBoundingClientRect();
             return document.elementFromPoint(box.left + 10, box.top + box.height / 2)?.closest('label') === label",
        )
        .await?;
        Ok(())
    });
}
