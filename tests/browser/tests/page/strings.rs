//! Text of any kind, everywhere that text of other people's can come to: it is shown as text, and is never markup or script.

use browser_tests::prelude::*;

use crate::steps::*;

/// What every text has in it: markup that would be seen, script that would run.
const MARKUP: &str = r#"<img src=x onerror=window.hit=1><b class=owned>&amp;'"`"#;

/// Watches the whole document for elements and attributes that only come of such texts, also of those that are gone again.
const WATCH: &str = r#"
    window.owned = [];
    const foreign = e =>
        e.classList.contains('owned') || e.getAttribute('src') === 'x'
        || (e.tagName.toUpperCase() === 'SCRIPT' && /window\.hit/.test(e.textContent))
        || [...e.attributes].some(a => /^on/i.test(a.name) || /^\s*javascript:/i.test(a.value));
    const look = node => {
        if (node.nodeType !== 1) return;
        for (const e of [node, ...node.querySelectorAll('*')]) if (foreign(e)) owned.push(e.outerHTML.slice(0, 200));
    };
    new MutationObserver(all => all.forEach(m => { m.addedNodes.forEach(look); look(m.target); }))
        .observe(document, { childList: true, subtree: true, attributes: true });"#;

/// A scenario in which everything that can be named or said is such a text.
fn scenario_text() -> String {
    let text = |text: &str| json!(text).to_string();
    let sql = |text: &str| text.replace('\'', "''");
    let long = "wide ".repeat(3_000);
    let table = format!("<i>t</i>{}", "x".repeat(20));
    let schema = format!(
        "CREATE TABLE \"{table}\" (id INTEGER PRIMARY KEY, \"<b class=owned>column</b>\" TEXT, plain TEXT);\n\
         INSERT INTO \"{table}\" (id, \"<b class=owned>column</b>\") VALUES (1, '{}'), (2, '{long}'), (3, '\u{202e}left\u{2066}'), (4, char(0, 60, 98, 62))",
        sql(MARKUP)
    );
    let description = format!(
        "{MARKUP}\n\n<script>window.hit = 2</script>\n\n[a link](javascript:window.hit=3) ![a picture](x)\n\n`{MARKUP}`\n\n# {MARKUP}"
    );
    let statement = format!("INSERT INTO kv VALUES (7777, '{}')", sql(MARKUP));
    let wrong = format!("SELECT '{}' FROM \"{}\"", sql(MARKUP), MARKUP.replace('"', ""));
    [
        format!("title = {}", text(&format!("Title {MARKUP}"))),
        format!("description = {}", text(&description)),
        "duration = \"20s\"".to_owned(),
        format!("schema = {}", text(&schema)),
        format!("[[node]]\nname = {}", text("<b class=owned>1</b>")),
        format!("[[node]]\nname = {}", text("\"'><img src=x onerror=window.hit=4>")),
        format!(
            "[[client]]\nname = {}\nwrites_per_second = 5\nreads_per_second = 5\nkeys = 5",
            text("<i class=owned>app")
        ),
        format!("[[at]]\ntime = \"1s\"\nsql = {}\nclient = {}", text(&statement), text("<i class=owned>app")),
        format!("[[at]]\ntime = \"1s\"\nsql = {}\nclient = {}", text(&wrong), text("<i class=owned>app")),
        "[[expect]]\nthat = \"writes.lost == 0\"".to_owned(),
    ]
    .join("\n")
}

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

/// Waits until some element of a selector, or a field in it, has a text.
async fn shows(lab: &Lab, selector: &str, text: &str) -> WebDriverResult<()> {
    let script = format!(
        "return [...document.querySelectorAll({})].some(e => (e.tagName === 'LI' ? e.textContent : e.value ?? e.textContent).includes({}))",
        json!(selector),
        json!(text)
    );
    lab.until(&format!("{selector} has {text}"), &script).await
}

/// Nothing but text has come of anything so far.
async fn nothing_but_text(lab: &Lab, after: &str) -> WebDriverResult<()> {
    assert_eq!(lab.js("return [window.hit ?? 0, window.owned]").await?, json!([0, []]), "after {after}");
    Ok(())
}

async fn tab(lab: &Lab, name: &str) -> WebDriverResult<()> {
    click_words(lab, "[role=tab]", name).await
}

