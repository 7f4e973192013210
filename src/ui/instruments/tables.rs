//! One table as every server has it, side by side, differences to the primary marked.

use std::rc::Rc;
use std::sync::Arc;

use yew::prelude::*;

use crate::check::why::Question;
use crate::engine::ids::NodeId;
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::compare::{Comparison, Copy, Part, Row, Standing, Value, ValueKind, compare};
use crate::ui::lab::{Lab, use_kept};
use crate::ui::parts::dom;
use crate::ui::parts::explain::head;
use crate::ui::why::Why;
use crate::ui::words::{badge, list, running_primary};

#[derive(Properties, PartialEq)]
pub struct TablesProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows whenever rows may have changed.
    pub revision: u64,
}

/// Rows asked of each server.
const ROWS: usize = 200;

/// The comparison with its choice of table.
#[component]
pub fn Tables(props: &TablesProps) -> Html {
    let view = &props.view;
    let chosen = use_kept(&props.lab, "table", || None::<String>);
    let names = use_memo((props.lab.clone(), props.revision), |(lab, _)| lab.with(|s| s.tables()));
    let table = chosen.as_ref().filter(|t| names.contains(t)).or(names.first()).cloned();
    let reference = running_primary(view).map(|n| n.id);
    let ids: Vec<_> = view.nodes.iter().map(|n| (n.id, n.name.clone())).collect();
    let comparison = use_memo((props.revision, table.clone(), reference, ids), |(_, table, reference, ids)| {
        let table = table.as_deref()?;
        let copies: Vec<Copy> = ids
            .iter()
            .map(|(id, name)| Copy { server: name.to_string(), content: props.lab.with(|s| s.table(*id, table, ROWS)) })
            .collect();
        let reference = ids.iter().position(|(id, _)| Some(*id) == *reference);
        Some(compare(&copies, reference))
    });
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| chosen.set(Some(dom::field_value(&event))))
    };
    html! {
        <div class="tables">
            <div class="tables-bar">
                <label>
                    <span>{ t!("tables.table") }</span>
                    <select onchange={choose}>
                        { for names.iter().map(|name| html! {
                            <option value={name.clone()} selected={Some(name) == table.as_ref()}>{ name.clone() }</option>
                        }) }
                    </select>
                </label>
                <p class="tables-remark" role="status">{ remark(comparison.as_ref().as_ref(), view) }</p>
            </div>
            if let Some(comparison) = &*comparison {
                { grid(comparison, view, table.as_deref().unwrap_or_default()) }
            }
        </div>
    }
}

fn remark(comparison: Option<&Comparison>, view: &ClusterView) -> String {
    let Some(comparison) = comparison else { return t!("tables.none").to_owned() };
    let said: Vec<&String> = comparison.remarks.iter().filter(|r| !r.is_empty()).collect();
    match (said.is_empty(), running_primary(view)) {
        (true, Some(_)) if comparison.rows.is_empty() => t!("tables.empty").to_owned(),
        (true, Some(_)) => t!("tables.same").to_owned(),
        (true, None) => t!("tables.no-primary").to_owned(),
        (false, _) => format!("{}.", list(&said)),
    }
}

fn grid(comparison: &Comparison, view: &ClusterView, table: &str) -> Html {
    let nodes: Rc<Vec<(NodeId, Arc<str>)>> = Rc::new(view.nodes.iter().map(|n| (n.id, n.name.clone())).collect());
    let wide = comparison.columns.len() > 1;
    let span = comparison.columns.len().max(1).to_string();
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={t!("tables.label", table = table)}>
            <table class="grid" data-table={table.to_owned()}>
                <thead>
                    <tr>
                        <th scope="col" rowspan={if wide { "2" } else { "1" }}>{ head("tables", "key", &comparison.key) }</th>
                        { for view.nodes.iter().map(|node| {
                            let badge = badge(node, view.flavor);
                            html! {
                                <th scope="colgroup" colspan={span.clone()} class={classes!("server", badge.tone.class())}>
                                    { head("tables", "server", &node.name) }
                                    <small>{ badge.word.to_lowercase() }</small>
                                </th>
                            }
                        }) }
                    </tr>
                    if wide {
                        <tr class="columns">
                            { for view.nodes.iter().flat_map(|_| comparison.columns.iter().enumerate()).map(|(i, column)| html! {
                                <th scope="col" class={(i == 0).then_some("first")}>{ column }</th>
                            }) }
                        </tr>
                    }
                </thead>
                <tbody>
                    { for comparison.rows.iter().map(|row| html! {
                        <Line key={format!("{}/{}", row.key.text, row.nth)} row={row.clone()} nodes={nodes.clone()}
                            columns={comparison.columns.len()} kv={table == "kv"} />
                    }) }
                </tbody>
            </table>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    row: Row,
    nodes: Rc<Vec<(NodeId, Arc<str>)>>,
    columns: usize,
    /// Whether it is of the clients' own table, and its rows have a history.
    kv: bool,
}

/// A row; only those that changed are drawn anew.
#[component]
fn Line(props: &LineProps) -> Html {
    let LineProps { row, nodes, columns, kv } = props;
    let key = kv.then(|| row.key.text.parse().ok()).flatten();
    html! {
        <tr>
            <th scope="row" class={kind_class(row.key.kind)}>{ &row.key.text }</th>
            { for row.parts.iter().zip(nodes.iter()).map(|(part, node)| cells(part, *columns, &|words| why(node, key, words))) }
        </tr>
    }
}

/// A row's cells on one server; what is not as on the primary says so with a sign and a word, not only a colour.
fn cells(part: &Part, columns: usize, why: &dyn Fn(&'static str) -> Html) -> Html {
    let columns = columns.max(1);
    let (class, sign, word) = match part.standing {
        Standing::Same => ("", "", ""),
        Standing::Differs => ("is-different", "≠", t!("tables.differs")),
        Standing::Extra => ("is-extra", "+", t!("tables.only-here")),
        Standing::Missing => return lone("is-missing", why(t!("tables.missing")), columns),
        Standing::Absent => return lone("is-absent", html! { { "–" } }, columns),
        Standing::Unknown => return lone("is-absent", html! { { "?" } }, columns),
    };
    let empty = Value { text: String::new(), kind: ValueKind::Text };
    html! {
        { for (0..columns).map(|i| {
            let value = part.values.get(i).unwrap_or(&empty);
            html! {
                <td class={classes!(class, kind_class(value.kind), (i == 0).then_some("first"))}>
                    if i == 0 && !sign.is_empty() {
                        <span class="sign">{ why(sign) }</span>
                        <span class="unseen">{ word }</span>
                    }
                    { &value.text }
                </td>
            }
        }) }
    }
}

fn lone(class: &'static str, text: Html, columns: usize) -> Html {
    html! { <td class={classes!(class, "first")} colspan={columns.to_string()}>{ text }</td> }
}

/// What is not as on the primary says why, when it is asked.
fn why((id, name): &(NodeId, Arc<str>), key: Option<i64>, words: &'static str) -> Html {
    let about = t!("why.missing", node = name);
    html! { <Why question={Question::Missing(*id, key)} {about} {words} /> }
}

fn kind_class(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "is-null",
        ValueKind::Number => "is-number",
        ValueKind::Text => "is-text",
    }
}
