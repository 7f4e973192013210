//! Runs that are shared: as links in the page's address, and as files.

use browser_tests::prelude::*;

use crate::steps::*;

/// Whatever the page shows of the run: the clock, the counts, the cards.
const FIGURES: &str = "
    return ['.clock', '.tally', '.subject'].map(s => document.querySelector(s).textContent)
        .concat([...document.querySelectorAll('.card')].map(c => c.textContent)).join('|')";

/// Takes what is copied and saved, and lets the clipboard work or not.
fn catching(clipboard: bool) -> String {
    let write = if clipboard {
        "t => { window.copied = t; return Promise.resolve() }"
    } else {
        "() => Promise.reject(new Error())"
    };
    format!(
        "Object.defineProperty(navigator, 'clipboard', {{ value: {{ writeText: {write} }} }});
         const make = URL.createObjectURL;
         URL.createObjectURL = blob => {{ blob.text().then(t => window.saved = t); return make(blob) }};"
    )
}

/// Opens the sheet, and takes the link out of it.
async fn share(lab: &Lab) -> WebDriverResult<String> {
    click_words(lab, ".header .button", "Share").await?;
    lab.find(".share-link").await?;
    let link = lab.js("return document.querySelector('.share-link').value").await?;
    Ok(link.as_str().unwrap_or_default().to_owned())
}

async fn stop(lab: &Lab) -> WebDriverResult<()> {
    focus(lab, "main").await?;
    press(lab, ' ').await?;
    lab.find("button[aria-label='Play']").await?;
    Ok(())
}

/// What follows the page's address.
fn path_of(link: &str) -> String {
    link.find('#').map(|mark| link[mark..].to_owned()).unwrap_or_default()
}

/// Opens a link in the browser, as from the address field.
async fn visit(lab: &Lab, link: &str) -> WebDriverResult<()> {
    lab.open(&path_of(link)).await?;
    lab.find("[aria-label^='db1,']").await?;
    Ok(())
}

/// The same, after the page was left: a change of what follows the # alone loads nothing.
async fn afresh(lab: &Lab, link: &str) -> WebDriverResult<()> {
    lab.driver.goto("about:blank").await?;
    visit(lab, link).await
}

const SCENARIO: &str = r#"
title = "<b id='owned'>Bold</b> & \"quoted\""
description = "<script>window.owned = 1</script>"
duration = "5s"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[client]]
name = "app"
writes_per_second = 20
keys = 5
[[at]]
time = "1s"
sql = "INSERT INTO kv VALUES (7777, '<img src=x onerror=\"window.owned = 1\">')"
client = "app"
"#;

/// Drops a file onto the page.
async fn drop_file(lab: &Lab, name: &str, text: &str) -> WebDriverResult<()> {
    let (name, text) = (json!(name), json!(text));
    lab.js(&format!(
        "const dt = new DataTransfer();
         dt.items.add(new File([{text}], {name}));
         for (const kind of ['dragover', 'drop'])
             document.body.dispatchEvent(new DragEvent(kind, {{ dataTransfer: dt, bubbles: true, cancelable: true }}));"
    ))
    .await?;
    Ok(())
}

#[test]
fn a_link_opens_on_the_same_instant_in_a_fresh_browser() {
    let (mut link, mut figures) = (String::new(), json!(null));
    run("a_link_is_made", async |lab| {
        lab.before_scripts(&catching(true)).await?;
        open(lab).await?;
        act(lab, "db3,", "Crash").await?;
        lab.until_text(".clock", "00:03").await?;
        stop(lab).await?;
        sql(lab, "app, through the proxy", "INSERT INTO kv VALUES (4711, 'mine')").await?;
        // The next event, so that the instant lies between two of them.
        focus(lab, "main").await?;
        press(lab, '.').await?;
        press(lab, '.').await?;
        figures = lab.js(FIGURES).await?;
        link = share(lab).await?;
        assert!(link.contains("/#run=1."), "{link}");
        lab.until_text(".dialog [role=status]", "Copied").await?;
        assert_eq!(lab.js("return window.copied").await?, json!(link));
        assert_eq!(lab.js("return location.href").await?, json!(link));
        // It goes on, and is another instant then.
        press(lab, Key::Escape).await?;
        lab.until("the sheet is shut", "return !document.querySelector('.dialog')").await?;
        focus(lab, "main").await?;
        press(lab, '.').await?;
        assert_ne!(share(lab).await?, link);
        Ok(())
    });
    run("a_link_is_opened", async |lab| {
        lab.before_scripts(&catching(false)).await?;
        visit(lab, &link).await?;
        lab.find("button[aria-label='Play']").await?;
        assert_eq!(lab.js(FIGURES).await?, figures);
        // The same run at the same instant with the same hash is the same link.
        assert_eq!(share(lab).await?, link);
        lab.until_text(".dialog [role=status]", "it is selected").await?;
        lab.until("it is selected", "return getSelection().toString() === document.querySelector('.share-link').value || document.activeElement.selectionEnd > 100").await?;
        press(lab, Key::Escape).await?;
        // And it goes on.
        focus(lab, "main").await?;
        press(lab, ' ').await?;
        lab.find("button[aria-label='Pause']").await?;
        Ok(())
    });
}

