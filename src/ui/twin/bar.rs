//! What two runs have in common and what not: the bar over their stages, and their reports.

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::prelude::*;

use super::choose::Chosen;
use super::difference::Difference;
use crate::engine::trace::TraceEvent;
use crate::t;
use crate::ui::lab::{Lab, Snapshot};
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::reports::{Column, Reports};
use crate::ui::words::{clock, names_in, sentence};

#[derive(Properties, PartialEq)]
pub struct TwinBarProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    pub twin: Chosen,
    /// Whether the instruments show the second run.
    pub second: bool,
    pub on_second: Callback<bool>,
    /// Whether the panel stands beside the stages.
    pub panel: bool,
    pub on_panel: Callback<bool>,
    pub on_end: Callback<()>,
}

/// The bar.
#[component]
pub fn TwinBar(props: &TwinBarProps) -> Html {
    let TwinBarProps { lab, snapshot, twin, .. } = props;
    let difference = use_state(Difference::default);
    let reports = use_state(|| None::<Rc<Vec<Column>>>);
    {
        // A difference that is found stays the first of its branch; before that, each snapshot may bring it.
        let (difference, lab, other) = (difference.clone(), lab.clone(), twin.lab.clone());
        use_effect_with(snapshot.clone(), move |_| {
            let mut known = (*difference).clone();
            known.look(&lab, &other);
            if known != *difference {
                difference.set(known);
            }
        });
    }
    let show = {
        let (reports, lab, other) = (reports.clone(), lab.clone(), twin.lab.clone());
        Callback::from(move |_: MouseEvent| {
            let column = |name: &str, lab: &Lab| Column { name: name.to_owned(), report: lab.with(|s| s.report()) };
            reports.set(Some(Rc::new(vec![column("A", &lab), column("B", &other)])));
        })
    };
    let close = {
        let reports = reports.setter();
        Callback::from(move |()| reports.set(None))
    };
    let panel = {
        let shown = props.panel;
        props.on_panel.reform(move |_: MouseEvent| !shown)
    };
    let end = props.on_end.reform(|_: MouseEvent| ());
    let say = |lab: &Lab, event: &TraceEvent| {
        let view = lab.snapshot().view.clone();
        let text = sentence(&event.what, None, &names_in(&view), view.flavor).map(|sentence| sentence.text);
        text.unwrap_or_else(|| t!("twin.message").to_owned())
    };
    let found = difference.found.as_ref().map(|(a, b)| {
        let go = {
            let (lab, at) = (lab.clone(), a.at);
            Callback::from(move |_: MouseEvent| {
                lab.set_playing(false);
                lab.seek(at);
            })
        };
        let other = b.as_ref().map(|b| (b.at, say(&twin.lab, b)));
        html! {
            <>
                { t!("twin.first") }{ " " }
                <button type="button" class="text-button" onclick={go}>{ clock(a.at) }</button>
                { format!(" A: {}", say(lab, a)) }
                if let Some((at, text)) = other { { " · " }{ t!("twin.b-at", at = clock(at), text = text) } }
            </>
        }
    });
    let choose = |second: bool, label: &'static str| {
        let on_second = props.on_second.clone();
        html! {
            <button type="button" class="chip" aria-pressed={(props.second == second).to_string()}
                onclick={Callback::from(move |_: MouseEvent| on_second.emit(second))}>{ label }</button>
        }
    };
    html! {
        <section class="twin-bar" aria-label={t!("twin.bar")}>
            <p class="twin-words" title={found.is_some().then(|| t!("twin.about-found"))}>
                <strong>{ "A" }</strong>{ " " }{ t!("twin.as-it-is") }{ " · " }<strong>{ "B" }</strong>{ " " }{ t!("twin.with") }{ " " }<code>{ twin.key.clone() }</code>
                <span class="twin-found">
                    if let Some(found) = found { { found } } else { { t!("twin.none") } }
                </span>
            </p>
            <span class="twin-choice" role="group" aria-label={t!("twin.whose")}>{ choose(false, t!("twin.a-below")) }{ choose(true, t!("twin.b-below")) }</span>
            <button type="button" class="chip panel-chip" aria-pressed={props.panel.to_string()} onclick={panel}>{ t!("twin.panel") }</button>
            <button type="button" class="button" aria-haspopup="dialog" onclick={show}>{ t!("twin.reports") }</button>
            <button type="button" class="button" onclick={end}>{ t!("twin.end") }</button>
            if let Some(columns) = &*reports {
                <Dialog title={t!("twin.came-to")} id={lab.id("reports")} on_close={close}>
                    <p>{ t!("twin.a-and-b") }{ " " }<code>{ twin.key.clone() }</code>{ "." }</p>
                    <Reports columns={columns.clone()} />
                </Dialog>
            }
        </section>
    }
}
