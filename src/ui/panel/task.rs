//! The task that a scenario sets: what is asked for, how it stands, what may be changed, and whether the answer holds.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use serde_json::Value;
use web_sys::{HtmlTextAreaElement, MouseEvent};
use yew::prelude::*;

use super::task_controls::controls;
use crate::scenario::Scenario;
use crate::scenario::assignment::{Answer, Assignment, Change, Judged, Requirement, SeedOutcome, passed};
use crate::sim::command::Command;
use crate::sim::setup::FailoverSetup;
use crate::t;
use crate::ui::attempt::{Tried, Trying, use_trials_after};
use crate::ui::lab::{Lab, Snapshot, use_kept, wall_ms};
use crate::ui::parts::dom;
use crate::ui::parts::prose::Prose;
use crate::ui::share;
use crate::ui::text::{self, titled};

/// What came of the last trial is kept by the laboratory under this name.
const TRIED: &str = "task-tried";

#[derive(Properties, PartialEq)]
pub struct TaskProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    /// The scenario that sets the task.
    pub task: Rc<Scenario>,
    pub act: Callback<Command>,
    /// Begins the laboratory again with what was changed.
    pub on_restart: Callback<FailoverSetup>,
    /// Whether anybody sees it.
    pub shown: bool,
}

/// What was tried last: the answer, and what is handed in.
#[derive(Clone, PartialEq)]
struct Checked {
    answer: Answer,
    link: Option<AttrValue>,
}

/// The task.
#[component]
pub fn Task(props: &TaskProps) -> Html {
    let TaskProps { lab, snapshot, task, .. } = props;
    let none = Assignment::default();
    let assignment = task.assignment.as_ref().unwrap_or(&none);
    let deeds = lab.with(|s| s.deeds().len());
    let answer = use_memo((snapshot.jumps, deeds), |_| {
        let deeds = lab.with(|s| s.deeds().to_vec());
        Answer::of(task, &lab.opening().scenario(), &deeds).map_err(|problems| problems.to_string())
    });
    let now = use_present(lab, task, snapshot.event_revision, props.shown);
    // A verdict outlives a change of the language, which brings the panel anew; what is under way does not.
    let (trying, trials) = use_trials_after(|| lab.kept(TRIED).unwrap_or_default());
    let checked = use_kept(lab, "task-checked", || None::<Checked>);
    {
        let lab = lab.clone();
        use_effect_with(trying.clone(), move |trying| {
            lab.keep(TRIED, if matches!(trying, Trying::Going(_)) { Trying::Idle } else { trying.clone() });
        });
    }
    let check = {
        let (answer, trials, checked) = (answer.clone(), trials.clone(), checked.setter());
        Callback::from(move |_: MouseEvent| {
            let Ok(answer) = &*answer else { return };
            checked.set(Some(Checked { answer: answer.clone(), link: None }));
            if answer.is_permitted() { trials.begin(answer.attempt()) } else { trials.stop() }
        })
    };
    let cancel = {
        let (trials, checked) = (trials.clone(), checked.setter());
        Callback::from(move |_: MouseEvent| {
            trials.stop();
            checked.set(None);
        })
    };
    // What has been changed since is not what was checked.
    let current = checked.as_ref().filter(|checked| answer.as_ref().as_ref() == Ok(&checked.answer));
    let tried = match (&trying, current) {
        (Trying::Done(tried), Some(_)) => Some(tried.clone()),
        _ => None,
    };
    let going = match trying {
        Trying::Going(percent) => Some(percent),
        _ => None,
    };
    // What was measured makes the conditions above longer: the verdict is brought back into view.
    let foot = use_node_ref();
    {
        let (foot, was_going) = (foot.clone(), use_mut_ref(|| false));
        use_effect_with((going.is_some(), tried.is_some()), move |(going, tried)| {
            if was_going.replace(*going)
                && *tried
                && let Some(foot) = foot.cast::<web_sys::Element>()
            {
                foot.scroll_into_view_with_bool(false);
            }
        });
    }
    let watch = {
        let (lab, on_restart) = (lab.clone(), props.on_restart.clone());
        Callback::from(move |_: MouseEvent| on_restart.emit(lab.with(|s| s.failover())))
    };
    html! {
        <div class="stack task">
            <Prose text={text::find(&format!("scenario.{}.task", task.title)).map_or_else(|| assignment.task.clone(), str::to_owned)} />
            <section class="stack is-tight">
                <h2 class="caps">{ t!("assignment.conditions") }</h2>
                <ul class="conditions">
                    { for assignment.require.iter().enumerate().map(|(index, one)| {
                        condition(one, index, now.get(index), tried.as_deref())
                    }) }
                </ul>
                if tried.is_none() {
                    <p class="hint">{ t!("assignment.now-hint") }</p>
                }
            </section>
            <section class="stack is-tight">
                <h2 class="caps">{ t!("assignment.may-change") }</h2>
                { controls(lab, snapshot, assignment, &props.act, &props.on_restart) }
            </section>
            <section class="stack is-tight">
                <h2 class="caps">{ t!("assignment.changes") }</h2>
                { match &*answer {
                    Ok(answer) => changes(answer),
                    Err(why) => html! { <p class="outcome is-warning">{ why.clone() }</p> },
                } }
                if answer.as_ref().as_ref().is_ok_and(|answer| !answer.changes.is_empty()) {
                    <button type="button" class="button" onclick={watch}>{ t!("assignment.again") }</button>
                }
            </section>
            <section ref={foot} class="stack is-tight" aria-live="polite">
                // One button, so that it keeps the focus.
                <div class="run">
                    <button type="button" class={classes!("button", going.is_none().then_some("is-primary"))}
                        onclick={if going.is_some() { cancel } else { check }} disabled={answer.is_err()}>
                        { if going.is_some() { t!("assignment.cancel") } else { t!("assignment.check") } }
                    </button>
                    if let Some(percent) = going {
                        <progress max="100" value={percent.to_string()} aria-label={t!("assignment.checking")} />
                        <span class="task-percent">{ t!("assignment.percent", n = percent) }</span>
                    }
                </div>
                { verdict(&trying, current, checked.is_some(), assignment) }
                if let (Some(tried), Some(current)) = (&tried, current) {
                    <HandIn key={format!("{:x}", tried.outcomes.first().map_or(0, |one| one.trace_hash))} lab={lab.clone()}
                        answer={Rc::new(current.answer.clone())} outcome={tried.outcomes.first().cloned().map(Rc::new)} />
                }
            </section>
        </div>
    }
}

