//! The instruments below the stage: each shows the run in another way.

mod events;
mod findings;
mod lag;
mod lag_chart;
mod ledger;
mod logs;
mod sequence;
mod status;
mod steps;
mod tables;
mod throughput;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::engine::ids::Addr;
use crate::t;
use crate::ui::lab::{Lab, Snapshot, use_calm, use_kept};
use crate::ui::parts::dom;
use crate::ui::parts::tabs::{Tab, Tabs, panel_id, tab_id};
use crate::ui::ties::Ties;
use events::Events;
use findings::Findings;
pub use findings::{promise as promise_of, words as words_of};
use lag::Lag;
use ledger::Ledger;
use logs::Logs;
use sequence::Sequence;
use status::Status;
use tables::Tables;

#[derive(Properties, PartialEq)]
pub struct InstrumentsProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    /// Whose status was asked for elsewhere, and how often that was done.
    pub asked: Option<(Addr, u32)>,
    /// The event of the trace that is to be shown, and how often one was asked for.
    pub shown: Option<(u64, u32)>,
    /// Somebody wants to see an event of the trace.
    pub on_event: Callback<u64>,
    /// What is followed and pointed at.
    pub ties: Ties,
    /// Counts changes of the theme.
    pub theme: u32,
    /// The instrument that a presenter wants, counted from 1.
    #[prop_or_default]
    pub wanted: Option<u8>,
    /// The instrument that is shown first; its key.
    #[prop_or(SEQUENCE)]
    pub first: &'static str,
    /// Whether only the first is shown.
    #[prop_or_default]
    pub alone: bool,
}

const SEQUENCE: &str = "sequence";
const TABLES: &str = "tables";
const LEDGER: &str = "ledger";
const FINDINGS: &str = "findings";
const EVENTS: &str = "events";
const STATUS: &str = "status";
const LAG: &str = "lag";
const LOGS: &str = "logs";

/// The strip of instruments and the chosen one.
#[component]
pub fn Instruments(props: &InstrumentsProps) -> Html {
    let chosen = use_kept(&props.lab, "instrument", || props.first);
    let prefix = AttrValue::from(props.lab.id("instruments"));
    let tabs = vec![
        Tab { key: SEQUENCE, label: t!("instruments.sequence").into() },
        Tab { key: LOGS, label: t!("instruments.logs").into() },
        Tab { key: TABLES, label: t!("instruments.tables").into() },
        Tab { key: LAG, label: t!("instruments.lag").into() },
        Tab { key: LEDGER, label: t!("instruments.ledger").into() },
        Tab { key: FINDINGS, label: t!("instruments.findings").into() },
        Tab { key: EVENTS, label: t!("instruments.events").into() },
        Tab { key: STATUS, label: t!("instruments.status").into() },
    ];
    {
        let chosen = chosen.setter();
        let keys: Vec<&'static str> = tabs.iter().map(|tab| tab.key).collect();
        use_effect_with(props.wanted, move |wanted| {
            let key = wanted.and_then(|number| keys.get(usize::from(number).checked_sub(1)?).copied());
            key.into_iter().for_each(|key| chosen.set(key));
        });
    }
    let on_choose = {
        let chosen = chosen.clone();
        Callback::from(move |key| chosen.set(key))
    };
    {
        let (chosen, prefix) = (chosen.setter(), prefix.clone());
        use_effect_with(props.asked, move |asked| {
            if asked.is_some() {
                chosen.set(STATUS);
                if let Some(tab) = dom::by_id(&tab_id(&prefix, STATUS)) {
                    dom::focus(&tab);
                }
                // On a phone it is elsewhere; how high it is, is known once it is drawn.
                if let Some(section) = dom::by_id(&prefix) {
                    Timeout::new(0, move || section.scroll_into_view()).forget();
                }
            }
        });
    }
    {
        let (chosen, prefix) = (chosen.setter(), prefix.clone());
        use_effect_with(props.shown, move |shown| {
            if shown.is_some() {
                chosen.set(EVENTS);
                if let Some(tab) = dom::by_id(&tab_id(&prefix, EVENTS)) {
                    dom::focus(&tab);
                }
            }
        });
    }
    {
        // Whoever asks to follow a write wants to see it; what was pressed for it may be gone.
        let (chosen, prefix) = (chosen.setter(), prefix.clone());
        use_effect_with(props.ties.followed.as_ref().map(|followed| followed.times), move |times| {
            if times.is_some() {
                chosen.set(SEQUENCE);
                if let Some(tab) = dom::by_id(&tab_id(&prefix, SEQUENCE)) {
                    dom::focus(&tab);
                }
            }
        });
    }
    let shown = if props.alone { props.first } else { *chosen };
    // What moves is drawn with every snapshot; what is read, more calmly.
    let calm = use_calm(&props.lab, &props.snapshot);
    let instrument = match shown {
        SEQUENCE => html! {
            <Sequence lab={props.lab.clone()} snapshot={props.snapshot.clone()} ties={props.ties.clone()} theme={props.theme} />
        },
        TABLES => html! {
            <Tables lab={props.lab.clone()} view={calm.view.clone()} revision={calm.data_revision} />
        },
        LOGS => html! {
            <Logs lab={props.lab.clone()} view={calm.view.clone()} revision={calm.event_revision} jumps={calm.jumps} />
        },
        LAG => html! {
            <Lag lab={props.lab.clone()} view={props.snapshot.view.clone()} revision={props.snapshot.event_revision}
                jumps={props.snapshot.jumps} playing={props.snapshot.playing} />
        },
        STATUS => html! {
            <Status asked={props.asked} lab={props.lab.clone()} view={calm.view.clone()} revision={calm.event_revision} />
        },
        LEDGER => html! {
            <Ledger lab={props.lab.clone()} view={calm.view.clone()} revision={calm.event_revision} />
        },
        FINDINGS => html! {
            <Findings lab={props.lab.clone()} revision={calm.event_revision} jumps={calm.jumps}
                on_event={props.on_event.clone()} />
        },
        _ => html! {
            <Events shown={props.shown} lab={props.lab.clone()} snapshot={calm.clone()} />
        },
    };
    if props.alone {
        let name = tabs.into_iter().find(|tab| tab.key == shown).map(|tab| tab.label);
        return html! {
            <section class="instruments is-alone" role={props.lab.part_role()} aria-label={name} id={prefix}>
                <div class="instrument">{ instrument }</div>
            </section>
        };
    }
    html! {
        <section class="instruments" role={props.lab.part_role()} aria-label={t!("instruments.label")} id={prefix.clone()}>
            <Tabs label={t!("instruments.label")} prefix={prefix.clone()} {tabs} chosen={*chosen} {on_choose} />
            <div class="instrument" role="tabpanel" id={panel_id(&prefix, *chosen)} aria-labelledby={tab_id(&prefix, *chosen)}>
                { instrument }
            </div>
        </section>
    }
}
