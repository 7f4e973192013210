//! How failover is decided. The agents read their settings once: other ones begin the laboratory again.

use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::engine::time::SECOND_US;
use crate::order::Arrange;
use crate::sim::setup::{FailoverSetup, SynchronousMode};
use crate::t;
use crate::ui::explain::Topic;
use crate::ui::opening::class_room;
use crate::ui::parts::dom;
use crate::ui::parts::explain::Explain;
use crate::ui::words::chosen;

#[derive(Properties, PartialEq)]
pub struct FailoverProps {
    /// What runs now.
    pub rules: FailoverSetup,
    pub flavor: Flavor,
    /// Begins the laboratory again with other rules.
    pub on_restart: Callback<FailoverSetup>,
}

/// The section of the settings.
#[component]
pub fn Failover(props: &FailoverProps) -> Html {
    let draft = use_state(|| props.rules.clone());
    let automatic = props.rules.automatic;
    let choose = |to: bool| {
        let (on_restart, rules) = (props.on_restart.clone(), props.rules.clone());
        Callback::from(move |_: MouseEvent| {
            if to != rules.automatic {
                on_restart.emit(FailoverSetup { automatic: to, ..class_room(&rules) });
            }
        })
    };
    let change = {
        let draft = draft.clone();
        Callback::from(move |rules: FailoverSetup| draft.set(rules))
    };
    html! {
        <section class="stack is-tight" aria-label={t!("failover.failover")}>
            <h2 class="caps">{ t!("failover.failover") }</h2>
            <div class="switch" role="group" aria-label={t!("failover.failover")}>
                <button type="button" class="chip" aria-pressed={(!automatic).to_string()} onclick={choose(false)}>{ t!("failover.manual") }</button>
                <button type="button" class="chip" aria-pressed={automatic.to_string()} onclick={choose(true)}>{ t!("failover.automatic") }</button>
            </div>
            if automatic {
                <p class="hint">{ t!("failover.agents") }</p>
                <details>
                    <summary>{ summary(&props.rules) }</summary>
                    { rules(props, &draft, &change) }
                </details>
            } else {
                <p class="hint">{ t!("failover.nobody") }</p>
            }
        </section>
    }
}

fn summary(rules: &FailoverSetup) -> String {
    let fencing = if rules.fencing { t!("failover.fencing-on") } else { t!("failover.fencing-off") };
    format!("ttl {}, loop_wait {}, {fencing}", chosen(rules.ttl_us), chosen(rules.loop_wait_us))
}