/// One condition: how it stands now, or what was measured with each seed.
fn condition(one: &Requirement, index: usize, now: Option<&Judged>, tried: Option<&Tried>) -> Html {
    let measured: Option<Vec<(u64, &Judged)>> = tried
        .map(|tried| tried.outcomes.iter().filter_map(|of| of.judged.get(index).map(|one| (of.seed, one))).collect());
    let held = measured.as_ref().map(|measured| measured.iter().all(|(_, one)| one.held));
    let (mark, class, says) = match held {
        Some(true) => ("✓", "condition is-held", t!("assignment.met")),
        Some(false) => ("✗", "condition is-broken", t!("assignment.not-met")),
        None => ("○", "condition", t!("assignment.open")),
    };
    html! {
        <li {class}>
            <span class="condition-mark" aria-hidden="true">{ mark }</span>
            <span class="unseen">{ says }</span>
            <div>
                <p>{ titled(one.words()).to_owned() }</p>
                <p class="condition-detail">
                    <code>{ one.that.text().to_owned() }</code>
                    if let Some(at) = one.at {
                        { " " }{ t!("assignment.at", at = crate::scenario::show_duration(at.0)) }
                    }
                </p>
                <p class="condition-detail">
                    if let Some(measured) = measured {
                        { for measured.iter().map(|(seed, one)| html! {
                            <span class={classes!("measured", (!one.held).then_some("is-broken"))}>
                                { t!("assignment.measured", value = plain(&one.actual), seed = *seed) }
                            </span>
                        }) }
                    } else if let Some(now) = now {
                        { t!("assignment.now", value = plain(&now.actual)) }
                    }
                </p>
            </div>
        </li>
    }
}

/// A measured value as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn changes(answer: &Answer) -> Html {
    let value = |value: &Option<String>| value.clone().filter(|v| !v.is_empty()).unwrap_or_else(|| "–".to_owned());
    let one = |change: &Change| {
        html! {
            <li class={classes!("change", (!change.allowed).then_some("is-forbidden"))}>
                <code>{ for change.path.split_inclusive(['_', '.']).map(|word| html! { <>{ word.to_owned() }<wbr /></> }) }</code>
                <span>{ format!("{} → {}", value(&change.original), value(&change.answer)) }</span>
                if !change.allowed {
                    <strong>{ t!("assignment.forbidden") }</strong>
                }
            </li>
        }
    };
    html! {
        <>
            if answer.changes.is_empty() {
                <p class="hint">{ t!("assignment.no-changes") }</p>
            } else {
                <ul class="changes">{ for answer.changes.iter().map(one) }</ul>
            }
            if !answer.left_out.is_empty() {
                <p class="hint">{ t!("assignment.left-out", n = answer.left_out.len()) }</p>
            }
        </>
    }
}

