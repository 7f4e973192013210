//! "Break it for me": what is looked for, how far it is, and what was found.

use std::rc::Rc;

use web_sys::{MouseEvent, SubmitEvent};
use yew::prelude::*;

use super::form::{deeds_field, faults_field, number, refusal, use_work};
use super::hunt::{Hunt, Quarry, Stage};
use super::results::profile_name;
use super::subject::Subject;
use crate::check::Kind;
use crate::scenario::{Profile, Scenario};
use crate::t;
use crate::ui::instruments::{promise_of, words_of};
use crate::ui::lab::{Lab, use_kept};
use crate::ui::parts::dom;
use crate::ui::share::OpenScenario;
use crate::ui::words::{clock, list};

/// The most runs of a search.
const MOST_RUNS: u64 = 100_000;

#[derive(Properties, PartialEq)]
pub struct BreakingProps {
    pub lab: Lab,
    pub open: OpenScenario,
}

/// Hears of the search under way, or ends it.
fn watch(listener: Option<Callback<()>>) {
    let Some(hunt) = Hunt::latest() else { return };
    let ends = listener.is_none();
    hunt.listen(listener);
    if ends {
        hunt.stop();
    }
}

/// The view.
#[component]
pub fn Breaking(props: &BreakingProps) -> Html {
    let BreakingProps { lab, open } = props;
    let subject = use_memo((), |()| Subject::of(lab));
    let kind = use_kept(lab, "break-kind", || Kind::LostWrite);
    let faults = use_kept(lab, "break-faults", || None::<Profile>);
    let count = use_kept(lab, "break-count", || "1000".to_owned());
    let with_deeds = use_kept(lab, "break-deeds", || false);
    let refused = use_state(|| None::<String>);
    let tell = use_work(watch);
    let hunt = Hunt::latest();
    // The button that began it keeps the focus, and does nothing meanwhile.
    let going = hunt.as_ref().is_some_and(|hunt| matches!(hunt.stage(), Stage::Looking | Stage::Shrinking(_)));
    let submit = {
        let (subject, tell, refused) = (subject.clone(), tell, refused.setter());
        let (kind, faults, count, with_deeds) = (*kind, *faults, count.clone(), *with_deeds);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if going {
                return;
            }
            let runs = count.trim().parse().ok().filter(|n| (1..=MOST_RUNS).contains(n));
            let begun = runs.ok_or_else(|| t!("sweep.bad-count", most = MOST_RUNS)).and_then(|runs| {
                let scenario = subject.scenario(with_deeds)?;
                Ok(Hunt::begin(Quarry { scenario, kind, faults, first: 1, runs }, tell.clone()))
            });
            refused.set(begun.err());
        })
    };
    let on_kind = {
        let kind = kind.setter();
        Callback::from(move |event: Event| {
            if let Some(chosen) = Kind::named(&dom::field_value(&event)) {
                kind.set(chosen);
            }
        })
    };
    let on_open = {
        let (open, refused) = (open.clone(), refused.setter());
        Callback::from(move |scenario: Scenario| {
            super::dialog::leave_address();
            refused.set(open.emit(scenario).err());
        })
    };
    html! {
        <div class="sweep stack">
            <p>{ t!("sweep.break-explained") }</p>
            <form class="sweep-form is-breaking" onsubmit={submit}>
                <label class="field is-faults"><span>{ t!("sweep.promise") }</span>
                    <select onchange={on_kind}>
                        { for Kind::ALL.map(|one| html! {
                            <option value={one.name()} selected={*kind == one}>{ words_of(one) }</option>
                        }) }
                    </select>
                    <span class="hint">{ promise_of(*kind) }</span>
                </label>
                { faults_field(&faults, true) }
                { number(t!("sweep.most-runs"), &count, MOST_RUNS) }
                { deeds_field(&subject, &with_deeds) }
                <div class="sweep-go">
                    <button type="submit" class="button is-primary" aria-disabled={going.then_some("true")}>{ t!("sweep.break-go") }</button>
                </div>
            </form>
            { refusal(&refused) }
            if let Some(hunt) = &hunt {
                { progress(hunt) }
                { found(hunt, &on_open) }
            }
        </div>
    }
}

/// How far it is.
fn progress(hunt: &Rc<Hunt>) -> Html {
    let stop = {
        let hunt = hunt.clone();
        Callback::from(move |_: MouseEvent| hunt.stop())
    };
    let (looked, all, kind) = (hunt.looked(), hunt.quarry.runs, words_of(hunt.quarry.kind));
    let profiles: Vec<&str> = hunt.profiles().iter().map(|one| profile_name(*one)).collect();
    let (words, going, value, most) = match hunt.stage() {
        Stage::Looking => (t!("sweep.looking", n = looked, all = all), true, looked, all),
        Stage::Shrinking(tried) => (t!("sweep.shrinking", n = tried), true, tried, 600),
        Stage::Found(tried) => (t!("sweep.found", kind = kind, tried = tried), false, 1, 1),
        Stage::Nothing => (t!("sweep.nothing", kind = kind, all = all, faults = list(&profiles)), false, 1, 1),
        Stage::Stopped => (t!("sweep.break-stopped", kind = kind, n = looked, all = all), false, looked, all),
        Stage::Failed(why) => (t!("sweep.failed-run", why = why, n = looked, all = all), false, looked, all),
    };
    html! {
        <div class="sweep-progress">
            if going { <progress max={most.to_string()} value={value.to_string()} aria-label={t!("sweep.progress")} /> }
            <p class="is-wide" aria-live={if going { "off" } else { "polite" }}>{ words }</p>
            if going { <button type="button" class="button" onclick={stop}>{ t!("sweep.cancel") }</button> }
        </div>
    }
}

/// What was found.
fn found(hunt: &Rc<Hunt>, on_open: &Callback<Scenario>) -> Html {
    let Some(found) = hunt.found() else { return Html::default() };
    let button = |words: &'static str, class: &'static str, scenario: Option<Scenario>| {
        let on_open = on_open.clone();
        scenario.map(|scenario| {
            let onclick = Callback::from(move |_: MouseEvent| on_open.emit(scenario.clone()));
            html! { <button type="button" class={classes!("button", class)} {onclick}>{ words }</button> }
        })
    };
    let smallest = hunt.smallest();
    html! {
        <section class="stack is-tight sweep-found">
            <p>{ t!("sweep.found-in", n = found.index + 1, seed = found.case.seed, faults = profile_name(found.case.faults)) }</p>
            <p class="sweep-detail">{ found.detail.clone() }</p>
            <p class={found.promised.then_some("is-trouble")}>
                { if found.promised { t!("sweep.is-promised") } else { t!("sweep.not-promised") } }
            </p>
            if let Some(scenario) = &smallest {
                <h3 class="caps">{ t!("sweep.smaller") }</h3>
                <p>{ t!("sweep.smaller-has", nodes = scenario.setup.nodes.len(), clients = scenario.setup.clients.len(),
                    commands = scenario.schedule.len()) }</p>
                <ol class="sweep-steps">
                    { for scenario.schedule.iter().map(|(at, command)| html! {
                        <li><span class="clock">{ clock(*at) }</span>{ " " }<code>{ command.to_string() }</code></li>
                    }) }
                </ol>
                <p class="sweep-detail">{ scenario.description.clone() }</p>
            }
            <div class="sweep-go">
                { button(t!("sweep.open-smaller"), "is-primary", smallest) }
                { button(t!("sweep.open-found"), "", hunt.as_found()) }
            </div>
        </section>
    }
}