#[test]
fn texts_of_other_people_stay_text_everywhere() {
    run("texts_of_other_people_stay_text_everywhere", async |lab| {
        lab.before_scripts(WATCH).await?;
        open(lab).await?;
        let notice = ".notice";
        // What cannot be used is told, with its words.
        drop_file(lab, &format!("{}.toml", MARKUP.replace('/', "")), "[[node]]\n\"<b class=owned>key</b>\" = 1\n")
            .await?;
        shows(lab, notice, "<b class=owned>key</b>").await?;
        shows(lab, notice, MARKUP).await?;
        nothing_but_text(lab, "a file that cannot be used").await?;
        let text = scenario_text();
        drop_file(lab, "mine.toml", &text).await?;
        shows(lab, ".subject", MARKUP).await?;
        pace(lab, "1 s").await?;
        lab.until_text(".clock", "00:02").await?;
        // A card has room for the beginning of a name, and says it whole to who cannot see it.
        for (selector, says) in [(".card-name", "<b class"), (".card", "<i c"), (".stage", "<b class=owned>1</b>")] {
            shows(lab, selector, says).await?;
        }
        lab.find("[role=button][aria-label^='<b class=owned>1</b>,']").await?;
        nothing_but_text(lab, "a scenario").await?;

        // The panel: what is said of the scenario, what is typed and answered, settings, faults.
        tab(lab, "About").await?;
        shows(lab, "[role=tabpanel]", MARKUP).await?;
        shows(lab, "[role=tabpanel]", "window.hit = 2").await?;
        nothing_but_text(lab, "the description").await?;
        tab(lab, "Write").await?;
        let typed = format!("SELECT '{}' AS \"<b class=owned>name\"", MARKUP.replace('\'', "''"));
        for statement in [typed, format!("SELECT {MARKUP}"), "SELECT char(0, 60, 98, 62) AS nothing".to_owned()] {
            let field = json!(statement);
            lab.js(&format!(
                "const field = document.querySelector('[role=tabpanel] textarea');
                 field.value = {field};
                 field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
            ))
            .await?;
            lab.find("[role=tabpanel] textarea").await?.send_keys(Key::Control + Key::Enter).await?;
            shows(lab, ".answers > li:first-child", &statement).await?;
        }
        shows(lab, ".answers th", "<b class=owned>name").await?;
        shows(lab, ".answers td", MARKUP).await?;
        shows(lab, ".answers", "syntax error").await?;
        nothing_but_text(lab, "statements that were typed").await?;
        // Long names make the panel no wider.
        let fits = "const page = document.querySelector('.panel-page'); return page.scrollWidth <= page.clientWidth";
        assert_eq!(lab.js(fits).await?, json!(true));
        for name in ["Settings", "Faults"] {
            tab(lab, name).await?;
            shows(lab, "[role=tabpanel]", "<b class=owned>1</b>").await?;
            nothing_but_text(lab, name).await?;
        }

        // The instruments.
        focus(lab, "main").await?;
        press(lab, ' ').await?;
        lab.find("button[aria-label='Play']").await?;
        tab(lab, "Tables").await?;
        choose(lab, ".tables select", "kv").await?;
        shows(lab, ".grid td", MARKUP).await?;
        choose(lab, ".tables select", "<i>t</i>xxxxxxxxxxxxxxxxxxxx").await?;
        shows(lab, ".grid th", "<b class=owned>column</b>").await?;
        shows(lab, ".grid td", MARKUP).await?;
        shows(lab, ".grid td", "left").await?;
        const PANEL: &str = "[role=tabpanel]";
        for (name, selector, says) in [
            ("Events", PANEL, "<b class=owned>1</b>"),
            ("Ledger", PANEL, "<i class=owned>app"),
            ("Logs", PANEL, "<b class=owned>1</b>"),
            ("Sequence", PANEL, "<b class=owned>1</b>"),
            ("Lag", PANEL, "<img src=x onerror=window.hit=4>"),
            ("Status", PANEL, "<b class=owned>1</b>"),
        ] {
            tab(lab, name).await?;
            shows(lab, selector, says).await?;
            nothing_but_text(lab, name).await?;
        }
        // Nothing runs out of the page, however long a value is.
        assert_eq!(
            lab.js("return document.documentElement.scrollWidth <= document.documentElement.clientWidth").await?,
            json!(true)
        );

        // What a server's menu offers and explains.
        lab.js("document.querySelector('.card.is-node[role=button], .card.is-node [role=button]')?.focus()").await?;
        press(lab, Key::Enter).await?;
        lab.find("[role=menuitem]").await?;
        nothing_but_text(lab, "a menu").await?;
        press(lab, Key::Escape).await?;
        Ok(())
    });
}

