//! Presenter mode, on the screen of a projector.

use browser_tests::prelude::*;

use crate::steps::*;

#[test]
fn everything_fits_a_projector_and_single_keys_do_it() {
    run("everything_fits_a_projector_and_single_keys_do_it", async |lab| {
        lab.viewport(1280, 720).await?;
        open(lab).await?;
        focus(lab, "main").await?;
        let card = "document.querySelector('.card.is-node .card-body').getBoundingClientRect().width";
        let before = lab.js(&format!("return {card}")).await?.as_f64().unwrap_or_default();
        press(lab, 'p').await?;
        lab.find(".rl.is-presenting").await?;
        lab.until("the panel is hidden", "return !document.querySelector('.panel').offsetParent").await?;
        lab.until("cards are larger", &format!("return {card} > {}", before * 1.25)).await?;
        let fits = "const inside = r => r.left >= -1 && r.top >= -1 && r.right <= innerWidth + 1 && r.bottom <= innerHeight + 1;
            const all = s => [...document.querySelectorAll(s)].map(e => e.getBoundingClientRect());
            const stage = document.querySelector('.board').getBoundingClientRect();
            return document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth
                && [...all('.card-body'), ...all('.transport .button'), ...all('.presenter-band'), ...all('.clock')].every(inside)
                && all('.card-body').every(r => r.bottom <= stage.bottom + 1 && r.right <= stage.right + 1)";
        lab.until("nothing is clipped", fits).await?;
        lab.screenshot("presenter").await?;
        lab.until(
            "a caption is large",
            "return parseFloat(getComputedStyle(document.querySelector('.presenter-caption')).fontSize) >= 24",
        )
        .await?;
        // An instrument, and none.
        press(lab, '5').await?;
        lab.until("the ledger is shown", "return document.querySelector('.ledger')?.offsetParent").await?;
        lab.until("nothing is clipped with it", fits).await?;
        press(lab, '0').await?;
        lab.until("it is hidden", "return !document.querySelector('.instruments').offsetParent").await?;
        // Steps of a remote control, each told.
        choose(lab, ".stepping select", "commit").await?;
        focus(lab, "main").await?;
        press(lab, Key::PageDown).await?;
        lab.find("button[aria-label='Play']").await?;
        let clock = "return document.querySelector('.clock').textContent";
        let first = lab.js(clock).await?;
        press(lab, 'n').await?;
        lab.until("on to the next", &format!("{clock} > {first}")).await?;
        press(lab, Key::PageUp).await?;
        lab.until("and back", &format!("{clock} === {first}")).await?;
        // A blank screen, which any of its keys brings back.
        press(lab, 'b').await?;
        lab.until(
            "the screen is blank",
            "const e = document.elementFromPoint(640, 360); return e?.className === 'presenter-blank'",
        )
        .await?;
        press(lab, Key::Escape).await?;
        lab.until(
            "it is back, and the mode goes on",
            "return !document.querySelector('.presenter-blank') && document.querySelector('.is-presenting')",
        )
        .await?;
        press(lab, 'c').await?;
        lab.until("captions are off", "return !document.querySelector('.presenter-caption')").await?;
        press(lab, 'c').await?;
        // Another laboratory on the page is presented as well.
        lab.js("document.querySelector('.rl').dataset.seen = 1").await?;
        press(lab, Key::Escape).await?;
        lab.until(
            "it is left",
            "return !document.querySelector('.is-presenting') && document.querySelector('.panel').offsetParent",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_projector_gets_more_contrast() {
    run("a_projector_gets_more_contrast", async |lab| {
        lab.viewport(1280, 720).await?;
        for theme in ["light", "dark"] {
            lab.media(&[("prefers-color-scheme", theme)]).await?;
            open(lab).await?;
            focus(lab, "main").await?;
            press(lab, 'p').await?;
            lab.find(".rl.is-presenting").await?;
            let contrast = lab
                .js("const lum = c => { const [r, g, b] = c.match(/[0-9.]+/g).map(Number).map(v => v / 255)
                         .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
                     const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
                     const band = getComputedStyle(document.querySelector('.presenter-band')).backgroundColor;
                     const probe = document.createElement('span'); document.querySelector('.rl').append(probe);
                     return ['--ink', '--ink-2', '--ink-3', '--accent', '--trouble', '--warning', '--replica'].map(name => {
                         probe.style.color = `var(${name})`; return ratio(getComputedStyle(probe).color, band); })")
                .await?;
            let ratios: Vec<f64> =
                contrast.as_array().into_iter().flatten().filter_map(|value| value.as_f64()).collect();
            assert!(ratios.len() == 7 && ratios.iter().all(|ratio| *ratio >= 7.0), "{theme}: {ratios:?}");
            press(lab, Key::Escape).await?;
        }
        Ok(())
    });
}

/// All cards are on the stage as wholes, and neither the clock nor the way on is cut off.
const WHOLE: &str = "
    const inside = (e, around) => {
        const [a, b] = [e.getBoundingClientRect(), around];
        return a.width > 0 && a.left >= b.left - 1 && a.top >= b.top - 1 && a.right <= b.right + 1 && a.bottom <= b.bottom + 1;
    };
    const page = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    const stage = document.querySelector('.stage').getBoundingClientRect();
    const cards = [...document.querySelectorAll('[id*=stage-card-]')];
    return cards.length === 6 && cards.every(card => inside(card, stage))
        && ['.clock', '.lesson-next', '.presenter-tools'].every(part => inside(document.querySelector(part), page))";

#[test]
fn presenting_a_lesson_cuts_nothing_off() {
    run("presenting_a_lesson_cuts_nothing_off", async |lab| {
        for (width, height) in [(1280, 720), (1024, 768)] {
            lab.viewport(width, height).await?;
            lab.driver.goto("about:blank").await?;
            lab.open("?lang=en#lesson=failover").await?;
            lab.find(".lesson h2").await?;
            focus(lab, "main").await?;
            press(lab, 'p').await?;
            lab.find(".rl.is-presenting .lesson").await?;
            lab.until(&format!("a stage alone is whole at {width}"), WHOLE).await?;
            lab.screenshot(&format!("presenting-lesson-{width}")).await?;
            press(lab, '1').await?;
            lab.until("there is an instrument", "return !document.querySelector('.is-stage-only')").await?;
            lab.until(&format!("a stage over an instrument is whole at {width}"), WHOLE).await?;
            press(lab, 'p').await?;
            lab.until("it is over", "return !document.querySelector('.is-presenting')").await?;
        }
        Ok(())
    });
}

#[test]
fn who_had_scrolled_down_presents_all_of_it() {
    run("who_had_scrolled_down_presents_all_of_it", async |lab| {
        lab.viewport(390, 700).await?;
        open(lab).await?;
        lab.until("it is scrolled", "scrollTo(0, 500); return scrollY > 300").await?;
        focus(lab, "main").await?;
        lab.until("it is scrolled", "scrollTo(0, 500); return scrollY > 300").await?;
        press(lab, 'p').await?;
        lab.find(".rl.is-presenting").await?;
        lab.until(
            "the headline is in view",
            "return scrollY === 0 && document.querySelector('.subject').getBoundingClientRect().top >= 0",
        )
        .await?;
        Ok(())
    });
}
