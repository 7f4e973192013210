//! Scenarios made on the page.

use browser_tests::prelude::*;

use crate::barriers::no_barrier;
use crate::steps::*;

/// Takes what is saved.
const CATCHING: &str = "const make = URL.createObjectURL;
    URL.createObjectURL = blob => { blob.text().then(t => window.saved = t); return make(blob) };";

/// Puts a text into the editor, as if it had been typed.
async fn write(lab: &Lab, change: &str) -> WebDriverResult<()> {
    lab.js(&format!(
        "const field = document.querySelector('.editor textarea');
         field.value = (text => {change})(field.value);
         field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
    ))
    .await?;
    Ok(())
}

async fn author(lab: &Lab) -> WebDriverResult<()> {
    click_words(lab, ".header .button", "Author").await?;
    lab.find(".author").await?;
    Ok(())
}

async fn fill(lab: &Lab, label: &str, value: &str) -> WebDriverResult<()> {
    let (label, value) = (json!(label), json!(value));
    lab.until(
        &format!("{label} is filled in"),
        &format!(
            "const l = [...document.querySelectorAll('.author-form label.field')].find(l => l.textContent.includes({label}));
             const field = l?.querySelector('input, textarea');
             if (!field) return false;
             field.value = {value};
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));
             return true"
        ),
    )
    .await
}

