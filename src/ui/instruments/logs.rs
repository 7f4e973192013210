//! Every server's log, record by record, side by side.

use std::rc::Rc;

use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use crate::check::Outcome;
use crate::engine::flavor::Flavor;
use crate::engine::gtid::server_uuid;
use crate::engine::ids::{NodeId, TxnId};
use crate::engine::time::SimTime;
use crate::order::OrderedMap;
use crate::sim::view::{ClusterView, LogCell, LogRow, NodeView, Reach, RecordKind, Role};
use crate::t;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::parts::explain::head;
use crate::ui::words::{badge, bytes, clock};

#[derive(Properties, PartialEq)]
pub struct LogsProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event that says something.
    pub revision: u64,
    /// Counts the jumps in time.
    pub jumps: u64,
}

/// Records that are shown at first, and more of them each time that somebody asks.
const SHOWN: usize = 80;
/// The most records that are shown.
const MOST: usize = 640;

/// The table, newest record first, and what holds the logs back.
#[component]
pub fn Logs(props: &LogsProps) -> Html {
    let most = use_state(|| SHOWN);
    // Up to whose log's end; `None` is the newest of all.
    let until = use_state(|| None::<NodeId>);
    let list = use_node_ref();
    let (table, outcomes, names, diverged) = props.lab.with(|simulation| {
        let (table, outcomes) = simulation.logs(*until, *most);
        let diverged = props.view.nodes.iter().filter_map(|node| simulation.diverged(node.id));
        let diverged: Vec<(NodeId, u64)> = diverged.map(|found| (found.has, found.total)).collect();
        let txns = table.rows.iter().filter_map(|row| row.txn);
        let names: OrderedMap<TxnId, String> = txns.map(|txn| (txn, simulation.txn_name(txn))).collect();
        (table, outcomes, names, diverged)
    });
    let view = &props.view;
    let timelines = table.rows.windows(2).any(|pair| pair[0].timeline != pair[1].timeline);
    let seek = {
        let lab = props.lab.clone();
        Callback::from(move |at: SimTime| {
            lab.set_playing(false);
            lab.seek(at);
        })
    };
    let onkeydown = {
        let list = list.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(list) = list.cast::<Element>() else { return };
            let buttons = dom::all(&list, "button.log-at");
            let focused = dom::element_of(event.target());
            let current = buttons.iter().position(|button| Some(button) == focused.as_ref());
            let next = current.and_then(|current| dom::roving(&event.key(), current, buttons.len(), true));
            if let Some(button) = next.and_then(|next| buttons.get(next)) {
                event.prevent_default();
                event.stop_propagation();
                dom::focus(button);
            }
        })
    };
    let choose = {
        let until = until.clone();
        Callback::from(move |event: Event| until.set(dom::field_value(&event).parse().ok().map(NodeId)))
    };
    let older = {
        let most = most.clone();
        Callback::from(move |_: MouseEvent| most.set((*most * 2).min(MOST)))
    };
    let row = |row: &LogRow| {
        let name = row.txn.and_then(|txn| names.get(&txn)).map_or("", String::as_str);
        let outcome = row.txn.filter(|_| row.kind == RecordKind::Commit).and_then(|txn| outcomes.get(&txn));
        record(row, name, outcome.copied(), timelines, view, &seek)
    };
    html! {
        <div class="logs">
            <div class="logs-bar">
                <select aria-label={t!("logs.which")} onchange={choose}>
                    <option value="" selected={until.is_none()}>{ t!("logs.newest") }</option>
                    { for view.nodes.iter().map(|node| html! {
                        <option value={node.id.0.to_string()} selected={*until == Some(node.id)}>
                            { t!("events.up-to-end", node = node.name) }
                        </option>
                    }) }
                </select>
                <p class="tables-remark" role="status">{ match diverged.is_empty() {
                    true => html! { { remark(view.flavor) } },
                    false => html! { { for diverged.iter().map(|(node, total)| {
                        let (until, node_id) = (until.clone(), *node);
                        let name = view.nodes.iter().find(|one| one.id == *node).map_or("?", |one| &one.name);
                        html! {
                            <span key={node.0}>
                                { apart(name, *total, view.flavor) }
                                if *until != Some(*node) {
                                    <button type="button" class="chip log-show"
                                        onclick={Callback::from(move |_: MouseEvent| until.set(Some(node_id)))}>{ t!("logs.show") }</button>
                                }
                            </span>
                        }
                    }) } },
                } }</p>
                { retention(view) }
            </div>
            <div ref={list} class="table-scroll" tabindex="0" role="group" aria-label={t!("logs.label")}
                {onkeydown}>
                <table class="log-table">
                    <thead><tr>
                        <th scope="col">{ head("logs", "position", if view.flavor == Flavor::Mysql { "GTID" } else { "LSN" }) }</th>
                        <th scope="col">{ head("logs", "record", t!("logs.record")) }</th>
                        <th scope="col">{ head("logs", "transaction", t!("logs.transaction")) }</th>
                        <th scope="col">{ head("logs", "size", t!("logs.size")) }</th>
                        { for view.nodes.iter().map(|node| server_head(node, view.flavor)) }
                    </tr></thead>
                    <tbody>{ for table.rows.iter().map(row) }</tbody>
                </table>
                if table.rows.is_empty() {
                    <p class="empty">{ t!("logs.empty") }</p>
                }
                if table.more && *most < MOST {
                    <button type="button" class="button log-older" onclick={older}>{ t!("logs.older") }</button>
                }
            </div>
        </div>
    }
}

