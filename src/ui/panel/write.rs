//! Write SQL as a client or straight to a server, and see what came back and where it went.

use std::rc::Rc;
use std::sync::Arc;

use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId};
use crate::engine::message::QueryResult;
use crate::sim::command::{Command, Console};
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::compare::ValueKind;
use crate::ui::lab::{Lab, Route, Snapshot, Typed, use_kept, value};
use crate::ui::parts::dom;
use crate::ui::text::said;
use crate::ui::ties::{Tie, Ties};
use crate::ui::words::{Names, clock, duration, names_in};

#[derive(Properties, PartialEq)]
pub struct WriteProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    pub act: Callback<Command>,
}

/// Statements to begin with: a label, and the SQL.
type Examples = [(&'static str, &'static str); 5];

/// Where there are accounts.
const ON_ACCOUNTS: Examples = [
    ("Insert", "INSERT INTO accounts VALUES (7, 'Grace', 100)"),
    ("Update", "UPDATE accounts SET balance = balance - 30 WHERE id = 1"),
    ("Select", "SELECT * FROM accounts"),
    (
        "Transaction",
        "BEGIN;\nUPDATE accounts SET balance = balance - 10 WHERE id = 1;\nUPDATE accounts SET balance = balance + 10 WHERE id = 2;\nCOMMIT",
    ),
    ("Create table", "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)"),
];
/// Where there is only the clients' own table.
const ON_KV: Examples = [
    ("Insert", "INSERT INTO kv VALUES (1000, 'mine')"),
    ("Update", "UPDATE kv SET value = 'changed' WHERE id = 1"),
    ("Select", "SELECT * FROM kv"),
    (
        "Transaction",
        "BEGIN;\nUPDATE kv SET value = 'both' WHERE id = 1;\nUPDATE kv SET value = 'both' WHERE id = 2;\nCOMMIT",
    ),
    ON_ACCOUNTS[4],
];

/// The most characters of one message.
const LONGEST: &str = "20000";
/// Statements that can be called back.
const HISTORY: usize = 100;

/// The console.
#[component]
pub fn Write(props: &WriteProps) -> Html {
    let view = &props.snapshot.view;
    let examples: Examples = *use_memo((), |()| {
        let accounts = props.lab.with(|s| s.tables()).iter().any(|table| table == "accounts");
        if accounts { ON_ACCOUNTS } else { ON_KV }
    });
    let sql = use_kept(&props.lab, "sql", || examples[0].1.to_owned());
    let target = use_kept(&props.lab, "target", || None::<Console>);
    let history = use_mut_ref(Vec::<String>::new);
    let recalled = use_mut_ref(|| None::<usize>);
    let chosen = (*target).clone().filter(|t| is_there(t, view)).or_else(|| first_target(view));

    let run = {
        let (sql, history, recalled, act) = (sql.clone(), history.clone(), recalled.clone(), props.act.clone());
        let (chosen, lab) = (chosen.clone(), props.lab.clone());
        Callback::from(move |()| {
            let text = sql.trim();
            let Some(console) = chosen.clone().filter(|_| !text.is_empty()) else { return };
            let mut history = history.borrow_mut();
            if history.last().map(String::as_str) != Some(text) {
                history.push(text.to_owned());
                let extra = history.len().saturating_sub(HISTORY);
                history.drain(..extra);
            }
            *recalled.borrow_mut() = None;
            act.emit(Command::Sql { console, sql: text.into() });
            // An answer takes virtual time: a page at rest would never show one.
            if !lab.snapshot().playing {
                lab.set_playing(true);
            }
        })
    };
    let onkeydown = {
        let (run, sql) = (run.clone(), sql.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() else { return };
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                run.emit(());
            } else if let Some(text) = recall(&event, &area, &history.borrow(), &mut recalled.borrow_mut()) {
                event.prevent_default();
                sql.set(text);
            }
        })
    };
    let oninput = {
        let sql = sql.clone();
        Callback::from(move |event: InputEvent| sql.set(dom::field_value(&event)))
    };
    // Some tools change the field without typing.
    let onchange = {
        let sql = sql.clone();
        Callback::from(move |event: Event| sql.set(dom::field_value(&event)))
    };
    let retarget = {
        let target = target.clone();
        Callback::from(move |event: Event| target.set(parse_target(&dom::field_value(&event))))
    };
    let field = props.lab.id("sql");
    html! {
        <div class="stack">
            <div class="stack is-tight">
                <label class="caps" for={field.clone()}>{ "SQL" }</label>
                <textarea id={field} class="sql" rows="4" maxlength={LONGEST} spellcheck="false" autocapitalize="off"
                    autocomplete="off" value={(*sql).clone()} {oninput} {onchange} {onkeydown} />
                <div class="examples" role="group" aria-label={t!("write.examples")}>
                    { for examples.into_iter().map(|(label, text)| {
                        let sql = sql.clone();
                        let onclick = Callback::from(move |_: MouseEvent| sql.set(text.to_owned()));
                        html! { <button type="button" class="chip" {onclick}>{ label }</button> }
                    }) }
                </div>
                <div class="run">
                    <label class="run-as">
                        <span>{ t!("write.as") }</span>
                        <select aria-label={t!("write.who")} onchange={retarget}>
                            { targets(view, chosen.as_ref()) }
                        </select>
                    </label>
                    <button type="button" class="button is-primary" title={t!("write.run-title")}
                        onclick={run.reform(|_: MouseEvent| ())}>{ t!("write.run") }</button>
                </div>
            </div>
            <Answers lab={props.lab.clone()} snapshot={props.snapshot.clone()} />
        </div>
    }
}

