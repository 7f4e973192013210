//! The run that is shown as a scenario: words, what was done by hand, and expectations chosen from what it measures.

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::prelude::*;

use crate::engine::time::SimTime;
use crate::order::OrderedSet;
use crate::scenario::assignment::{Attempt, Condition, hold_from_the_beginning};
use crate::scenario::link::Shared;
use crate::scenario::{Expectation, Level, Proposal, Scenario, That, parse_duration, propose, show_duration};
use crate::t;
use crate::ui::attempt::{Trying, use_trials};
use crate::ui::lab::{Lab, Opening};
use crate::ui::parts::dom;

#[derive(Properties, PartialEq)]
pub struct ComposeProps {
    pub lab: Lab,
    pub opening: Rc<Opening>,
    /// Takes the scenario.
    pub on_text: Callback<String>,
}

/// A whole second.
const SECOND_US: u64 = 1_000_000;

/// What was measured, and what it suggests.
struct Measured {
    scenario: Scenario,
    /// The scenario's own expectations, and whether they hold.
    own: Vec<(Expectation, bool)>,
    proposals: Vec<Proposal>,
}

/// The form.
#[component]
pub fn Compose(props: &ComposeProps) -> Html {
    let ComposeProps { lab, opening, .. } = props;
    let title = use_state(|| opening.title.clone());
    let description = use_state(|| opening.description.trim().to_owned());
    let (deeds, moment) = *use_memo((), |()| lab.with(|s| (s.deeds().len(), s.moment())));
    let lasts = use_state(|| {
        let whole = moment.at.0.div_ceil(SECOND_US).max(1) * SECOND_US;
        let done = if opening.schedule.is_empty() && opening.expect.is_empty() { whole } else { opening.duration_us };
        // To the millisecond: nobody reads microseconds.
        let until = moment.at.0.div_ceil(1_000) * 1_000;
        show_duration(done.max(until).max(if deeds > 0 { whole } else { 0 }))
    });
    let level = use_state(|| opening.level);
    let from_beginning = use_state(|| true);
    let problem = use_state(|| None::<AttrValue>);
    let (trying, trials) = use_trials();
    let asked = use_state(|| None::<Rc<Scenario>>);
    // What was unchosen of what is chosen at first, and chosen of what is not.
    let turned = use_state(OrderedSet::<String>::new);

    let scenario = {
        let (lab, opening, title, description) = (lab.clone(), opening.clone(), title.clone(), description.clone());
        let (lasts, level, from_beginning) = (lasts.clone(), level.clone(), from_beginning.clone());
        move || -> Result<Scenario, String> {
            let mut scenario = opening.scenario();
            let mut deeds = lab.with(|s| s.deeds().to_vec());
            if *from_beginning {
                deeds.retain(|deed| !hold_from_the_beginning(&mut scenario.setup, &deed.command));
            }
            scenario.duration_us = parse_duration(&lasts).map_err(|why| t!("author.bad-duration", why = why))?;
            let lasting = scenario.duration_us;
            let mut scenario = Shared::new(scenario, deeds, moment, None).to_scenario();
            // What lies behind the end that was chosen is left out.
            scenario.duration_us = lasting;
            scenario.schedule.retain(|(at, _)| at.0 <= lasting);
            scenario.expect.retain(|one| one.at.is_none_or(|at| at.0 <= lasting));
            scenario.title = title.trim().to_owned();
            scenario.description = description.trim().to_owned();
            scenario.level = *level;
            scenario.validated(t!("author.this-run")).map_err(|problems| problems.to_string())
        }
    };
    let measured = use_memo((trying.clone(), asked.clone()), |(trying, asked)| match (trying, &**asked) {
        (Trying::Done(tried), Some(scenario)) => {
            let judged = tried.outcomes.first().map(|outcome| outcome.judged.as_slice()).unwrap_or_default();
            let own = scenario.expect.iter().cloned().zip(judged.iter().map(|one| one.held)).collect();
            let said = serde_json::to_value(&tried.report).unwrap_or_default();
            Some(Measured { scenario: (**scenario).clone(), own, proposals: propose(&said) })
        }
        _ => None,
    });
    let measure = {
        let (scenario, trials, problem, asked) = (scenario.clone(), trials.clone(), problem.setter(), asked.setter());
        Callback::from(move |_: MouseEvent| match scenario() {
            Ok(scenario) => {
                let end = SimTime(scenario.duration_us);
                let own = scenario.expect.iter();
                let conditions =
                    own.map(|one| Condition { at: one.at.unwrap_or(end), that: one.that.clone() }).collect();
                trials.begin(Attempt::new(scenario.clone(), conditions, vec![scenario.setup.seed]));
                asked.set(Some(Rc::new(scenario)));
                problem.set(None);
            }
            Err(why) => problem.set(Some(why.into())),
        })
    };
    let write = {
        let (scenario, measured, turned, problem) =
            (scenario.clone(), measured.clone(), turned.clone(), problem.setter());
        let on_text = props.on_text.clone();
        Callback::from(move |_: MouseEvent| match scenario() {
            Ok(mut scenario) => {
                // Whoever has changed the form since has other words, and perhaps another run: the text's own check tells.
                if let Some(measured) = &*measured {
                    scenario.expect = chosen(measured, &turned);
                }
                on_text.emit(scenario.to_toml());
            }
            Err(why) => problem.set(Some(why.into())),
        })
    };
    let going = match trying {
        Trying::Going(percent) => Some(percent),
        _ => None,
    };
    let stop = {
        let trials = trials.clone();
        Callback::from(move |_: MouseEvent| trials.stop())
    };
    let typed = |state: &UseStateHandle<String>| {
        let set = state.setter();
        Callback::from(move |event: InputEvent| set.set(dom::field_value(&event)))
    };
    let choose_level = {
        let level = level.setter();
        Callback::from(move |event: Event| level.set(Level::of(&dom::field_value(&event))))
    };
    let flip = {
        let state = from_beginning.clone();
        Callback::from(move |_: Event| state.set(!*state))
    };
    let id = |name: &str| lab.id(name);
    html! {
        <div class="stack author-form">
            <label class="field" for={id("author-title")}>
                <span>{ t!("author.title") }</span>
                <input id={id("author-title")} type="text" maxlength="200" value={(*title).clone()} oninput={typed(&title)} />
            </label>
            <label class="field" for={id("author-description")}>
                <span>{ t!("author.description") }</span>
                <textarea id={id("author-description")} rows="5" value={(*description).clone()} oninput={typed(&description)} />
            </label>
            <label class="field" for={id("author-level")}>
                <span>{ t!("author.level") }</span>
                <select id={id("author-level")} onchange={choose_level}>
                    <option value="" selected={level.is_none()}>{ t!("author.level-none") }</option>
                    { for [(Level::Beginner, t!("author.beginner")), (Level::Intermediate, t!("author.intermediate")),
                        (Level::Advanced, t!("author.advanced"))].map(|(one, words)| html! {
                        <option value={one.as_str()} selected={*level == Some(one)}>{ words }</option>
                    }) }
                </select>
            </label>
            <label class="field" for={id("author-lasts")}>
                <span>{ t!("author.lasts") }</span>
                <input id={id("author-lasts")} type="text" value={(*lasts).clone()} oninput={typed(&lasts)} autocomplete="off" />
            </label>
            if deeds > 0 {
                <p class="hint">{ t!("author.deeds", n = deeds) }</p>
                <label class="author-choice">
                    <input type="checkbox" checked={*from_beginning} onchange={flip} />
                    <span>{ t!("author.from-beginning") }</span>
                </label>
            }
            <section class="stack is-tight">
                <h3 class="caps">{ t!("author.expectations") }</h3>
                <div class="run task">
                    <button type="button" class="button" onclick={if going.is_some() { stop } else { measure }}>
                        { if going.is_some() { t!("author.cancel") } else { t!("author.measure") } }
                    </button>
                    if let Some(percent) = going {
                        <progress max="100" value={percent.to_string()} aria-label={t!("author.measuring")} />
                    }
                </div>
                { proposals((*measured).as_ref(), &turned) }
                if let Trying::Failed(_, why) = &trying {
                    <p class="outcome is-warning" role="alert">{ why.clone() }</p>
                }
            </section>
            if let Some(why) = &*problem {
                <pre class="outcome is-warning author-problem" role="alert">{ why.clone() }</pre>
            }
            <div class="run">
                <button type="button" class="button is-primary" onclick={write}>{ t!("author.write") }</button>
            </div>
        </div>
    }
}