fn rules(props: &FailoverProps, draft: &FailoverSetup, change: &Callback<FailoverSetup>) -> Html {
    let duration = |name: &'static str, of: fn(&mut FailoverSetup) -> &mut u64| {
        number(
            name,
            draft,
            change,
            of,
            &[SECOND_US / 2, SECOND_US, 2 * SECOND_US, 3 * SECOND_US, 5 * SECOND_US, 10 * SECOND_US, 30 * SECOND_US],
            chosen,
        )
    };
    let whether = |name: &'static str, of: fn(&mut FailoverSetup) -> &mut bool| {
        let now = *of(&mut draft.clone());
        select(name, &[("off", !now), ("on", now)], draft, change, move |rules, index| *of(rules) = index == 1)
    };
    let least = draft.loop_wait_us.saturating_add(draft.retry_timeout_us.saturating_mul(2));
    let too_short = draft.ttl_us < least;
    let again = {
        let (on_restart, rules) = (props.on_restart.clone(), draft.clone());
        Callback::from(move |_: MouseEvent| on_restart.emit(rules.clone()))
    };
    let postgresql = props.flavor == Flavor::Postgresql;
    let modes = [SynchronousMode::Off, SynchronousMode::On, SynchronousMode::Quorum];
    let mode_choices = [("off", modes[0]), ("on", modes[1]), ("quorum", modes[2])]
        .map(|(word, mode)| (word, draft.synchronous_mode == mode));
    html! {
        <div class="stack is-tight">
            { duration("ttl", |rules| &mut rules.ttl_us) }
            { duration("loop_wait", |rules| &mut rules.loop_wait_us) }
            { duration("retry_timeout", |rules| &mut rules.retry_timeout_us) }
            { whether("fencing", |rules| &mut rules.fencing) }
            { whether("failsafe_mode", |rules| &mut rules.failsafe_mode) }
            if postgresql {
                { select("synchronous_mode", &mode_choices, draft, change, move |rules, index| {
                    rules.synchronous_mode = modes.get(index).copied().unwrap_or_default();
                }) }
                { whether("synchronous_mode_strict", |rules| &mut rules.synchronous_mode_strict) }
                { select("synchronous_node_count", &[1, 2, 3].map(|n: u32| {
                    (["1", "2", "3"][n as usize - 1], draft.synchronous_node_count == n)
                }), draft, change, |rules, index| rules.synchronous_node_count = index as u32 + 1) }
                { number("maximum_lag_on_failover", draft, change, |rules| &mut rules.maximum_lag_on_failover,
                    &[0, 1 << 10, 1 << 20, 16 << 20], |bytes| bytes.to_string()) }
                { whether("use_pg_rewind", |rules| &mut rules.use_pg_rewind) }
            }
            { whether("repoint", |rules| &mut rules.repoint) }
            if too_short {
                <p class="hint is-error" role="alert">
                    { t!("failover.too-short", least = chosen(least)) }
                </p>
            }
            <button type="button" class="button" disabled={too_short || *draft == props.rules} onclick={again}>
                { t!("failover.again") }
            </button>
        </div>
    }
}

/// A setting that is one of a few words: each with whether it is so in the draft.
fn select(
    name: &'static str,
    words: &[(&'static str, bool)],
    draft: &FailoverSetup,
    change: &Callback<FailoverSetup>,
    set: impl Fn(&mut FailoverSetup, usize) + 'static,
) -> Html {
    let (draft, change) = (draft.clone(), change.clone());
    let onchange = Callback::from(move |event: Event| {
        let Ok(index) = dom::field_value(&event).parse::<usize>() else { return };
        let mut rules = draft.clone();
        set(&mut rules, index);
        change.emit(rules);
    });
    html! {
        <div class="explained">
        <label class="field is-row">
            <code>{ for name.split_inclusive('_').map(|word| html! { <>{ word }<wbr /></> }) }</code>
            <select {name} {onchange}>
                { for words.iter().enumerate().map(|(i, (word, now))| html! {
                    <option value={i.to_string()} selected={*now}>{ *word }</option>
                }) }
            </select>
        </label>
        <Explain topic={Topic::setting(name)} {name} />
        </div>
    }
}

/// A setting that is a number, of which some values are offered, and the one that it has.
fn number(
    name: &'static str,
    draft: &FailoverSetup,
    change: &Callback<FailoverSetup>,
    of: fn(&mut FailoverSetup) -> &mut u64,
    offered: &[u64],
    words: fn(u64) -> String,
) -> Html {
    let now = *of(&mut draft.clone());
    let mut values = offered.to_vec();
    values.push(now);
    values.arrange();
    values.dedup();
    let (draft, change) = (draft.clone(), change.clone());
    let onchange = Callback::from(move |event: Event| {
        let Ok(value) = dom::field_value(&event).parse::<u64>() else { return };
        let mut rules = draft.clone();
        *of(&mut rules) = value;
        change.emit(rules);
    });
    html! {
        <div class="explained">
        <label class="field is-row">
            <code>{ for name.split_inclusive('_').map(|word| html! { <>{ word }<wbr /></> }) }</code>
            <select {name} {onchange}>
                { for values.iter().map(|value| html! {
                    <option value={value.to_string()} selected={*value == now}>{ words(*value) }</option>
                }) }
            </select>
        </label>
        <Explain topic={Topic::setting(name)} {name} />
        </div>
    }
}