/// Calls an earlier statement back with the arrow keys, at the first or last line of the field.
fn recall(
    event: &KeyboardEvent,
    area: &HtmlTextAreaElement,
    history: &[String],
    recalled: &mut Option<usize>,
) -> Option<String> {
    let value = area.value();
    let at = area.selection_start().ok().flatten().unwrap_or(0) as usize;
    // The browser counts UTF-16 units; only the line breaks before and after the caret matter here.
    let units: Vec<u16> = value.encode_utf16().collect();
    let at = at.min(units.len());
    let newline = u16::from(b'\n');
    let next = match event.key().as_str() {
        "ArrowUp" if !units[..at].contains(&newline) => recalled.unwrap_or(history.len()).checked_sub(1)?,
        "ArrowDown" if !units[at..].contains(&newline) => (*recalled)? + 1,
        _ => return None,
    };
    match history.get(next) {
        Some(text) => {
            *recalled = Some(next);
            Some(text.clone())
        }
        None => {
            *recalled = None;
            Some(String::new())
        }
    }
}

fn first_target(view: &ClusterView) -> Option<Console> {
    view.clients
        .first()
        .map(|c| Console::Client(c.name.clone()))
        .or_else(|| view.nodes.first().map(|n| Console::On(n.name.clone())))
}

fn is_there(target: &Console, view: &ClusterView) -> bool {
    match target {
        Console::Client(name) => view.clients.iter().any(|c| c.name == *name),
        Console::On(name) => view.nodes.iter().any(|n| n.name == *name),
    }
}

fn parse_target(value: &str) -> Option<Console> {
    let (kind, name) = value.split_once(':')?;
    let name: Arc<str> = name.into();
    Some(if kind == "client" { Console::Client(name) } else { Console::On(name) })
}

