//! The transport: play, pause, one event on or back, speed as a ratio, the instant, and what happened when.

mod branches;
mod clock;
mod timeline;

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::prelude::*;

use crate::t;
use crate::ui::lab::{Lab, Landmark, Snapshot};
use crate::ui::pace::Pace;
use crate::ui::parts::dom;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::words::{clock, duration};
use branches::Branches;
use clock::Clock;
use timeline::Timeline;

#[derive(Properties, PartialEq)]
pub struct TransportProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    /// What the buttons beside play lead to.
    pub landmark: Landmark,
    pub on_landmark: Callback<Landmark>,
    /// Somebody wants to go to the next of a kind, or to the last.
    pub on_jump: Callback<(Landmark, Jump)>,
    /// Somebody wants to see an event of the trace.
    pub on_event: Callback<u64>,
}

/// A direction in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// To what comes next.
    On,
    /// To what came last.
    Back,
}

/// Goes to the next landmark or back to the last. What to say when there is none.
pub fn jump(lab: &Lab, landmark: Landmark, jump: Jump) -> Option<String> {
    let (before, word) = (lab.now(), landmark.word());
    match jump {
        Jump::On if lab.next(landmark) => None,
        Jump::On => Some(t!("transport.no-next", word = word, at = clock(before))),
        Jump::Back if lab.previous(landmark) => None,
        Jump::Back => Some(t!("transport.no-last", word = word, at = clock(before))),
    }
}

/// The transport.
#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let TransportProps { lab, snapshot, landmark, on_landmark, on_jump, on_event } = props;
    let landmark = *landmark;
    let on = |act: fn(&Lab)| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| act(&lab))
    };
    let toggle = on(|lab| lab.set_playing(!lab.snapshot().playing));
    let slower = on(|lab| lab.set_pace(lab.snapshot().pace.slower()));
    let faster = on(|lab| lab.set_pace(lab.snapshot().pace.faster()));
    let to_end = on(|lab| lab.seek(lab.snapshot().end));
    let jump_to = |jump: Jump| on_jump.reform(move |_: MouseEvent| (landmark, jump));
    let choose_landmark = on_landmark.reform(|event: Event| {
        let index = dom::field_value(&event).parse::<usize>().unwrap_or_default();
        Landmark::ALL.get(index).copied().unwrap_or(Landmark::Event)
    });
    let choose_pace = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            if let Ok(index) = dom::field_value(&event).parse() {
                lab.set_pace(Pace::nth(index));
            }
        })
    };
    let (picture, label) =
        if snapshot.playing { (Picture::Pause, t!("transport.pause")) } else { (Picture::Play, t!("transport.play")) };
    let ratio = snapshot.pace.index();
    let (back_key, on_key) = if landmark == Landmark::Event { (",", ".") } else { ("[", "]") };
    let back_label = t!("transport.back", word = landmark.word());
    let on_label = t!("transport.on", word = landmark.word());
    html! {
        <section class="transport" role={lab.part_role()} aria-label={t!("transport.title")}>
            <button type="button" class="button is-play" aria-label={label} title={t!("transport.space", label = label)} onclick={toggle}>
                <Icon {picture} />
            </button>
            <div class="stepping" role="group" aria-label={t!("transport.step")}>
                <button type="button" class="button is-icon" aria-label={back_label.clone()} title={format!("{back_label} ({back_key})")}
                    onclick={jump_to(Jump::Back)}>
                    <Icon picture={Picture::StepBack} />
                </button>
                <select aria-label={t!("transport.landmark")} onchange={choose_landmark}>
                    { for Landmark::ALL.iter().enumerate().map(|(index, one)| html! {
                        <option value={index.to_string()} selected={*one == landmark}>{ one.word() }</option>
                    }) }
                </select>
                <button type="button" class="button is-icon" aria-label={on_label.clone()} title={format!("{on_label} ({on_key})")}
                    onclick={jump_to(Jump::On)}>
                    <Icon picture={Picture::Step} />
                </button>
            </div>
            <div class="pace">
                <button type="button" class="button is-icon" aria-label={t!("transport.slower")} title={format!("{} (<)", t!("transport.slower"))} disabled={ratio == 0} onclick={slower}>
                    <Icon picture={Picture::Minus} />
                </button>
                <label class="pace-choice">
                    <span class="pace-words">{ t!("transport.second-here") }</span>
                    <select aria-label={t!("transport.pace")} onchange={choose_pace}>
                        { for Pace::all().map(|pace| html! {
                            <option value={pace.index().to_string()} selected={pace == snapshot.pace}>{ pace.label() }</option>
                        }) }
                    </select>
                    <span class="pace-words">{ t!("transport.in-the-cluster") }</span>
                </label>
                <button type="button" class="button is-icon" aria-label={t!("transport.faster")} title={format!("{} (>)", t!("transport.faster"))}
                    disabled={snapshot.pace == snapshot.pace.faster()} onclick={faster}>
                    <Icon picture={Picture::Plus} />
                </button>
            </div>
            <Timeline lab={lab.clone()} snapshot={snapshot.clone()} on_event={on_event.clone()} />
            <button type="button" class="button is-icon to-end" aria-label={t!("transport.to-end")} onclick={to_end}
                disabled={!snapshot.rewound} title={t!("transport.about-end")}>
                <Icon picture={Picture::End} />
            </button>
            if snapshot.strained {
                <span class="strained" title={t!("transport.about-strained")}>
                    { t!("transport.strained") }
                </span>
            }
            <Clock lab={lab.clone()} snapshot={snapshot.clone()} />
            if snapshot.rewound {
                <span class="rewound">{ t!("transport.rewound", by = duration(snapshot.end.since(lab.now()))) }</span>
            }
            if snapshot.branches > 1 {
                <Branches lab={lab.clone()} branch={snapshot.branch} count={snapshot.branches} end={snapshot.end} />
            }
        </section>
    }
}
