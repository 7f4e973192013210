//! The panel beside the stage: write, change settings, break things.

mod about;
mod failover;
mod faults;
mod file;
mod proxy;
mod settings;
mod task;
mod task_controls;
mod write;

use std::rc::Rc;

use yew::prelude::*;

use crate::sim::command::Command;
use crate::sim::setup::FailoverSetup;
use crate::t;
use crate::ui::lab::{Lab, Snapshot, use_kept};
use crate::ui::parts::dom;
use crate::ui::parts::tabs::{Tab, Tabs, panel_id, tab_id};
use about::About;
use faults::Faults;
use settings::Settings;
use task::Task;
use write::Write;

#[derive(Properties, PartialEq)]
pub struct PanelProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    pub act: Callback<Command>,
    /// Begins the laboratory again with another way to decide failover.
    pub on_restart: Callback<FailoverSetup>,
    /// Whether it did, and the settings are where the reader was.
    pub restarted: bool,
    /// The scenario's name in the library, if it comes from there.
    pub name: Option<AttrValue>,
    /// Whether somebody chose a scenario just now, and wants to know what it shows.
    pub introduced: bool,
}

const WRITE: &str = "write";
const SETTINGS: &str = "settings";
const FAULTS: &str = "faults";
const TASK: &str = "task";
const ABOUT: &str = "about";

/// The panel.
#[component]
pub fn Panel(props: &PanelProps) -> Html {
    let opening = props.lab.opening();
    let task = opening.task.clone();
    // What has expectations shows something, and says what.
    let is_about = !opening.description.is_empty() && !opening.expect.is_empty();
    let chosen = use_kept(&props.lab, "panel", || match (&task, props.restarted) {
        (Some(_), _) => TASK,
        (None, true) => SETTINGS,
        (None, false) if is_about && props.introduced => ABOUT,
        (None, false) => WRITE,
    });
    let first = *use_memo((), |()| *chosen);
    let prefix = AttrValue::from(props.lab.id("panel"));
    let mut tabs = vec![
        Tab { key: WRITE, label: t!("panel.write").into() },
        Tab { key: SETTINGS, label: t!("panel.settings").into() },
        Tab { key: FAULTS, label: t!("panel.faults").into() },
    ];
    if is_about {
        tabs.insert(0, Tab { key: ABOUT, label: t!("panel.about").into() });
    }
    if task.is_some() {
        tabs.insert(0, Tab { key: TASK, label: t!("assignment.tab").into() });
    }
    let on_choose = {
        let chosen = chosen.clone();
        Callback::from(move |key| chosen.set(key))
    };
    let PanelProps { lab, snapshot, act, on_restart, .. } = props;
    // A page that nobody sees stays as it was seen last: drawing it anew takes time.
    let seen = use_mut_ref(|| [WRITE, SETTINGS, FAULTS].map(|_| snapshot.clone()));
    let of = |place: usize, key| {
        let mut seen = seen.borrow_mut();
        if *chosen == key {
            seen[place] = snapshot.clone();
        }
        seen[place].clone()
    };
    let (of_settings, of_faults) = (of(1, SETTINGS), of(2, FAULTS));
    // All three stay in the document: what was typed in one survives a look at another.
    let page = |key: &'static str, content: Html| {
        html! {
            <div role="tabpanel" class="panel-page" id={panel_id(&prefix, key)} aria-labelledby={tab_id(&prefix, key)}
                hidden={*chosen != key}>
                { content }
            </div>
        }
    };
    {
        // The switch that was pressed is in a laboratory that is gone: the focus goes to where it is in this one.
        let prefix = prefix.clone();
        use_effect_with(props.restarted, move |restarted| {
            let document = web_sys::window().and_then(|w| w.document()).filter(|_| *restarted);
            if let Some(tab) = document.and_then(|d| d.get_element_by_id(&tab_id(&prefix, first))) {
                dom::focus(&tab);
            }
        });
    }
    html! {
        <aside class="panel" aria-label={t!("panel.label")}>
            <Tabs label={t!("panel.label")} prefix={prefix.clone()} {tabs} chosen={*chosen} {on_choose} />
            if let Some(task) = task {
                { page(TASK, html! { <Task lab={lab.clone()} snapshot={snapshot.clone()} {task} act={act.clone()}
                    on_restart={on_restart.clone()} shown={*chosen == TASK} /> }) }
            }
            if is_about {
                { page(ABOUT, html! { <About lab={lab.clone()} name={props.name.clone()} /> }) }
            }
            { page(WRITE, html! { <Write lab={lab.clone()} snapshot={of(0, WRITE)} act={act.clone()} /> }) }
            { page(SETTINGS, html! { <Settings lab={lab.clone()} view={of_settings.view.clone()} act={act.clone()} on_restart={on_restart.clone()} /> }) }
            { page(FAULTS, html! { <Faults view={of_faults.view.clone()} free_name={of_faults.free_name.clone()} act={act.clone()} /> }) }
        </aside>
    }
}