/// The expectations to choose from.
fn proposals(measured: Option<&Measured>, turned: &UseStateHandle<OrderedSet<String>>) -> Html {
    let Some(measured) = measured else { return html! { <p class="hint">{ t!("author.measure-hint") }</p> } };
    let one = |that: &str, at: Option<SimTime>, main: bool| {
        let key = key(that, at);
        let onchange = {
            let (turned, key) = (turned.clone(), key.clone());
            Callback::from(move |_: Event| {
                let mut next = (*turned).clone();
                if !next.remove(&key) {
                    next.insert(key.clone());
                }
                turned.set(next);
            })
        };
        html! {
            <li key={key.clone()}>
                <label class="author-choice">
                    <input type="checkbox" checked={main != turned.contains(&key)} {onchange} />
                    <span><code>{ that.to_owned() }</code>{ at.map(|at| format!(" {}", t!("assignment.at", at = show_duration(at.0)))) }</span>
                </label>
            </li>
        }
    };
    html! {
        <ul class="author-choices">
            { for measured.own.iter().map(|(own, held)| one(own.that.text(), own.at, *held)) }
            { for new_ones(measured).map(|proposal| one(&proposal.that, None, proposal.main)) }
        </ul>
    }
}

/// Proposals that the scenario does not say already.
fn new_ones(measured: &Measured) -> impl Iterator<Item = &Proposal> {
    let own = |that: &str| measured.own.iter().any(|(own, _)| own.at.is_none() && own.that.text() == that);
    measured.proposals.iter().filter(move |proposal| !own(&proposal.that))
}

fn key(that: &str, at: Option<SimTime>) -> String {
    format!("{} {that}", at.map_or(String::new(), |at| at.0.to_string()))
}

fn chosen(measured: &Measured, turned: &OrderedSet<String>) -> Vec<Expectation> {
    let own = measured.own.iter().filter(|(own, held)| *held != turned.contains(&key(own.that.text(), own.at)));
    let own = own.map(|(own, _)| own.clone());
    let end = SimTime(measured.scenario.duration_us);
    let new = new_ones(measured).filter(|one| one.main != turned.contains(&key(&one.that, None)));
    let new = new.filter_map(|one| Some(Expectation { at: None, that: That::parse(&one.that).ok()? }));
    own.filter(|own| own.at.is_none_or(|at| at <= end)).chain(new).collect()
}
