//! What people do on the page, and what they see there.

use browser_tests::prelude::*;

/// Opens the page, and lets time pass as fast as in a real cluster, so that no test waits for packets to be admired.
pub async fn open(lab: &Lab) -> WebDriverResult<()> {
    lab.open("").await?;
    lab.find("[aria-label^='db1,']").await?;
    pace(lab, "1 s").await
}

/// Runs what the list of scenarios has under this title.
pub async fn scenario(lab: &Lab, title: &str) -> WebDriverResult<()> {
    click_words(lab, ".header .button", "Scenarios").await?;
    let title = json!(title);
    lab.until(
        &format!("{title} is offered"),
        &format!(
            "const e = [...document.querySelectorAll('.choice')]
                 .find(e => e.querySelector('strong').textContent === {title});
             e?.click();
             return !!e"
        ),
    )
    .await?;
    lab.until_text(".subject", title.as_str().unwrap_or_default()).await
}

/// Chooses what a second here is in the cluster.
pub async fn pace(lab: &Lab, label: &str) -> WebDriverResult<()> {
    choose(lab, "select[aria-label^='One second']", label).await
}

/// Chooses an option by its words.
pub async fn choose(lab: &Lab, select: &str, words: &str) -> WebDriverResult<()> {
    let (select, words) = (json!(select), json!(words));
    lab.until(
        &format!("{select} offers {words}"),
        &format!(
            "const s = document.querySelector({select});
             const o = s && [...s.options].find(o => o.textContent === {words});
             if (!o) return false;
             s.value = o.value;
             s.dispatchEvent(new Event('change', {{ bubbles: true }}));
             return true"
        ),
    )
    .await
}

/// Presses a key where the focus is.
pub async fn press(lab: &Lab, key: impl Into<char>) -> WebDriverResult<()> {
    lab.driver.action_chain().send_keys(key.into().to_string()).perform().await
}

/// Moves the focus to an element, as Tab would.
pub async fn focus(lab: &Lab, selector: &str) -> WebDriverResult<()> {
    let selector = json!(selector);
    lab.until(
        &format!("{selector} has the focus"),
        &format!("const e = document.querySelector({selector}); e?.focus(); return document.activeElement === e"),
    )
    .await
}

/// Opens the menu of a card or link by keyboard and takes the item with these words.
pub async fn act(lab: &Lab, label_begins: &str, item: &str) -> WebDriverResult<()> {
    focus(lab, &format!("[role=button][aria-label^='{label_begins}']")).await?;
    press(lab, Key::Enter).await?;
    click_words(lab, "[role=menuitem]", item).await
}

/// Promotes a server, whatever it lacks of the primary.
pub async fn promote(lab: &Lab, node: &str) -> WebDriverResult<()> {
    act(lab, &format!("{node},"), "Promote").await?;
    let (name, confirm) = (json!(node), json!(format!("Promote {node}")));
    lab.until(
        &format!("{node} is promoted"),
        &format!(
            "[...document.querySelectorAll('.discard-choice .button')].find(e => e.textContent === {confirm})?.click();
             return [...document.querySelectorAll('.card.is-node')].some(c =>
                 c.querySelector('.card-name').textContent === {name}
                 && c.querySelector('.card-role').textContent === 'PRIMARY')"
        ),
    )
    .await
}

/// Clicks the first element of a selector that has these words.
pub async fn click_words(lab: &Lab, selector: &str, words: &str) -> WebDriverResult<()> {
    let (selector, words) = (json!(selector), json!(words));
    lab.until(
        &format!("{selector} {words} can be clicked"),
        &format!(
            "const e = [...document.querySelectorAll({selector})]
                 .find(e => (e.querySelector('span') ?? e).textContent.trim() === {words} && !e.disabled);
             e?.click();
             return !!e"
        ),
    )
    .await
}

/// Types SQL, chooses who runs it, and runs it.
pub async fn sql(lab: &Lab, who: &str, text: &str) -> WebDriverResult<()> {
    choose(lab, "select[aria-label='Who runs it']", who).await?;
    let field = lab.find("textarea").await?;
    field.clear().await?;
    field.send_keys(text).await?;
    field.send_keys(Key::Control + Key::Enter).await
}

/// Waits until the newest answer says something.
pub async fn answer(lab: &Lab, says: &str) -> WebDriverResult<()> {
    lab.until_text(".answers > li:first-child", says).await
}

/// Shows a table in the instrument.
pub async fn show_table(lab: &Lab, table: &str) -> WebDriverResult<()> {
    click_words(lab, "[role=tab]", "Tables").await?;
    choose(lab, ".tables select", table).await?;
    lab.find(&format!(".grid[data-table='{table}']")).await?;
    Ok(())
}

/// What the instrument says a server has in the row of a key: its values, or what is said in their place.
const CELLS: &str = "
    const cells = (server, key) => {
        const table = document.querySelector('.grid[data-table]');
        const heads = [...table.querySelectorAll('thead tr:first-child th.server')];
        const row = [...table.tBodies[0].rows].find(r => r.cells[0].textContent === key);
        if (!row) return null;
        let at = 0;
        for (const head of heads) {
            const values = [];
            for (let left = head.colSpan; left > 0;) {
                const cell = row.cells[1 + at];
                values.push(cell.textContent);
                left -= cell.colSpan;
                at += 1;
            }
            if (head.firstChild.textContent === server) return values.join(' ');
        }
        return null;
    };";

/// Waits until a server's row is this.
pub async fn until_row(lab: &Lab, server: &str, key: &str, values: &str) -> WebDriverResult<()> {
    let script = format!("{CELLS} return cells({}, {}) === {}", json!(server), json!(key), json!(values));
    lab.until(&format!("{server} has {values} at {key}"), &script).await
}

/// Waits until a server's card has this word in its header.
pub async fn until_role(lab: &Lab, server: &str, role: &str) -> WebDriverResult<()> {
    let script = format!(
        "return [...document.querySelectorAll('.card.is-node')].some(c =>
             c.querySelector('.card-name').textContent === {} && c.querySelector('.card-role').textContent === {})",
        json!(server),
        json!(role)
    );
    lab.until(&format!("{server} is {role}"), &script).await
}

/// Opens a scenario file, as if it were dropped on the page.
pub async fn drop_file(lab: &Lab, text: &str) -> WebDriverResult<()> {
    let text = json!(text);
    lab.js(&format!(
        "const data = new DataTransfer();
         data.items.add(new File([{text}], 'dropped.toml'));
         for (const kind of ['dragover', 'drop'])
             document.body.dispatchEvent(new DragEvent(kind, {{ dataTransfer: data, bubbles: true, cancelable: true }}));"
    ))
    .await?;
    Ok(())
}