fn verdict(trying: &Trying, current: Option<&Checked>, was_checked: bool, assignment: &Assignment) -> Html {
    let Some(checked) = current else {
        let idle = !matches!(trying, Trying::Going(_));
        return html! { if was_checked && idle { <p class="hint">{ t!("assignment.stale") }</p> } };
    };
    if !checked.answer.is_permitted() {
        return html! { <p class="outcome is-warning">{ t!("assignment.not-run") }</p> };
    }
    match trying {
        Trying::Done(tried) if passed(&tried.outcomes) => {
            html! { <p class="outcome is-met">{ t!("assignment.passed", n = tried.outcomes.len()) }</p> }
        }
        Trying::Done(tried) => {
            let broken = (0..assignment.require.len()).filter(|index| is_broken(&tried.outcomes, *index)).count();
            let all = assignment.require.len();
            html! { <p class="outcome is-warning">{ t!("assignment.failed", n = broken, all = all) }</p> }
        }
        Trying::Failed(_, why) => {
            html! { <p class="outcome is-warning">{ t!("assignment.cannot", why = why) }</p> }
        }
        Trying::Idle | Trying::Going(_) => Html::default(),
    }
}

fn is_broken(outcomes: &[SeedOutcome], index: usize) -> bool {
    outcomes.iter().any(|outcome| outcome.judged.get(index).is_some_and(|one| !one.held))
}

#[derive(Properties, PartialEq)]
struct HandInProps {
    lab: Lab,
    answer: Rc<Answer>,
    outcome: Option<Rc<SeedOutcome>>,
}

/// The link that is handed in.
#[component]
fn HandIn(props: &HandInProps) -> Html {
    let link = use_memo((), |()| {
        let fragment = props.answer.link(props.outcome.as_deref());
        fragment.map(|fragment| share::with_page(&fragment)).map_err(|why| why.to_string())
    });
    let copied = use_state(|| None::<bool>);
    let field = use_node_ref();
    let copy = {
        let (link, copied, field) = (link.clone(), copied.setter(), field.clone());
        Callback::from(move |_: MouseEvent| {
            let (copied, field) = (copied.clone(), field.clone());
            let Ok(link) = &*link else { return };
            let done = move |done: bool| {
                if let Some(field) = field.cast::<HtmlTextAreaElement>().filter(|_| !done) {
                    field.select();
                }
                copied.set(Some(done));
            };
            dom::copy(link, Callback::from(done));
        })
    };
    match &*link {
        Ok(link) => html! {
            <div class="stack is-tight hand-in">
                <label class="caps" for={props.lab.id("hand-in")}>{ t!("assignment.hand-in") }</label>
                <textarea id={props.lab.id("hand-in")} ref={field} class="share-link" rows="2" readonly=true spellcheck="false"
                    value={link.clone()} />
                <div class="run">
                    <button type="button" class="button" onclick={copy}>{ t!("assignment.copy") }</button>
                    <span role="status">{ copied.map(|done| if done { t!("assignment.copied") } else { t!("assignment.selected") }) }</span>
                </div>
            </div>
        },
        Err(why) => html! { <p class="outcome is-warning">{ t!("assignment.no-link", why = why) }</p> },
    }
}

/// Between two looks at how the conditions stand, in milliseconds.
const LOOK_EVERY_MS: u32 = 1_000;
/// A look may take one part in so many of the time.
const LOOK_SHARE: f64 = 30.0;

/// How the conditions stand in the run on the page; looked at while somebody sees it, at a cost that is bounded.
#[hook]
fn use_present(lab: &Lab, task: &Rc<Scenario>, revision: u64, shown: bool) -> Rc<Vec<Judged>> {
    let present = use_state(Rc::<Vec<Judged>>::default);
    let timer = use_mut_ref(|| None::<Timeout>);
    let wait_ms = use_mut_ref(|| 0_u32);
    {
        let (lab, task, present) = (lab.clone(), task.clone(), present.setter());
        use_effect_with((revision, shown), move |_| {
            if !shown || timer.borrow().is_some() {
                return;
            }
            let (again, due_in) = (timer.clone(), *wait_ms.borrow());
            *timer.borrow_mut() = Some(Timeout::new(due_in, move || {
                *again.borrow_mut() = None;
                let began = wall_ms();
                let report = lab.with(|s| s.report());
                let said = serde_json::to_value(&report).unwrap_or_default();
                let names = task.node_names();
                let require = task.assignment.iter().flat_map(|assignment| &assignment.require);
                let judged = require.map(|one| match one.that.judge(&said, &names) {
                    Ok(judgement) => Judged { held: judgement.held, actual: judgement.actual },
                    Err(_) => Judged { held: false, actual: Value::Null },
                });
                present.set(Rc::new(judged.collect()));
                *wait_ms.borrow_mut() = LOOK_EVERY_MS.max(((wall_ms() - began) * LOOK_SHARE) as u32);
            }));
        });
    }
    (*present).clone()
}
