//! The ways that the run went: shown, named, compared, returned to.

use web_sys::MouseEvent;
use yew::prelude::*;

use crate::engine::time::SimTime;
use crate::sim::recording::{BranchId, BranchView};
use crate::t;
use crate::ui::lab::Lab;
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::dom;
use crate::ui::parts::reports::{Column, Reports};
use crate::ui::words::clock;

#[derive(Properties, PartialEq)]
pub struct BranchesProps {
    pub lab: Lab,
    /// The one that is shown.
    pub branch: BranchId,
    pub count: usize,
    /// How far it is recorded.
    pub end: SimTime,
}

/// A button, and the sheet that it opens.
#[component]
pub fn Branches(props: &BranchesProps) -> Html {
    let open = use_state(|| false);
    let set = |value: bool| {
        let open = open.clone();
        move || open.set(value)
    };
    let (show, close) = (set(true), set(false));
    let name = props.lab.with(|s| s.branches()).into_iter().find(|one| one.id == props.branch).map(|one| one.name);
    html! {
        <>
            <button type="button" class="button branch-button" aria-haspopup="dialog" onclick={Callback::from(move |_: MouseEvent| show())}
                title={t!("branches.about")}>
                { t!("branches.button", name = name.unwrap_or_default(), n = props.count) }
            </button>
            if *open {
                <Dialog title={t!("branches.title")} id={props.lab.id("branches")} on_close={Callback::from(move |()| close())}>
                    <Sheet ..props.clone() />
                </Dialog>
            }
        </>
    }
}

impl Clone for BranchesProps {
    fn clone(&self) -> Self {
        BranchesProps { lab: self.lab.clone(), ..*self }
    }
}

#[component]
fn Sheet(props: &BranchesProps) -> Html {
    let branches = props.lab.with(|s| s.branches());
    // What each came to is played again: once, when the sheet opens.
    let columns = use_memo((props.branch, props.count), |_| {
        let branches = props.lab.with(|s| s.branches());
        let column = |one: &BranchView| {
            let report = props.lab.with(|s| s.report_at_end(one.id))?;
            Some(Column { name: one.name.clone(), report })
        };
        branches.iter().filter_map(column).collect::<Vec<_>>()
    });
    html! {
        <div class="stack">
            <p>{ t!("branches.explained") }</p>
            <ul class="branches">
                { for branches.iter().map(|one| row(props, &branches, one)) }
            </ul>
            <h3 class="caps">{ t!("branches.came-to") }</h3>
            <Reports columns={columns} />
        </div>
    }
}

fn row(props: &BranchesProps, all: &[BranchView], one: &BranchView) -> Html {
    let (id, here) = (one.id, one.id == props.branch);
    let rename = {
        let lab = props.lab.clone();
        Callback::from(move |event: Event| {
            let name: String = dom::field_value(&event).trim().chars().take(60).collect();
            if !name.is_empty() {
                lab.rename(id, name);
            }
        })
    };
    let go = {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| lab.switch(id))
    };
    let origin = match one.parent {
        Some((parent, fork)) => {
            let parent = all.iter().find(|other| other.id == parent).map_or("?", |other| other.name.as_str());
            t!("branches.left", parent = parent, at = clock(fork.at))
        }
        None => t!("branches.first").to_owned(),
    };
    let deed = one.first_deed.as_ref().map(|deed| deed.command.to_string());
    html! {
        <li key={id.0} class={classes!("branch", here.then_some("is-here"))} aria-current={here.to_string()}>
            <input type="text" class="branch-name" value={one.name.clone()} maxlength="60" aria-label={t!("branches.name-of", name = one.name)}
                onchange={rename} />
            <span class="branch-story">
                { origin }
                if let Some(deed) = deed { { " " }{ t!("branches.with") }{ " " }<code>{ deed }</code> }
                { t!("branches.until", at = clock(one.end.at)) }
            </span>
            if here {
                <span class="badge">{ t!("branches.shown") }</span>
            } else {
                <button type="button" class="button" onclick={go}>{ t!("branches.go") }</button>
            }
        </li>
    }
}
