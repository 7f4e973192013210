//! Settings that can be changed while the cluster runs, under their real names; workloads; the network.

use std::rc::Rc;
use std::sync::Arc;

use yew::prelude::*;

use super::failover::Failover;
use super::file::ConfFile;
use crate::engine::flavor::Flavor;
use crate::engine::settings::{Kind, registry};
use crate::sim::command::{Between, Command};
use crate::sim::setup::{FailoverSetup, LinkShape};
use crate::sim::view::{ClientView, ClusterView, LinkUse};
use crate::t;
use crate::ui::explain::Topic;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::parts::explain::Explain;
use crate::ui::parts::field::Field;
use crate::ui::words::{chosen, names_in};

#[derive(Properties, PartialEq)]
pub struct SettingsProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    pub act: Callback<Command>,
    /// Begins the laboratory again with another way to decide failover.
    pub on_restart: Callback<FailoverSetup>,
}

/// Settings of the cluster, its clients and its network.
#[component]
pub fn Settings(props: &SettingsProps) -> Html {
    let view = &props.view;
    html! {
        <div class="stack">
            { commits(props) }
            { super::proxy::proxy(view, &props.act) }
            <ConfFile lab={props.lab.clone()} view={view.clone()} />
            <Failover rules={props.lab.with(|s| s.failover())} flavor={view.flavor} on_restart={props.on_restart.clone()} />
            <section class="stack is-tight">
                <h2 class="caps">{ t!("settings.workload") }</h2>
                { for view.clients.iter().map(|client| workload(client, &props.act)) }
            </section>
            <section class="stack is-tight">
                <h2 class="caps">{ t!("settings.network") }</h2>
                { latency(view, &props.act) }
            </section>
        </div>
    }
}

/// The settings that decide when a commit is acknowledged.
fn commit_settings(flavor: Flavor) -> &'static [&'static str] {
    match flavor {
        Flavor::Postgresql => &["synchronous_commit", "synchronous_standby_names"],
        Flavor::Mysql => &[
            "rpl_semi_sync_source_enabled",
            "rpl_semi_sync_source_timeout",
            "rpl_semi_sync_source_wait_for_replica_count",
            "rpl_semi_sync_source_wait_point",
        ],
    }
}

/// Further settings that the servers go by while they run.
fn more_settings(flavor: Flavor) -> &'static [&'static str] {
    match flavor {
        Flavor::Postgresql => &[
            "wal_keep_size",
            "max_slot_wal_keep_size",
            "wal_writer_delay",
            "wal_receiver_status_interval",
            "wal_sender_timeout",
            "wal_receiver_timeout",
            "wal_retrieve_retry_interval",
            "recovery_min_apply_delay",
            "checkpoint_timeout",
        ],
        Flavor::Mysql => &[
            "rpl_semi_sync_source_wait_no_replica",
            "rpl_semi_sync_replica_enabled",
            "binlog_format",
            "sync_binlog",
            "innodb_flush_log_at_trx_commit",
            "binlog_expire_logs_seconds",
            "source_delay",
            "replica_net_timeout",
            "source_connect_retry",
        ],
    }
}

fn commits(props: &SettingsProps) -> Html {
    let flavor = props.view.flavor;
    let fields = |names: &'static [&'static str]| {
        names.iter().filter_map(|name| setting(&props.lab, flavor, &props.act, name)).collect::<Html>()
    };
    html! {
        <section class="stack is-tight">
            <h2 class="caps">{ t!("settings.commits") }</h2>
            { fields(commit_settings(flavor)) }
            if flavor == Flavor::Postgresql {
                <p class="hint">{ t!("settings.names") }{ " " }<code>{ "*" }</code>{ ", " }<code>{ "db2" }</code>{ ", " }
                    <code>{ "FIRST 1 (db2, db3)" }</code>{ ", " }<code>{ "ANY 1 (db2, db3)" }</code>{ "." }</p>
            }
            <details>
                <summary>{ t!("settings.more") }</summary>
                <div class="stack is-tight">{ fields(more_settings(flavor)) }</div>
            </details>
        </section>
    }
}