fn remark(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => t!("logs.same-bytes"),
        Flavor::Mysql => t!("logs.by-gtid"),
    }
}

/// What one server has and the primary has not.
fn apart(name: &str, total: u64, flavor: Flavor) -> String {
    match flavor {
        Flavor::Postgresql => t!("logs.apart", server = name, n = total) + " ",
        Flavor::Mysql => t!("logs.errant-apart", server = name, n = total) + " ",
    }
}

fn server_head(node: &NodeView, flavor: Flavor) -> Html {
    let badge = badge(node, flavor);
    let end =
        node.mysql.as_ref().map_or_else(|| node.insert_lsn.to_string(), |mysql| file_position(&mysql.end.to_string()));
    html! {
        <th key={node.id.0} scope="col" class={classes!("log-server", badge.tone.class())}>
            { head("logs", "server", &node.name) }<small>{ badge.word.to_lowercase() }</small>
            <span class="log-end" title={t!("logs.end")}>{ end }</span>
        </th>
    }
}

/// A place in a binary log without what all of them have in common.
fn file_position(place: &str) -> String {
    place.trim_start_matches("binlog.").to_owned()
}

fn kind(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Insert => "insert",
        RecordKind::Update => "update",
        RecordKind::Delete => "delete",
        RecordKind::Schema => "DDL",
        RecordKind::Statement => "statement",
        RecordKind::Commit => "commit",
        RecordKind::Timeline => "timeline",
    }
}

fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pending => t!("logs.waits"),
        Outcome::Acknowledged => t!("logs.acknowledged"),
        Outcome::Failed => t!("logs.failed"),
        Outcome::Indeterminate => t!("logs.indeterminate"),
    }
}

fn record(
    row: &LogRow,
    name: &str,
    outcome: Option<Outcome>,
    timelines: bool,
    view: &ClusterView,
    seek: &Callback<SimTime>,
) -> Html {
    let gtid = row.gtid.map(|gtid| gtid.to_string());
    let place = match row.gtid {
        Some(gtid) => match view.nodes.iter().find(|node| server_uuid(node.id) == gtid.source) {
            Some(node) => format!("{}:{}", node.name, gtid.number),
            None => format!("…:{}", gtid.number),
        },
        None => row.start.to_string(),
    };
    let size = row.end.bytes_since(row.start);
    let title = [
        gtid.clone()
            .map_or_else(|| t!("log-words.span", start = row.start, end = row.end), |gtid| format!("GTID {gtid}")),
        t!("log-words.timeline", n = row.timeline),
        bytes(size),
        row.logged_at.map_or_else(String::new, |at| t!("log-words.committed", at = clock(at))),
        row.text.clone(),
    ];
    let title: Vec<String> = title.into_iter().filter(|part| !part.is_empty()).collect();
    let class = classes!(
        (row.kind == RecordKind::Commit).then_some("is-commit"),
        (row.kind == RecordKind::Timeline).then_some("is-timeline"),
        row.diverged.then_some("is-diverged"),
    );
    // All records of a transaction were logged at once: one button is enough.
    let position = match row.logged_at.filter(|_| row.kind == RecordKind::Commit) {
        Some(at) => {
            let onclick = seek.reform(move |_: MouseEvent| at);
            html! {
                <button type="button" class="log-at" title={t!("events.go-to-logged", at = clock(at))} {onclick}>{ place }</button>
            }
        }
        None => html! { place },
    };
    let held: Vec<String> = holding(row, view);
    html! {
        <tr key={format!("{}/{}/{}", row.timeline, gtid.as_deref().unwrap_or_default(), row.start)} {class} title={title.join("\n")}>
            <th scope="row">
                { position }
                if timelines && row.gtid.is_none() {
                    <small>{ format!("TL {}", row.timeline) }</small>
                }
                { for held.into_iter().map(|word| html! { <span class="log-tag">{ word }</span> }) }
            </th>
            <td class="log-record">
                <strong>{ kind(row.kind) }</strong>
                if row.diverged {
                    <em class="log-diverged">{ if row.gtid.is_some() { t!("logs.errant") } else { t!("logs.diverged") } }</em>
                }
                if !matches!(row.kind, RecordKind::Commit) {
                    <span>{ row.text.clone() }</span>
                }
            </td>
            <td>
                { name.to_owned() }
                if let Some(outcome) = outcome {
                    <small class={if outcome == Outcome::Acknowledged { "log-acknowledged" } else { "" }}>{ outcome_words(outcome) }</small>
                }
            </td>
            <td class="is-number">{ size.to_string() }</td>
            { for row.cells.iter().map(|one| cell(one, view)) }
        </tr>
    }
}

