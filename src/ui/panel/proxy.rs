//! The proxy's settings, which can be changed while it runs.

use std::rc::Rc;

use yew::prelude::*;

use super::settings::choice;
use crate::sim::command::Command;
use crate::sim::setup::{CausalReads, NoReplica, ProxyChange, ReadPolicy};
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::explain::Topic;
use crate::ui::parts::explain::Explain;

const READ_POLICIES: [(&str, ReadPolicy); 4] = [
    ("round_robin", ReadPolicy::RoundRobin),
    ("random", ReadPolicy::Random),
    ("least_lag", ReadPolicy::LeastLag),
    ("primary", ReadPolicy::Primary),
];
/// With the times that scenarios have where they name none.
const CAUSAL_READS: [(&str, CausalReads); 4] = [
    ("none", CausalReads::None),
    ("primary_after_write", CausalReads::PrimaryAfterWrite { window_us: 2_000_000 }),
    ("sticky", CausalReads::Sticky),
    ("wait_for_lsn", CausalReads::WaitForLsn { timeout_us: 10_000_000 }),
];
const LIMITS: [(&str, u64); 5] =
    [("none", 0), ("100ms", 100_000), ("500ms", 500_000), ("1s", 1_000_000), ("5s", 5_000_000)];
const NO_REPLICA: [(&str, NoReplica); 2] = [("primary", NoReplica::Primary), ("error", NoReplica::Error)];

/// Where the proxy sends reads, and what they wait for; nothing where there is no proxy.
pub fn proxy(view: &Rc<ClusterView>, act: &Callback<Command>) -> Html {
    let Some(proxy) = &view.proxy else { return Html::default() };
    let now = &proxy.settings;
    let policy = READ_POLICIES.iter().find(|(_, policy)| *policy == now.read_policy);
    // The kind alone: a scenario may have chosen other times.
    let kind = std::mem::discriminant(&now.causal_reads);
    let causal = CAUSAL_READS.iter().find(|(_, causal)| std::mem::discriminant(causal) == kind);
    let limit = LIMITS.iter().find(|(_, us)| *us == now.max_replication_lag_us.unwrap_or(0));
    let no_replica = NO_REPLICA.iter().find(|(_, no_replica)| *no_replica == now.no_replica);
    html! {
        <section class="stack is-tight">
            <h2 class="caps">{ t!("settings.proxy") }</h2>
            { select("read_policy", &READ_POLICIES, policy, act, |read_policy| ProxyChange {
                read_policy: Some(read_policy),
                ..ProxyChange::default()
            }) }
            { select("causal_reads", &CAUSAL_READS, causal, act, |causal| {
                ProxyChange { causal_reads: Some(causal), ..ProxyChange::default() }
            }) }
            { select("max_replication_lag", &LIMITS, limit, act, |us| ProxyChange {
                max_replication_lag_us: Some(us),
                ..ProxyChange::default()
            }) }
            { select("no_replica", &NO_REPLICA, no_replica, act, |to| ProxyChange {
                no_replica: Some(to),
                ..ProxyChange::default()
            }) }
        </section>
    }
}

/// One setting with the values that it can be given here.
fn select<T: Copy + PartialEq + 'static>(
    name: &'static str,
    values: &'static [(&'static str, T)],
    now: Option<&(&'static str, T)>,
    act: &Callback<Command>,
    change: fn(T) -> ProxyChange,
) -> Html {
    let act = act.clone();
    let on_change = Callback::from(move |word: String| {
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == word) {
            act.emit(Command::Proxy { change: Box::new(change(*value)) });
        }
    });
    let words: Vec<&'static str> = values.iter().map(|(word, _)| *word).collect();
    html! {
        <div key={name} class="explained">
        <label class="field">
            <code>{ for name.split_inclusive('_').map(|word| html! { <>{ word }<wbr /></> }) }</code>
            { choice(&words, now.map_or("", |(word, _)| word), on_change) }
        </label>
        <Explain topic={Topic::setting(name)} {name} />
        </div>
    }
}