fn targets(view: &ClusterView, chosen: Option<&Console>) -> Html {
    let target = |name: &str| match view.proxy.is_some() {
        true => t!("write.by-proxy", client = name),
        false => t!("write.by-driver", client = name),
    };
    html! {
        <>
            { for view.clients.iter().map(|c| html! {
                <option value={format!("client:{}", c.name)} selected={chosen == Some(&Console::Client(c.name.clone()))}>
                    { target(&c.name) }
                </option>
            }) }
            { for view.nodes.iter().map(|n| html! {
                <option value={format!("node:{}", n.name)} selected={chosen == Some(&Console::On(n.name.clone()))}>
                    { t!("write.straight", node = n.name) }
                </option>
            }) }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct AnswersProps {
    lab: Lab,
    snapshot: Rc<Snapshot>,
}

/// Answers that are shown.
const SHOWN: usize = 12;

/// What came back, newest first.
#[component]
fn Answers(props: &AnswersProps) -> Html {
    let answers: Vec<(Typed, Option<Route>)> =
        props.lab.with(|s| s.answers(SHOWN).into_iter().map(|typed| (typed.clone(), s.way(&typed))).collect());
    let ties = use_context::<Ties>();
    if answers.is_empty() {
        return html! {
            <p class="hint">
                { t!("write.hint") }
            </p>
        };
    }
    let (names, flavor) = (names_in(&props.snapshot.view), props.snapshot.view.flavor);
    html! {
        <section class="stack is-tight">
            <h2 class="caps">{ t!("write.answers") }</h2>
            <ol class="answers" aria-live="polite">
                { for answers.iter().map(|(typed, route)| answer(typed, route.as_ref(), &names, flavor, ties.as_ref())) }
            </ol>
        </section>
    }
}

fn answer(typed: &Typed, route: Option<&Route>, names: &Names<'_>, flavor: Flavor, ties: Option<&Ties>) -> Html {
    let (class, outcome) = match &typed.answer {
        None if typed.txn.is_none() => ("answer is-waiting", html! { <p class="outcome">{ t!("write.waits") }</p> }),
        None => ("answer is-waiting", html! { <p class="outcome">{ t!("write.none-yet") }</p> }),
        Some((_, Err(error))) => {
            let detail = error.detail.clone().unwrap_or_default();
            let text = format!("ERROR {}: {} {detail}", error.code, error.message);
            ("answer is-trouble", html! { <p class="outcome">{ text.trim_end().to_owned() }</p> })
        }
        Some((_, Ok(result))) => ("answer", result_html(result, flavor)),
    };
    let took = typed.answer.as_ref().map(|(at, _)| duration(at.since(typed.at)));
    html! {
        <li key={typed.number} {class}>
            <pre class="answer-sql"><code>{ typed.sql.to_string() }</code></pre>
            { outcome }
            <p class="answer-way">
                <time>{ clock(typed.at) }</time>{ " " }{ way(typed, route, names) }
                if let Some(took) = took { { format!(" · {took}") } }
                if let Some((ties, txn)) = ties.zip(typed.txn) {
                    <button type="button" class="answer-follow" onclick={
                        let (on, at) = (ties.on.clone(), typed.at);
                        Callback::from(move |_: MouseEvent| on.emit(Tie::Follow(txn, at)))
                    }>{ t!("write.follow") }</button>
                }
            </p>
        </li>
    }
}

/// Where a statement went, and why.
fn way(typed: &Typed, route: Option<&Route>, names: &Names<'_>) -> String {
    let served = typed.served_by.or(route.map(|r| r.to));
    let server = served.map(|id| names.name(Addr::Node(id)).to_owned());
    let client = typed.session.client;
    if client == ClientId::OPERATOR {
        return server.map_or(t!("write.straight-to-it").to_owned(), |server| t!("write.straight", node = server));
    }
    let client = names.name(Addr::Client(client));
    match (server, route) {
        (Some(server), Some(Route { by: Addr::Proxy, reason, .. })) => {
            t!("write.way-by-proxy", client = client, node = server, why = said(reason))
        }
        (Some(server), Some(route)) => format!("{client} → {server} ({})", said(route.reason)),
        (Some(server), None) => format!("{client} → {server}"),
        (None, _) => t!("write.under-way", client = client),
    }
}

/// Rows of a result that are shown.
const ROWS: usize = 50;

fn result_html(result: &QueryResult, flavor: Flavor) -> Html {
    let rows = result.rows.len();
    let done = if result.columns.is_empty() && result.affected > 0 {
        format!("{} · {}", result.tag, t!("write.rows", n = result.affected))
    } else if result.columns.is_empty() {
        result.tag.to_string()
    } else {
        format!("{} · {}", result.tag, t!("write.rows", n = rows))
    };
    html! {
        <>
            if !result.columns.is_empty() {
                <div class="table-scroll" tabindex="0" role="region" aria-label={t!("write.result")}>
                    <table class="grid">
                        <thead><tr>{ for result.columns.iter().map(|c| html! { <th scope="col">{ c }</th> }) }</tr></thead>
                        <tbody>
                            { for result.rows.iter().take(ROWS).map(|row| html! {
                                <tr>{ for row.iter().map(value).map(|v| html! { <td class={kind(v.kind)}>{ v.text }</td> }) }</tr>
                            }) }
                        </tbody>
                    </table>
                </div>
            }
            <p class="outcome">
                { done }
                if rows > ROWS { { format!(", {}", t!("remarks.shown", n = ROWS)) } }
                if let Some((_, at)) = result.committed_at.as_ref().filter(|_| flavor == Flavor::Postgresql) { { format!(" · {}", t!("remarks.committed", at = at)) } }
            </p>
            if let Some(warning) = &result.warning {
                <p class="outcome is-warning">{ format!("WARNING: {warning}") }</p>
            }
        </>
    }
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "is-null",
        ValueKind::Number => "is-number",
        ValueKind::Text => "is-text",
    }
}