#[test]
fn a_link_that_cannot_be_opened_says_why_beside_the_laboratory() {
    run("a_link_that_cannot_be_opened_says_why_beside_the_laboratory", async |lab| {
        lab.before_scripts(&catching(true)).await?;
        open(lab).await?;
        let link = share(lab).await?;
        press(lab, Key::Escape).await?;
        let notice = ".notice.is-visit";
        // Without a reload: the address changes, as when somebody puts another link there.
        for (link, says) in [
            (link[..link.len() - 40].to_owned(), "The link cannot be opened. The link is cut off: "),
            (link.replace("#run=1.", "#run=2."), "was made by a newer laboratory"),
            (format!("{}!", &link), "Its character"),
        ] {
            lab.js(&format!("location.hash = {}", json!(path_of(&link)))).await?;
            lab.until_text(notice, says.trim_start_matches("Its ")).await?;
        }
        // And with one.
        afresh(lab, &link[..link.len() - 40]).await?;
        lab.until_text(notice, "cut off").await?;
        lab.until_text(".subject", "One primary, two replicas").await?;
        lab.find(&format!("{notice} .button")).await?.click().await?;
        lab.until("the message goes", &format!("return !document.querySelector('{notice}') && location.hash === ''"))
            .await?;
        // What was shared opens in place of it.
        lab.js(&format!("location.hash = {}", json!(path_of(&link)))).await?;
        lab.find("button[aria-label='Play']").await?;
        assert_eq!(share(lab).await?, link);
        Ok(())
    });
}

#[test]
fn a_file_is_opened_and_saved_and_what_it_says_stays_text() {
    run("a_file_is_opened_and_saved_and_what_it_says_stays_text", async |lab| {
        lab.before_scripts(&catching(true)).await?;
        open(lab).await?;
        // One that cannot be used is told with its line, and nothing changes.
        let subject = lab.text(".subject").await?;
        drop_file(lab, "mine.toml", &SCENARIO.replace("writes_per_second", "writes_per_secnd")).await?;
        lab.until_text(".notice", "mine.toml:11: client[0].writes_per_secnd: unknown key; did you mean").await?;
        assert_eq!(lab.text(".subject").await?, subject);
        drop_file(lab, "mine.toml", &format!("schema = \"CREATE TABEL x\"\n{SCENARIO}")).await?;
        lab.until_text(".notice", "TABEL").await?;
        assert_eq!(lab.text(".subject").await?, subject);
        drop_file(lab, "mine.toml", SCENARIO).await?;
        lab.until_text(".subject", "<b id='owned'>Bold</b> & \"quoted\"").await?;
        pace(lab, "1 s").await?;
        lab.until_text(".clock", "00:02").await?;
        stop(lab).await?;
        act(lab, "db2,", "Crash").await?;
        show_table(lab, "kv").await?;
        until_row(lab, "db1", "7777", "<img src=x onerror=\"window.owned = 1\">").await?;
        let link = share(lab).await?;
        // Saved with what was done by hand.
        click_words(lab, ".dialog .button", "Save scenario as file").await?;
        lab.until(
            "it is saved",
            "return window.saved?.includes('crash = \"db2\"') && window.saved.includes('onerror')",
        )
        .await?;
        let saved = lab.js("return window.saved").await?;
        afresh(lab, &link).await?;
        lab.until_text(".subject", "<b id='owned'>Bold</b>").await?;
        assert_eq!(
            lab.js("return [window.owned ?? 0, document.querySelectorAll('b#owned, .rl img').length]").await?,
            json!([0, 0])
        );
        drop_file(lab, "saved.toml", saved.as_str().unwrap_or_default()).await?;
        lab.find("button[aria-label='Pause']").await?;
        assert_eq!(lab.js("return location.hash").await?, json!(""));
        Ok(())
    });
}

#[test]
fn the_sheet_fits_at_every_size_in_both_themes() {
    run("the_sheet_fits_at_every_size_in_both_themes", async |lab| {
        for theme in ["light", "dark"] {
            lab.media(&[("prefers-color-scheme", theme)]).await?;
            open(lab).await?;
            act(lab, "db3,", "Crash").await?;
            share(lab).await?;
            for (width, height) in [(1440, 900), (1024, 768), (390, 844)] {
                lab.viewport(width, height).await?;
                lab.until(
                    &format!("nothing sticks out at {width} x {height}"),
                    "const d = document.querySelector('.dialog'); const r = d.getBoundingClientRect();
                     return r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight
                         && d.scrollWidth <= d.clientWidth
                         && document.documentElement.scrollWidth <= document.documentElement.clientWidth",
                )
                .await?;
                lab.screenshot(&format!("share-{theme}-{width}")).await?;
            }
            let small = lab
                .js("return [...document.querySelectorAll('.dialog :is(button, textarea, input)')]
                         .filter(e => e.getBoundingClientRect().height < 43.5)
                         .map(e => e.textContent || e.getAttribute('aria-label')).join('; ')")
                .await?;
            assert_eq!(small, json!(""), "touch targets that are too small");
            lab.viewport(1440, 900).await?;
        }
        Ok(())
    });
}
