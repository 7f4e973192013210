//! All figures of one server.

use std::rc::Rc;

use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::sim::view::{ClusterView, NodeView, Role, SenderView, SyncState};
use crate::t;
use crate::ui::explain::{State, Topic};
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::explain::Explain;
use crate::ui::words::{badge, bytes, duration, names_in};

#[derive(Properties, PartialEq)]
pub struct InspectorProps {
    pub id: AttrValue,
    pub node: NodeView,
    pub view: Rc<ClusterView>,
    pub on_close: Callback<()>,
}

/// What is told of each standby: the column of `pg_stat_replication`, and the word for it here.
const SENDER_COLUMNS: [(&str, &str); 8] = [
    ("application_name", "standby"),
    ("state", "state"),
    ("sync_state", "sync"),
    ("sent_lsn", "sent"),
    ("write_lsn", "write"),
    ("flush_lsn", "flush"),
    ("replay_lsn", "replay"),
    ("replay_lag", "replay lag"),
];

/// A sheet with everything that is known of one server.
#[component]
pub fn Inspector(props: &InspectorProps) -> Html {
    let (node, view) = (&props.node, &props.view);
    let names = names_in(view);
    let upstream = node.upstream.map(|id| names.name(crate::engine::ids::Addr::Node(id)).to_owned());
    let state = badge(node, view.flavor).word.to_lowercase();
    let mut rows: Vec<(&'static str, &'static str, String)> = vec![("state", t!("inspector.now"), state)];
    match &node.mysql {
        None => rows.extend([
            ("timeline", t!("inspector.timeline"), node.timeline.to_string()),
            ("end_of_log", t!("inspector.end"), node.insert_lsn.to_string()),
            ("written", t!("inspector.written"), node.positions.write.to_string()),
            ("flushed", t!("inspector.flushed"), node.positions.flush.to_string()),
            ("applied", t!("inspector.applied"), node.positions.apply.to_string()),
        ]),
        Some(mysql) => {
            rows.push((
                "takes_writes",
                t!("inspector.takes-writes"),
                if mysql.read_only { t!("inspector.no") } else { t!("inspector.yes") }.to_owned(),
            ));
            rows.push(("end_of_log", t!("inspector.end"), mysql.end.to_string()));
            rows.push(("gtid_executed", "gtid_executed", mysql.gtid_executed.to_string()));
            if !mysql.errant.is_empty() {
                rows.push(("errant", t!("inspector.errant"), mysql.errant.to_string()));
            }
            if let Some(on) = mysql.semi_sync {
                rows.push((
                    "semi_sync",
                    t!("inspector.semi-sync"),
                    if on { "ON" } else { t!("inspector.fell-back") }.to_owned(),
                ));
            }
            if let Some(channel) = mysql.channel {
                let behind = channel.seconds_behind_source.map_or("NULL".to_owned(), |seconds| seconds.to_string());
                rows.push(("io_thread", t!("inspector.io-thread"), channel.io_running.to_owned()));
                rows.push((
                    "sql_thread",
                    t!("inspector.sql-thread"),
                    if channel.sql_running { "Yes" } else { "No" }.to_owned(),
                ));
                rows.push((
                    "relay_log",
                    t!("inspector.relay-log"),
                    t!("inspector.transactions", n = channel.relay_transactions),
                ));
                rows.push(("seconds_behind", t!("inspector.behind"), behind));
            }
        }
    }
    rows.extend([
        ("rows", t!("inspector.rows"), node.rows.to_string()),
        ("fsync", t!("inspector.fsync"), duration(node.fsync_us)),
    ]);
    if node.role == Role::Replica {
        let streaming = if node.streaming { t!("inspector.streaming") } else { t!("inspector.not-streaming") };
        rows.push((
            "follows",
            t!("inspector.follows"),
            upstream.map_or(t!("inspector.nobody").to_owned(), |up| format!("{up}, {streaming}")),
        ));
        rows.push(("lag", t!("inspector.lag"), format!("{} · {}", bytes(node.lag_bytes), duration(node.lag_us))));
        rows.push((
            "applies",
            t!("inspector.applies"),
            node.apply_rate.map_or(t!("inspector.fast").to_owned(), |n| t!("inspector.a-second", n = n)),
        ));
    } else {
        rows.push(("waiting", t!("inspector.waiting"), node.waiting_commits.to_string()));
    }
    if let Some(error) = &node.error {
        rows.push(("problem", t!("inspector.error"), error.to_string()));
    }
    let senders = match view.flavor {
        Flavor::Postgresql => "pg_stat_replication",
        Flavor::Mysql => t!("inspector.served"),
    };
    html! {
        <Dialog title={node.name.to_string()} id={props.id.clone()} on_close={props.on_close.clone()}>
            <dl class="figures">
                { for rows.into_iter().map(|(key, name, value)| {
                    let topic = if key == "state" { State::of(node).topic() } else { Topic::column("inspector", key) };
                    html! { <><dt><Explain {topic} words={AttrValue::from(name)} /></dt><dd>{ value }</dd></> }
                }) }
            </dl>
            if !node.senders.is_empty() {
                <h3><code>{ senders }</code></h3>
                <div class="table-scroll" tabindex="0" role="group" aria-label={senders}>
                    <table class="grid is-figures">
                        <thead><tr>
                            { for SENDER_COLUMNS.map(|(column, h)| html! {
                                <th scope="col"><Explain topic={Topic::column("pg_stat_replication", column)} words={h} /></th>
                            }) }
                        </tr></thead>
                        <tbody>{ for node.senders.iter().map(sender_row) }</tbody>
                    </table>
                </div>
            }
        </Dialog>
    }
}

fn sender_row(sender: &SenderView) -> Html {
    let sync = match sender.sync_state {
        SyncState::Async => "async",
        SyncState::Potential => "potential",
        SyncState::Sync => "sync",
        SyncState::Quorum => "quorum",
    };
    let p = sender.positions;
    let lag = sender.lag_us[2].map_or("–".to_owned(), duration);
    html! {
        <tr key={sender.application_name.to_string()}>
            <th scope="row">{ sender.application_name.to_string() }</th>
            <td>{ sender.state }</td><td>{ sync }</td>
            <td>{ sender.sent.to_string() }</td><td>{ p.write.to_string() }</td>
            <td>{ p.flush.to_string() }</td><td>{ p.apply.to_string() }</td><td>{ lag }</td>
        </tr>
    }
}
