//! The transport: play, pause, one event, speed as a ratio, the instant, and what happened when.

use std::rc::Rc;

use web_sys::{HtmlElement, MouseEvent};
use yew::prelude::*;

use crate::engine::time::SimTime;
use crate::ui::lab::{FindingMark, Lab, Mark, Snapshot};
use crate::ui::pace::Pace;
use crate::ui::parts::dom;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::words::{Weight, clock, clock_parts, names_in, sentence};

#[derive(Properties, PartialEq)]
pub struct TransportProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    /// Somebody wants to see an event of the trace.
    pub on_event: Callback<u64>,
}

/// The transport.
#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let TransportProps { lab, snapshot, on_event } = props;
    let on = |act: fn(&Lab)| {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| act(&lab))
    };
    let toggle = on(|lab| lab.set_playing(!lab.snapshot().playing));
    let step = on(Lab::step);
    let slower = on(|lab| lab.set_pace(lab.snapshot().pace.slower()));
    let faster = on(|lab| lab.set_pace(lab.snapshot().pace.faster()));
    let choose = {
        let lab = lab.clone();
        Callback::from(move |event: Event| {
            if let Ok(index) = dom::field_value(&event).parse() {
                lab.set_pace(Pace::nth(index));
            }
        })
    };
    let (picture, label) = if snapshot.playing { (Picture::Pause, "Pause") } else { (Picture::Play, "Play") };
    let ratio = snapshot.pace.index();
    html! {
        <section class="transport" aria-label="Time">
            <button type="button" class="button is-play" aria-label={label} title={format!("{label} (Space)")} onclick={toggle}>
                <Icon {picture} />
            </button>
            <button type="button" class="button is-icon" aria-label="Next event" title="Next event (.)" onclick={step}>
                <Icon picture={Picture::Step} />
            </button>
            <div class="pace">
                <button type="button" class="button is-icon" aria-label="Slower" title="Slower (,)" disabled={ratio == 0} onclick={slower}>
                    <Icon picture={Picture::Minus} />
                </button>
                <label class="pace-choice">
                    <span class="pace-words">{ "1 s here is" }</span>
                    <select aria-label="One second here is, in the cluster" onchange={choose}>
                        { for Pace::all().map(|pace| html! {
                            <option value={pace.index().to_string()} selected={pace == snapshot.pace}>{ pace.label() }</option>
                        }) }
                    </select>
                    <span class="pace-words">{ "in the cluster" }</span>
                </label>
                <button type="button" class="button is-icon" aria-label="Faster" title="Faster (;)"
                    disabled={snapshot.pace == snapshot.pace.faster()} onclick={faster}>
                    <Icon picture={Picture::Plus} />
                </button>
            </div>
            <History lab={lab.clone()} revision={snapshot.structure_revision} view={snapshot.view.clone()}
                on_event={on_event.clone()} />
            if snapshot.strained {
                <span class="strained" title="This machine is too slow for the chosen speed, so time passes more slowly.">
                    { "slower than asked" }
                </span>
            }
            <Clock lab={lab.clone()} snapshot={snapshot.clone()} />
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct ClockProps {
    lab: Lab,
    snapshot: Rc<Snapshot>,
}

/// How often the clock's digits change while time passes.
const CLOCK_MS: u32 = 100;

/// The instant. Its digits are written straight into the document: they change all the time, and nothing else with them.
#[component]
fn Clock(props: &ClockProps) -> Html {
    let (coarse, fine) = (use_node_ref(), use_node_ref());
    let show = {
        let (lab, coarse, fine) = (props.lab.clone(), coarse.clone(), fine.clone());
        move || {
            let (long, short) = clock_parts(lab.now());
            if let Some(element) = coarse.cast::<HtmlElement>() {
                element.set_text_content(Some(&long));
            }
            if let Some(element) = fine.cast::<HtmlElement>() {
                element.set_text_content(Some(&short));
            }
        }
    };
    {
        let show = show.clone();
        use_effect_with(props.snapshot.clone(), move |_| show());
    }
    use_effect_with(props.snapshot.playing, move |playing| {
        let ticks = playing.then(|| gloo_timers::callback::Interval::new(CLOCK_MS, show));
        move || drop(ticks)
    });
    html! {
        <span class="clock" title="Virtual time: minutes, seconds, milliseconds, microseconds" role="timer" aria-label="Virtual time">
            <span ref={coarse}></span><span ref={fine} class="clock-fine"></span>
        </span>
    }
}

#[derive(Properties)]
struct HistoryProps {
    lab: Lab,
    revision: u64,
    view: Rc<crate::sim::view::ClusterView>,
    on_event: Callback<u64>,
}

impl PartialEq for HistoryProps {
    /// The view only gives names: marks change with the revision.
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab && self.revision == other.revision
    }
}

/// Positions on the line, in thousandths.
const LINE: f64 = 1_000.0;
/// At most so many places of the line have marks of what the judges found.
const FINDING_PLACES: u64 = 200;
/// How often the line is drawn anew: its end is the present.
const HISTORY_MS: u32 = 1_000;

/// What was done and what happened since the run began, on a line that ends now.
#[component]
fn History(props: &HistoryProps) -> Html {
    let beat = use_state(|| 0_u32);
    {
        let beat = beat.clone();
        use_effect_with(*beat, move |now| {
            let next = now.wrapping_add(1);
            let timer = gloo_timers::callback::Timeout::new(HISTORY_MS, move || beat.set(next));
            move || drop(timer)
        });
    }
    let now = props.lab.now();
    let marks = props.lab.with(|s| s.watch().marks());
    let names = names_in(&props.view);
    let line = |mark: &Mark| {
        let x = LINE * mark.at.0 as f64 / now.0.max(1) as f64;
        let class = if mark.weight == Weight::Trouble { "mark is-trouble" } else { "mark" };
        let words = sentence(&mark.what, None, &names, props.view.flavor).map(|s| s.text).unwrap_or_default();
        html! {
            <line {class} x1={format!("{x:.1}")} x2={format!("{x:.1}")} y1="2" y2="18">
                <title>{ format!("{} {words}", clock(mark.at)) }</title>
            </line>
        }
    };
    let found = props.lab.with(|s| s.finding_marks(FINDING_PLACES));
    let finding = |mark: &FindingMark| {
        let x = format!("{:.1}", LINE * mark.first.at.0 as f64 / now.0.max(1) as f64);
        let more = if mark.count > 1 { format!(" (and {} more about then)", mark.count - 1) } else { String::new() };
        let onclick = {
            let (on_event, event) = (props.on_event.clone(), mark.first.event);
            Callback::from(move |_: MouseEvent| event.iter().for_each(|event| on_event.emit(*event)))
        };
        html! {
            <line class="mark is-finding" x1={x.clone()} x2={x} y1="13" y2="20" {onclick}>
                <title>{ format!("{} {}{more}", clock(mark.first.at), mark.first.detail) }</title>
            </line>
        }
    };
    let all: u64 = found.iter().map(|mark| mark.count).sum();
    html! {
        <svg class="history" viewBox={format!("0 0 {LINE} 20")} preserveAspectRatio="none" role="img"
            aria-label={format!("{} and {} since the start, until {}", crate::ui::words::count(marks.len() as u64, "mark"),
                crate::ui::words::count(all, "finding"), clock(SimTime(now.0)))}>
            <line class="history-line" x1="0" x2={LINE.to_string()} y1="10" y2="10" />
            { for marks.iter().map(line) }
            { for found.iter().map(finding) }
        </svg>
    }
}