#[test]
fn a_scenario_is_made_saved_opened_again_and_holds() {
    run("a_scenario_is_made_saved_opened_again_and_holds", async |lab| {
        lab.before_scripts(CATCHING).await?;
        open(lab).await?;
        // A setting, a fault, a statement, a promotion: as people do.
        sql(lab, "app, through the proxy", "INSERT INTO kv VALUES (4711, 'mine')").await?;
        answer(lab, "INSERT").await?;
        act(lab, "db1,", "Crash").await?;
        promote(lab, "db2").await?;
        lab.until("some time goes by", "return /00:(0[4-9]|[1-5])/.test(document.querySelector('.clock').textContent)")
            .await?;
        author(lab).await?;
        fill(lab, "Title", "Mine \"and\" yours").await?;
        fill(lab, "Description", "First.\n\nSecond, with `code`.").await?;
        choose(lab, ".author-form select", "intermediate").await?;
        click_words(lab, ".author .button", "Propose expectations").await?;
        lab.until_text(".author-choices", "failovers[0].to == \"db2\"").await?;
        click_words(lab, ".author .button", "Save as scenario").await?;
        lab.until_text(".author-says", "The text is sound.").await?;
        let text = lab.js("return document.querySelector('.editor textarea').value").await?;
        let text = text.as_str().unwrap_or_default().to_owned();
        for part in [
            "title = 'Mine \"and\" yours'",
            "level = \"intermediate\"",
            "crash = \"db1\"",
            "promote = \"db2\"",
            "4711",
            "failovers.count == 1",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        click_words(lab, ".author .button", "Check expectations").await?;
        lab.until_text(".author .outcome.is-met:not(.author-says *)", "hold").await?;
        click_words(lab, ".author .button", "Download").await?;
        lab.until("it is saved", "return !!window.saved").await?;
        assert_eq!(lab.js("return window.saved").await?, json!(text));
        // Opened in place of what runs.
        click_words(lab, ".author .button", "Run it").await?;
        lab.until_text(".subject", "Mine \"and\" yours").await?;
        lab.until("the sheet is shut", "return !document.querySelector('.dialog')").await?;
        // And again from its file.
        author(lab).await?;
        click_words(lab, "[role=tab]", "As text").await?;
        lab.js("const dt = new DataTransfer();
             dt.items.add(new File([window.saved], 'mine.toml'));
             const input = document.querySelector('.author-file input');
             input.files = dt.files;
             input.dispatchEvent(new Event('change', { bubbles: true }));")
            .await?;
        lab.until_text(".author-says", "The text is sound.").await?;
        click_words(lab, ".author .button", "Check expectations").await?;
        lab.until_text(".author .outcome.is-met:not(.author-says *)", "hold").await?;
        Ok(())
    });
}

#[test]
fn a_mistake_is_told_with_line_and_key_and_nothing_typed_is_lost() {
    run("a_mistake_is_told_with_line_and_key_and_nothing_typed_is_lost", async |lab| {
        open(lab).await?;
        author(lab).await?;
        click_words(lab, "[role=tab]", "As text").await?;
        write(lab, "'# mine\\n' + text.replace('read_policy', 'read_polcy')").await?;
        lab.until_text(".author-mistake", "proxy.read_polcy").await?;
        let line = lab
            .js("const field = document.querySelector('.editor textarea');
                 return field.value.split('\\n').findIndex(l => l.includes('read_polcy')) + 1")
            .await?;
        lab.until_text(".author-mistake strong", &format!("line {line} ")).await?;
        lab.until_text(".author-mistake", "did you mean \"read_policy\"?").await?;
        assert_eq!(
            lab.js("return [...document.querySelectorAll('.editor-lines .is-marked')].map(e => e.textContent)").await?,
            json!([line.to_string()])
        );
        assert_eq!(
            lab.js("return [...document.querySelectorAll('.author-bar button:disabled')].length").await?,
            json!(2),
            "neither run nor checked"
        );
        no_barrier(lab, "a text with a mistake").await?;
        // The mistake leads to its line.
        lab.find(".author-mistake").await?.click().await?;
        assert_eq!(
            lab.js("const f = document.activeElement; return f.value.slice(f.selectionStart, f.selectionEnd).trim().split(' ')[0]")
                .await?,
            json!("read_polcy")
        );
        // Shut, another scenario, a reload: it is there.
        let mine = "return document.querySelector('.editor textarea')?.value.startsWith('# mine')";
        press(lab, Key::Escape).await?;
        lab.until("the sheet is shut", "return !document.querySelector('.dialog')").await?;
        scenario(lab, "Assignment: no silent fall back").await?;
        author(lab).await?;
        lab.until("it is there after another scenario", mine).await?;
        lab.open("").await?;
        lab.find("[aria-label^='db1,']").await?;
        author(lab).await?;
        lab.until("it is there after a reload", mine).await?;
        // What would take its place asks first.
        click_words(lab, "[role=tab]", "From this run").await?;
        click_words(lab, ".author .button", "Save as scenario").await?;
        lab.until_text(".author-ask", "is not saved").await?;
        click_words(lab, ".author-ask .button", "Keep it").await?;
        lab.until("it is kept", mine).await?;
        click_words(lab, "[role=tab]", "From this run").await?;
        click_words(lab, ".author .button", "Save as scenario").await?;
        click_words(lab, ".author-ask .button", "Replace it").await?;
        lab.until_text(".author-says", "The text is sound.").await?;
        lab.until("it is replaced", &mine.replace("return ", "return !")).await?;
        Ok(())
    });
}

#[test]
fn the_author_s_sheet_fits_at_every_size() {
    run("the_author_s_sheet_fits_at_every_size", async |lab| {
        open(lab).await?;
        author(lab).await?;
        for tab in ["From this run", "As text"] {
            click_words(lab, "[role=tab]", tab).await?;
            for (width, height) in [(1440, 900), (1024, 768), (390, 844)] {
                lab.viewport(width, height).await?;
                lab.until(
                    &format!("nothing sticks out at {width} x {height}"),
                    "const d = document.querySelector('.dialog'); const r = d.getBoundingClientRect();
                     return r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && d.scrollWidth <= d.clientWidth",
                )
                .await?;
            }
            let small = lab
                .js("return [...document.querySelectorAll('.author :is(button, input[type=text], textarea, .author-file)')]
                         .filter(e => e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 43.5)
                         .map(e => e.textContent || e.id).join('; ')")
                .await?;
            assert_eq!(small, json!(""), "touch targets that are too small");
            lab.viewport(1440, 900).await?;
        }
        Ok(())
    });
}