#[test]
fn texts_in_sheets_and_addresses_stay_text() {
    run("texts_in_sheets_and_addresses_stay_text", async |lab| {
        lab.before_scripts(WATCH).await?;
        open(lab).await?;
        drop_file(lab, "mine.toml", &scenario_text()).await?;
        shows(lab, ".subject", MARKUP).await?;
        lab.until_text(".clock", "00:0").await?;
        // The link holds all of it, and opens as it was.
        click_words(lab, ".header .button", "Share").await?;
        lab.find(".share-link").await?;
        let link = lab.js("return document.querySelector('.share-link').value").await?;
        let link = link.as_str().unwrap_or_default().to_owned();
        nothing_but_text(lab, "sharing").await?;
        press(lab, Key::Escape).await?;
        let fragment = link.find('#').map(|mark| link[mark..].to_owned()).unwrap_or_default();
        assert!(fragment.starts_with("#run="), "{link}");
        lab.driver.goto("about:blank").await?;
        lab.open(&fragment).await?;
        shows(lab, ".subject", MARKUP).await?;
        nothing_but_text(lab, "a link").await?;

        // The author's sheet has it as text to be changed, and says what is wrong with it.
        click_words(lab, ".header .button", "Author").await?;
        lab.find(".author").await?;
        shows(lab, ".author-form input", MARKUP).await?;
        tab(lab, "As text").await?;
        shows(lab, ".editor textarea", "<b class=owned>1</b>").await?;
        lab.js("const field = document.querySelector('.editor textarea');
             field.value = '\"<b class=owned>key</b>\" = 1\\n' + field.value;
             field.dispatchEvent(new Event('input', { bubbles: true }));")
            .await?;
        shows(lab, ".author", "<b class=owned>key</b>").await?;
        nothing_but_text(lab, "authoring").await?;
        press(lab, Key::Escape).await?;
        lab.until("the sheet is shut", "return !document.querySelector('dialog[open]')").await?;

        // Many runs of it, compared with a key that there is not.
        click_words(lab, ".header .button", "Sweep").await?;
        lab.find(".sweep-form").await?;
        lab.js("const fields = [...document.querySelectorAll('.sweep-form label.field')];
             const field = fields.find(l => l.textContent.startsWith('Compare with')).querySelector('input');
             field.value = 'settings.<b>x=<img src=x onerror=window.hit=5>';
             field.dispatchEvent(new Event('input', { bubbles: true }));")
            .await?;
        click_words(lab, ".sweep-form .button", "Run").await?;
        shows(lab, ".sweep [role=alert]", "<b>x").await?;
        nothing_but_text(lab, "a sweep").await?;
        press(lab, Key::Escape).await?;

        // Addresses.
        for address in
            ["run=1.<img src=x onerror=window.hit=6>", "lesson=<b class=owned>x/1", "scenario=<b class=owned>x"]
        {
            lab.driver.goto("about:blank").await?;
            lab.open(&format!("#{address}")).await?;
            lab.find("[aria-label^='db1,']").await?;
            nothing_but_text(lab, address).await?;
            let _ = lab.console_errors().await?;
        }

        // The watch has eyes: what such a text would come to is seen, if it were markup.
        lab.js(&format!(
            "const e = document.createElement('div'); e.innerHTML = {}; document.body.append(e);",
            json!(MARKUP)
        ))
        .await?;
        lab.until("it is seen", "return window.owned.length >= 2").await?;
        // The page's policy forbids its script, and says so.
        assert!(!lab.console_errors().await?.is_empty());
        Ok(())
    });
}

/// A server that is cut off from its replica, and dies: what was written meanwhile is lost.
const LOSS: &str = r#"
[[at]]
time = "2s"
partition = ["<b class=owned>1</b>", "\"'><img src=x onerror=window.hit=4>"]
[[at]]
time = "2500ms"
crash = "<b class=owned>1</b>"
[[at]]
time = "2600ms"
promote = "\"'><img src=x onerror=window.hit=4>"
"#;

#[test]
fn texts_in_findings_causes_and_comparisons_stay_text() {
    run("texts_in_findings_causes_and_comparisons_stay_text", async |lab| {
        lab.before_scripts(WATCH).await?;
        open(lab).await?;
        // The application reaches its server while the replica does not.
        let text = scenario_text() + LOSS;
        drop_file(lab, "mine.toml", &text).await?;
        shows(lab, ".subject", MARKUP).await?;
        pace(lab, "1 s").await?;
        lab.until_text(".clock", "00:03").await?;
        tab(lab, "Findings").await?;
        shows(lab, ".finding > span", "<i class=owned>app").await?;
        nothing_but_text(lab, "findings").await?;
        lab.find(".finding").await?.click().await?;
        nothing_but_text(lab, "a finding").await?;
        tab(lab, "Ledger").await?;
        click_words(lab, ".ledger .filters .chip", "Lost").await?;
        lab.until(
            "a lost write can be asked about",
            "const why = document.querySelector('.ledger-list .why-ask'); why?.click(); return !!why",
        )
        .await?;
        shows(lab, ".why", "<b class=owned>1</b>").await?;
        nothing_but_text(lab, "causes").await?;

        // The sheet repeats what cannot be changed; the comparison has every name twice.
        click_words(lab, ".header .button", "Compare").await?;
        for (key, says) in [("settings.<b>x=<img src=x onerror=window.hit=7>", "<b>x"), ("network.latency=20ms", "")] {
            let field = lab.find(".compare-key input").await?;
            field.clear().await?;
            field.send_keys(key).await?;
            click_words(lab, ".compare-key .button", "Compare").await?;
            if !says.is_empty() {
                shows(lab, "dialog [role=alert]", says).await?;
            }
        }
        lab.until("there are two stages", "return document.querySelectorAll('.stages .board').length === 2").await?;
        lab.until_text(".twin-found", "First difference").await?;
        click_words(lab, ".twin-bar .button", "Reports").await?;
        lab.until_text(".reports", "Writes acknowledged").await?;
        nothing_but_text(lab, "a comparison").await?;
        Ok(())
    });
}

#[test]
fn a_lessons_own_texts_stay_text() {
    run("a_lessons_own_texts_stay_text", async |lab| {
        let one_line = MARKUP.replace('`', "");
        let lesson = format!(
            "# Lesson {one_line}\n\n{MARKUP}\n\n```lesson\nscenario failover.toml\nminutes 1\n```\n\n## Step {one_line}\n\n\
             {MARKUP}\n\n<script>window.hit = 8</script>\n\n[a link](javascript:window.hit=9) ![a picture](x)\n\n\
             ```ask\nAsked {one_line}\n- Said {one_line}: writes.pending == 0\n- Not: writes.pending > 0\nmeasure writes.pending\n```\n\n```reveal\n```\n\n\
             ```wait\nplay -- Wanted {one_line}\n> Help {one_line}\n```\n"
        );
        lab.before_scripts(WATCH).await?;
        lab.before_scripts(&format!(
            "const real = window.fetch;
             window.fetch = (what, ...rest) => String(what.url ?? what).endsWith('lessons/failover.md')
                 ? Promise.resolve(new Response({})) : real(what, ...rest);",
            json!(lesson)
        ))
        .await?;
        lab.open("?lang=en#lesson=failover").await?;
        shows(lab, ".lesson-title", &format!("Lesson {one_line}")).await?;
        shows(lab, ".lesson h2", &format!("Step {one_line}")).await?;
        shows(lab, ".lesson-body", "window.hit = 8").await?;
        shows(lab, ".lesson-body", &format!("Asked {one_line}")).await?;
        nothing_but_text(lab, "a lesson").await?;
        lab.find(".lesson-choice input").await?.click().await?;
        lab.find(".lesson-ask button").await?.click().await?;
        shows(lab, ".lesson-gate", &format!("Wanted {one_line}")).await?;
        click_words(lab, ".lesson-gate .chip", "Show me").await?;
        shows(lab, ".lesson-help", &format!("Help {one_line}")).await?;
        nothing_but_text(lab, "what a lesson waits for").await?;
        Ok(())
    });
}
