//! The time line: what was done and what happened since the run began, and a handle to go back to it.

use std::rc::Rc;

use web_sys::{Element, HtmlInputElement, MouseEvent};
use yew::prelude::*;

use crate::engine::time::SimTime;
use crate::t;
use crate::ui::lab::{FindingMark, Lab, Mark, Snapshot};
use crate::ui::parts::dom;
use crate::ui::words::{Weight, clock, names_in, sentence};

#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    /// Somebody wants to see an event of the trace.
    pub on_event: Callback<u64>,
}

/// Positions on the line, in thousandths.
const LINE: f64 = 1_000.0;
/// How often the marks are drawn anew while the line grows.
const MARKS_MS: u32 = 1_000;

/// The line with its marks, and the handle over it.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let TimelineProps { lab, snapshot, on_event } = props;
    let (handle, played) = (use_node_ref(), use_node_ref());
    {
        // Written straight into the document: it changes with every snapshot, and nothing else does with it.
        let (lab, handle, played, end) = (lab.clone(), handle.clone(), played.clone(), snapshot.end);
        use_effect_with(snapshot.clone(), move |_| {
            let x = LINE * lab.now().0 as f64 / end.0.max(1) as f64;
            if let Some(input) = handle.cast::<HtmlInputElement>() {
                input.set_value(&format!("{x:.3}"));
                let _ =
                    input.set_attribute("aria-valuetext", &t!("timeline.at", now = clock(lab.now()), end = clock(end)));
            }
            if let Some(line) = played.cast::<Element>() {
                let _ = line.set_attribute("x2", &format!("{x:.1}"));
            }
        });
    }
    let seek = {
        let lab = lab.clone();
        Callback::from(move |event: InputEvent| {
            let Ok(x) = dom::field_value(&event).parse::<f64>() else { return };
            lab.set_playing(false);
            lab.seek(SimTime((lab.snapshot().end.0 as f64 * (x / LINE).clamp(0.0, 1.0)) as u64));
        })
    };
    html! {
        <div class="timeline">
            <svg class="history" viewBox={format!("0 0 {LINE} 20")} preserveAspectRatio="none" aria-hidden="true">
                <line class="history-line" x1="0" x2={LINE.to_string()} y1="15" y2="15" />
                <line class="history-played" ref={played} x1="0" x2="0" y1="15" y2="15" />
            </svg>
            <input ref={handle} type="range" class="handle" min="0" max={LINE.to_string()} step="any" aria-label={t!("timeline.handle")}
                oninput={seek} />
            <Marks lab={lab.clone()} revision={snapshot.structure_revision} end={snapshot.rewound.then_some(snapshot.end)}
                view={snapshot.view.clone()} on_event={on_event.clone()} />
        </div>
    }
}

#[derive(Properties)]
struct MarksProps {
    lab: Lab,
    revision: u64,
    /// The line's end, where that is not the present.
    end: Option<SimTime>,
    view: Rc<crate::sim::view::ClusterView>,
    on_event: Callback<u64>,
}

impl PartialEq for MarksProps {
    /// The view only gives names: marks change with the revision.
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab && self.revision == other.revision && self.end == other.end
    }
}

#[component]
fn Marks(props: &MarksProps) -> Html {
    let beat = use_state(|| 0_u32);
    {
        let (beat, grows) = (beat.clone(), props.end.is_none());
        use_effect_with((*beat, grows), move |(now, grows)| {
            let next = now.wrapping_add(1);
            let timer = grows.then(|| gloo_timers::callback::Timeout::new(MARKS_MS, move || beat.set(next)));
            move || drop(timer)
        });
    }
    let end = props.end.unwrap_or_else(|| props.lab.now());
    let x_of = |at: SimTime| format!("{:.1}", LINE * at.0 as f64 / end.0.max(1) as f64);
    let (marks, found, dropped) = props.lab.with(|s| (s.marks(), s.found(), s.watch().has_dropped_marks()));
    let first = marks.first().map(|mark| mark.at).filter(|_| dropped);
    let older = first.map(|at| t!("timeline.older", from = clock(at)));
    let names = names_in(&props.view);
    let line = |mark: &Mark| {
        let x = x_of(mark.at);
        let class = if mark.weight == Weight::Trouble { "mark is-trouble" } else { "mark" };
        let words = sentence(&mark.what, None, &names, props.view.flavor).map(|s| s.text).unwrap_or_default();
        let onclick = {
            let (lab, at) = (props.lab.clone(), mark.at);
            Callback::from(move |_: MouseEvent| {
                lab.set_playing(false);
                lab.seek(at);
            })
        };
        html! {
            <g class="mark-place" {onclick}>
                <line class="mark-reach" x1={x.clone()} x2={x.clone()} y1="0" y2="11" />
                <line {class} x1={x.clone()} x2={x} y1="2" y2="11" />
                <title>{ format!("{} {words}", clock(mark.at)) }</title>
            </g>
        }
    };
    let finding = |mark: &FindingMark| {
        let x = x_of(mark.first.at);
        let more = if mark.count > 1 { t!("timeline.more", n = mark.count - 1) } else { String::new() };
        let onclick = {
            let (on_event, event) = (props.on_event.clone(), mark.first.event);
            Callback::from(move |_: MouseEvent| event.iter().for_each(|event| on_event.emit(*event)))
        };
        html! {
            <line class="mark is-finding" x1={x.clone()} x2={x} y1="0" y2="6" {onclick}>
                <title>{ format!("{} {} {more}", clock(mark.first.at), mark.first.detail).trim_end() }</title>
            </line>
        }
    };
    let all: u64 = found.iter().map(|mark| mark.count).sum();
    let summary = t!("timeline.summary", n = marks.len(), found = all, end = clock(end));
    let label = older.iter().fold(summary, |summary, older| format!("{summary}; {older}"));
    html! {
        <>
            <svg class="history is-marks" viewBox={format!("0 0 {LINE} 20")} preserveAspectRatio="none" role="img" aria-label={label}>
                { for marks.iter().map(line) }
                { for found.iter().map(finding) }
            </svg>
            if let Some(older) = older {
                <p class="timeline-note" aria-hidden="true">{ older }</p>
            }
        </>
    }
}