/// What of retention begins with a record: a file, the redo position of a checkpoint, what a slot holds.
fn holding(row: &LogRow, view: &ClusterView) -> Vec<String> {
    let mut all: Vec<String> = row.file.iter().map(|file| t!("log-words.file", file = file)).collect();
    if row.gtid.is_some() {
        return all;
    }
    let here = |at| (row.start..row.end).contains(&at);
    for node in view.nodes.iter().filter(|node| node.role == Role::Primary) {
        if here(node.redo_lsn) {
            all.push(t!("log-words.redo-of", node = node.name));
        }
        let slots = node.slots.iter().filter(|slot| slot.restart_lsn.is_some_and(here));
        all.extend(slots.map(|slot| t!("log-words.slot", slot = slot.slot_name)));
    }
    all
}

/// How far a record has come on one server: a sign, a word, and on MySQL where it is.
fn cell(cell: &LogCell, view: &ClusterView) -> Html {
    let primary = view.nodes.iter().any(|node| node.id == cell.node && node.role == Role::Primary);
    let (sign, word, title) = match cell.reach {
        Reach::Absent => ("–", "", t!("logs.absent")),
        Reach::Removed => ("×", t!("logs.removed"), t!("logs.removed-why")),
        Reach::Sent => ("→", t!("logs.sent"), t!("logs.sent-why")),
        Reach::Received => ("◔", t!("logs.received"), t!("logs.received-why")),
        Reach::Memory => ("◔", t!("logs.memory"), t!("logs.memory-why")),
        Reach::Written => ("◑", t!("logs.written"), t!("logs.written-why")),
        Reach::Flushed if primary => ("◕", t!("logs.flushed"), t!("logs.flushed-primary")),
        Reach::Flushed => ("◕", t!("logs.flushed"), t!("logs.flushed-why")),
        Reach::Applied if primary => ("●", t!("logs.visible"), t!("logs.visible-why")),
        Reach::Applied => ("●", t!("logs.applied"), t!("logs.applied-why")),
    };
    let class = match cell.reach {
        Reach::Absent | Reach::Removed => "is-absent",
        Reach::Applied => "is-applied",
        _ => "is-under-way",
    };
    html! {
        <td key={cell.node.0} class={classes!("log-cell", class)} {title}>
            <span class="log-sign" aria-hidden="true">{ sign }</span>
            if cell.reach == Reach::Absent {
                <span class="unseen">{ t!("logs.not-there") }</span>
            }
            { word }
            if let Some(place) = &cell.place {
                <small>{ place.trim_start_matches("binlog.").to_owned() }</small>
            }
        </td>
    }
}

/// Where each log begins, and what holds it back.
fn retention(view: &ClusterView) -> Html {
    let mysql = view.flavor == Flavor::Mysql;
    let slots = |node: &NodeView| {
        let said = node.slots.iter().map(|slot| {
            let at = slot.restart_lsn.map_or_else(|| t!("logs.nothing-yet").to_owned(), |at| at.to_string());
            let status = slot.wal_status.map_or("", |status| status.as_str());
            let active = if slot.active_pid.is_some() { t!("logs.active") } else { t!("logs.inactive") };
            t!("logs.holds", slot = slot.slot_name, at = at, state = active)
                + if status.is_empty() { "" } else { ", " }
                + status
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() { t!("logs.none").to_owned() } else { said.join("; ") }
    };
    html! {
        <details class="logs-retention">
            <summary>{ if mysql { t!("logs.files-head") } else { t!("logs.retention") } }</summary>
            <table>
                <thead><tr>
                    <th scope="col">{ t!("logs.server") }</th>
                    if !mysql {
                        <th scope="col">{ head("logs", "begins", t!("logs.begins")) }</th>
                    }
                    <th scope="col">{ head("logs", "files", t!("logs.files")) }</th>
                    if !mysql {
                        <th scope="col">{ head("logs", "redo", t!("logs.redo")) }</th>
                        <th scope="col">{ head("logs", "slots", t!("logs.slots")) }</th>
                    }
                </tr></thead>
                <tbody>{ for view.nodes.iter().map(|node| html! {
                    <tr key={node.id.0}>
                        <th scope="row">{ node.name.to_string() }</th>
                        if !mysql {
                            <td>{ node.log_start.to_string() }</td>
                        }
                        <td>{ node.log_files }</td>
                        if !mysql {
                            <td>{ node.redo_lsn.to_string() }</td>
                            <td>{ slots(node) }</td>
                        }
                    </tr>
                }) }</tbody>
            </table>
        </details>
    }
}
