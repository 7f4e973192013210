//! The controls for what a task lets be changed: those of the Settings, and no others.

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::prelude::*;

use super::failover::Failover;
use super::settings::setting;
use crate::engine::settings::registry;
use crate::scenario::assignment::{Assignment, Permit};
use crate::sim::command::Command;
use crate::sim::setup::FailoverSetup;
use crate::t;
use crate::ui::lab::{Lab, Snapshot};
use crate::ui::stage;

/// A control for each key that has one, and the names of the others.
pub fn controls(
    lab: &Lab,
    snapshot: &Rc<Snapshot>,
    assignment: &Assignment,
    act: &Callback<Command>,
    on_restart: &Callback<FailoverSetup>,
) -> Html {
    let flavor = snapshot.view.flavor;
    let mut fields: Vec<Html> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    let (mut proxy, mut failover, mut settings) = (false, false, false);
    for permit in &assignment.may_change {
        match permit.parts().iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["settings", name] if name != "*" => {
                let spec = registry(flavor).iter().find(|spec| spec.name.eq_ignore_ascii_case(name));
                fields.extend(spec.and_then(|spec| setting(lab, flavor, act, spec.name)));
            }
            ["settings", ..] => settings = true,
            ["proxy", ..] => proxy = true,
            ["failover", ..] => failover = true,
            _ => others.push(permit.to_string()),
        }
    }
    let by_hand = |permit: &&Permit| permit.parts().first().is_some_and(|part| part == "at");
    let by_hand = assignment.may_change.iter().any(|permit| by_hand(&permit));
    html! {
        <>
            { for fields }
            if settings {
                <p class="hint">{ t!("assignment.all-settings") }</p>
            }
            if proxy {
                { super::proxy::proxy(&snapshot.view, act) }
            }
            if failover {
                <Failover rules={lab.with(|s| s.failover())} {flavor} on_restart={on_restart.clone()} />
            }
            if assignment.add_nodes > 0 {
                { add_node(lab, snapshot, assignment, act) }
            }
            if !others.is_empty() {
                <p class="hint">{ for others.iter().enumerate().map(|(index, key)| html! {
                    <>{ (index > 0).then_some(", ") }<code>{ key.clone() }</code></>
                }) }</p>
                <p class="hint">{ if by_hand { t!("assignment.by-hand") } else { t!("assignment.in-text") } }</p>
            }
        </>
    }
}

/// Adds a server like any other, while there is one left to add.
fn add_node(lab: &Lab, snapshot: &Rc<Snapshot>, assignment: &Assignment, act: &Callback<Command>) -> Html {
    let first = lab.opening().task.as_ref().map_or(0, |task| task.setup.nodes.len());
    let most = first + usize::from(assignment.add_nodes);
    let left = most.saturating_sub(snapshot.view.nodes.len());
    let add = {
        let (act, name) = (act.clone(), snapshot.free_name.clone());
        Callback::from(move |_: MouseEvent| {
            act.emit(stage::add_node(&name, None));
        })
    };
    html! {
        <button type="button" class="button" disabled={left == 0} onclick={add}>
            { t!("assignment.add-node", n = left) }
        </button>
    }
}
