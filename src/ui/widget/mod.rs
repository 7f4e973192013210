//! A laboratory as a figure in somebody else's page: the stage, the transport, and the one instrument that was asked for.

mod begin;
mod deeds;
mod news;

use web_sys::{FocusEvent, KeyboardEvent, MouseEvent};
use yew::prelude::*;

use crate::engine::ids::Addr;
use crate::sim::command::Command;
use crate::t;
use crate::ui::announcer::Announcer;
use crate::ui::glossary::Glossary;
use crate::ui::instruments::Instruments;
use crate::ui::keys::wants_keys;
use crate::ui::lab::{Lab, Landmark, use_snapshot};
use crate::ui::parts::explain::Guide;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::stage::{Scale, Stage};
use crate::ui::ties::{Ties, use_ties};
use crate::ui::transport::{self, Jump, Transport};
use crate::ui::why::{WhySheet, use_why};

pub use begin::{Begin, begin_scenario};
pub use deeds::{command, link};
pub use news::{News, Told};

/// What a figure shows.
#[derive(Properties, Clone, PartialEq)]
pub struct FigureProps {
    /// The laboratory.
    pub lab: Lab,
    /// Whether there is a transport.
    pub transport: bool,
    /// The instrument that is shown; empty for none.
    pub instrument: &'static str,
    /// Whether all instruments can be chosen.
    pub instruments: bool,
    /// Whether it is dark.
    pub dark: bool,
    /// Counts changes of colours.
    pub colours: u32,
}

/// What a place in a page shows.
#[derive(Properties, Clone, Default, PartialEq)]
pub struct PlaceProps {
    /// The figure, if there is one now.
    pub figure: Option<FigureProps>,
}

/// A place for one figure after the other: Yew never gives back what a root has cost, so that roots are used again.
#[component]
pub fn Place(props: &PlaceProps) -> Html {
    match &props.figure {
        Some(figure) => html! { <Figure key={figure.lab.number()} ..figure.clone() /> },
        None => Html::default(),
    }
}