/// One setting of all servers, under its real name, with what it does.
pub(super) fn setting(lab: &Lab, flavor: Flavor, act: &Callback<Command>, name: &'static str) -> Option<Html> {
    let spec = registry(flavor).iter().find(|spec| spec.name == name)?;
    let change = {
        let act = act.clone();
        Callback::from(move |value: String| {
            act.emit(Command::Set { settings: vec![(name.into(), Arc::from(value))], on: None });
        })
    };
    let now = lab.with(|s| s.setting(name));
    let field = match spec.kind {
        Kind::Enum { words, .. } => choice(words, &now, change),
        Kind::Bool { .. } => {
            let words: &[&'static str] = if flavor == Flavor::Mysql { &["ON", "OFF"] } else { &["on", "off"] };
            choice(words, &now, change)
        }
        Kind::Integer { .. } | Kind::Name { .. } | Kind::StandbyNames | Kind::SlotName { .. } => {
            html! { <Field value={now} on_change={change} /> }
        }
    };
    Some(html! {
        <div key={name} class="explained">
            <label class="field">
                // A long name breaks where its words end.
                <code>{ for name.split_inclusive('_').map(|word| html! { <>{ word }<wbr /></> }) }</code>
                { field }
            </label>
            <Explain topic={Topic::setting(name)} {name} />
        </div>
    })
}

pub(super) fn choice(words: &[&'static str], now: &str, on_change: Callback<String>) -> Html {
    let onchange = on_change.reform(|event: Event| dom::field_value(&event));
    html! {
        <select {onchange}>
            if !words.contains(&now) {
                <option value="" selected=true disabled=true>{ t!("settings.another") }</option>
            }
            { for words.iter().map(|word| html! { <option value={*word} selected={*word == now}>{ *word }</option> }) }
        </select>
    }
}

fn workload(client: &ClientView, act: &Callback<Command>) -> Html {
    let (name, writes, reads) = (client.name.clone(), client.writes_per_second, client.reads_per_second);
    // Sessions that go on by themselves have no rate, but a ratio.
    let in_turn = client.sessions > 0;
    let change = |which_writes: bool| {
        let (act, name) = (act.clone(), name.clone());
        Callback::from(move |text: String| {
            // What is no number changes nothing: the field shows the cluster's value again.
            let Ok(value) = text.trim().parse::<u32>() else { return };
            let value = value.min(MOST_PER_SECOND);
            let (writes_per_second, reads_per_second) = if which_writes { (value, reads) } else { (writes, value) };
            act.emit(Command::Workload { client: name.clone(), writes_per_second, reads_per_second });
        })
    };
    let field = |label: &str, value: u32, which: bool| {
        html! {
            <label class="field is-short">
                <span>{ label.to_owned() }</span>
                <Field kind="number" max={MOST_PER_SECOND.to_string()} value={value.to_string()} on_change={change(which)} />
            </label>
        }
    };
    html! {
        <fieldset key={client.id.0} class="load">
            <legend>{ client.name.to_string() }</legend>
            { field(if in_turn { t!("settings.writes-share") } else { t!("settings.writes") }, writes, true) }
            { field(if in_turn { t!("settings.reads-share") } else { t!("settings.reads") }, reads, false) }
        </fieldset>
    }
}

/// The most that a page lets one client do.
const MOST_PER_SECOND: u32 = 2_000;
/// Latencies to choose from, in microseconds.
const LATENCIES_US: [u64; 6] = [500, 2_000, 10_000, 25_000, 60_000, 200_000];

/// The latency of all links that carry log.
fn latency(view: &Rc<ClusterView>, act: &Callback<Command>) -> Html {
    let log: Vec<u64> =
        view.links.iter().filter(|l| matches!(l.used_for, LinkUse::Replication { .. })).map(|l| l.latency_us).collect();
    let same = log.first().copied().filter(|first| log.iter().all(|us| us == first));
    let change = {
        let (act, view) = (act.clone(), view.clone());
        Callback::from(move |event: Event| {
            let Ok(latency_us) = dom::field_value(&event).parse::<u64>() else { return };
            let names = names_in(&view);
            let shape = LinkShape { latency_us: Some(latency_us), ..LinkShape::default() };
            for link in view.links.iter().filter(|l| matches!(l.used_for, LinkUse::Replication { .. })) {
                let between = Between(names.name(link.ends.0).into(), names.name(link.ends.1).into());
                act.emit(Command::Link { between, shape });
            }
        })
    };
    html! {
        <label class="field">
            <span>{ t!("settings.latency") }</span>
            <select onchange={change}>
                if same.is_none_or(|us| !LATENCIES_US.contains(&us)) {
                    <option value="" selected=true disabled=true>{ same.map_or(t!("settings.differs").to_owned(), chosen) }</option>
                }
                { for LATENCIES_US.map(|us| html! {
                    <option value={us.to_string()} selected={same == Some(us)}>{ chosen(us) }</option>
                }) }
            </select>
        </label>
    }
}