/// The figure.
#[component]
pub fn Figure(props: &FigureProps) -> Html {
    let lab = &props.lab;
    let snapshot = use_snapshot(lab);
    let notice = use_state(|| None::<String>);
    let landmark = use_state(|| Landmark::Event);
    let asked = use_state(|| None::<(Addr, u32)>);
    let shown = use_state(|| None::<(u64, u32)>);
    let term = use_state(|| None::<AttrValue>);
    let focused = use_state_eq(|| false);
    use_effect_with(lab.clone(), |lab| {
        let lab = lab.clone();
        move || lab.close()
    });
    let act = {
        let (lab, notice) = (lab.clone(), notice.setter());
        use_callback((), move |command: Command, ()| notice.set(lab.act(command).err()))
    };
    let on_landmark = {
        let landmark = landmark.setter();
        Callback::from(move |chosen| landmark.set(chosen))
    };
    let on_jump = {
        let (lab, notice) = (lab.clone(), notice.setter());
        Callback::from(move |(landmark, direction)| notice.set(transport::jump(&lab, landmark, direction)))
    };
    // Where another instrument stands alone, there is nowhere to show it.
    let on_status = (props.instruments || props.instrument == "status").then(|| {
        let asked = asked.clone();
        Callback::from(move |who| asked.set(Some((who, asked.map_or(0, |(_, times)| times + 1)))))
    });
    let on_event = {
        let (lab, shown) = (lab.clone(), shown.clone());
        Callback::from(move |event| {
            lab.seek_event(event);
            shown.set(Some((event, shown.map_or(0, |(_, times)| times) + 1)));
        })
    };
    let why = use_why(lab);
    let on_term = {
        let term = term.setter();
        use_callback((), move |wanted: AttrValue, ()| term.set(Some(wanted)))
    };
    let on_term_end = {
        let term = term.setter();
        Callback::from(move |()| term.set(None))
    };
    let guide = Guide { flavor: snapshot.view.flavor, glossary: on_term, why: why.ask };
    let ties = use_ties(lab, &snapshot);
    // The keys are the page's, unless the focus is in here.
    let onkeydown = {
        let (lab, on_jump, landmark) = (lab.clone(), on_jump.clone(), *landmark);
        Callback::from(move |event: KeyboardEvent| key(&event, &lab, landmark, &on_jump))
    };
    let focus = |to: bool| {
        let focused = focused.setter();
        Callback::from(move |_: FocusEvent| focused.set(to))
    };
    let dismiss = {
        let notice = notice.setter();
        Callback::from(move |_: MouseEvent| notice.set(None))
    };
    html! {
        <ContextProvider<Guide> context={guide}>
        <ContextProvider<Ties> context={ties.clone()}>
        <div class={classes!("rl", "is-widget", (!props.instrument.is_empty() || props.instruments).then_some("has-instrument"))}
            tabindex="-1" role="group" aria-label={lab.opening().title.clone()} data-theme={if props.dark { "dark" } else { "light" }} {onkeydown} onfocusin={focus(true)} onfocusout={focus(false)}>
            <Stage lab={lab.clone()} snapshot={snapshot.clone()} act={act.clone()} {on_status} theme={props.colours} scale={Scale::Small} />
            if props.transport {
                <Transport lab={lab.clone()} snapshot={snapshot.clone()} landmark={*landmark} {on_landmark} {on_jump}
                    on_event={on_event.clone()} />
            } else {
                { play_button(lab, snapshot.playing) }
            }
            if props.instruments || !props.instrument.is_empty() {
                <Instruments key={props.instrument} lab={lab.clone()} snapshot={snapshot.clone()} asked={*asked} shown={*shown} {on_event}
                    ties={ties.clone()} theme={props.colours} alone={!props.instruments}
                    first={if props.instrument.is_empty() { "sequence" } else { props.instrument }} />
            }
            if let Some(text) = &*notice {
                <div class="notice" role="alert">
                    <span>{ text.clone() }</span>
                    <button type="button" class="button" onclick={dismiss}>{ t!("page.close") }</button>
                </div>
            }
            if let Some((answer, times, _)) = why.asked {
                <WhySheet lab={lab.clone()} {answer} {times} on_close={why.close} />
            }
            if let Some(term) = &*term {
                <Glossary id={lab.id("glossary")} term={term.clone()} flavor={snapshot.view.flavor} on_close={on_term_end} />
            }
            // Several figures of a page must not talk over each other.
            if *focused {
                <Announcer lab={lab.clone()} snapshot={snapshot.clone()} />
            }
        </div>
        </ContextProvider<Ties>>
        </ContextProvider<Guide>>
    }
}

/// Whatever moves by itself can be stopped, also where there is no transport.
fn play_button(lab: &Lab, playing: bool) -> Html {
    let (picture, label) =
        if playing { (Picture::Pause, t!("transport.pause")) } else { (Picture::Play, t!("transport.play")) };
    let lab = lab.clone();
    let onclick = Callback::from(move |_: MouseEvent| lab.set_playing(!lab.snapshot().playing));
    html! {
        <button type="button" class="button is-play is-lone" aria-label={label} {onclick}><Icon {picture} /></button>
    }
}

fn key(event: &KeyboardEvent, lab: &Lab, landmark: Landmark, on_jump: &Callback<(Landmark, Jump)>) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() || wants_keys(event) {
        return;
    }
    let snapshot = lab.snapshot();
    match event.key().as_str() {
        " " => lab.set_playing(!snapshot.playing),
        "." => on_jump.emit((Landmark::Event, Jump::On)),
        "," => on_jump.emit((Landmark::Event, Jump::Back)),
        "]" => on_jump.emit((landmark, Jump::On)),
        "[" => on_jump.emit((landmark, Jump::Back)),
        "g" => lab.seek(snapshot.end),
        "<" => lab.set_pace(snapshot.pace.slower()),
        ">" => lab.set_pace(snapshot.pace.faster()),
        _ => return,
    }
    event.prevent_default();
    // A page may have shortcuts of its own, such as slides.
    event.stop_propagation();
}
