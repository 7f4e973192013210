//! The sheet in which scenarios are made: from the run, and as text.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{HtmlInputElement, MouseEvent};
use yew::prelude::*;

use super::compose::Compose;
use super::draft::{self, Draft};
use super::editor::{Editor, go_to};
use super::trial::outcome;
use crate::order::OrderedSet;
use crate::scenario::assignment::Attempt;
use crate::scenario::{Format, Problem, Problems, Scenario};
use crate::t;
use crate::ui::attempt::{Trying, use_trials};
use crate::ui::lab::{Lab, Opening};
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::dom;
use crate::ui::parts::tabs::{Tab, Tabs, panel_id, tab_id};
use crate::ui::share::{OpenScenario, file_name, read_text};

#[derive(Properties, PartialEq)]
pub struct AuthorDialogProps {
    pub lab: Lab,
    pub opening: Rc<Opening>,
    pub open: OpenScenario,
    pub on_close: Callback<()>,
}

const RUN: &str = "run";
const TEXT: &str = "text";
/// How long nobody types before the text is read.
const PAUSE_MS: u32 = 250;

/// What was read of the text.
#[derive(Clone, PartialEq)]
enum Reading {
    Sound(Rc<Scenario>),
    Wrong(Vec<Problem>),
}

impl Reading {
    fn of(text: &str) -> Reading {
        match Scenario::parse(text, Format::of(text), "") {
            Ok(scenario) => Reading::Sound(Rc::new(scenario)),
            Err(Problems { list, .. }) => Reading::Wrong(list),
        }
    }
}

/// The sheet.
#[component]
pub fn AuthorDialog(props: &AuthorDialogProps) -> Html {
    let tab = use_state(|| if draft::recall().is_some_and(|draft| draft.is_unsaved()) { TEXT } else { RUN });
    let draft = use_state(|| {
        draft::recall().unwrap_or_else(|| {
            let text = props.opening.scenario().to_toml();
            Draft { safe: text.clone(), text }
        })
    });
    let reading = use_state(|| Reading::of(&draft.text));
    let timer = use_mut_ref(|| None::<Timeout>);
    // A text that waits for leave to take the place of one that nobody has saved.
    let waiting = use_state(|| None::<AttrValue>);
    let problem = use_state(|| None::<AttrValue>);
    let field = use_node_ref();
    let (trying, trials) = use_trials();
    let put = {
        let (draft, reading, timer, trials) = (draft.setter(), reading.setter(), timer.clone(), trials.clone());
        move |next: Draft, at_once: bool| {
            draft::keep(&next);
            trials.stop();
            let (reading, text) = (reading.clone(), next.text.clone());
            let read = move || reading.set(Reading::of(&text));
            if at_once {
                *timer.borrow_mut() = None;
                read();
            } else {
                *timer.borrow_mut() = Some(Timeout::new(PAUSE_MS, read));
            }
            draft.set(next);
        }
    };
    let on_text = {
        let (put, draft, problem) = (put.clone(), draft.clone(), problem.setter());
        Callback::from(move |text: String| {
            problem.set(None);
            put(Draft { text, safe: draft.safe.clone() }, false);
        })
    };
    // Another text: at once where nothing is lost.
    let replace = {
        let (put, draft, waiting, tab) = (put.clone(), draft.clone(), waiting.setter(), tab.setter());
        Callback::from(move |text: String| {
            tab.set(TEXT);
            if draft.is_unsaved() && draft.text != text {
                waiting.set(Some(text.into()));
            } else {
                put(Draft { safe: String::new(), text }, true);
            }
        })
    };
    let allow = {
        let (put, waiting) = (put.clone(), waiting.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(text) = &*waiting {
                put(Draft { safe: String::new(), text: text.to_string() }, true);
            }
            waiting.set(None);
        })
    };
    let keep = {
        let waiting = waiting.setter();
        Callback::from(move |_: MouseEvent| waiting.set(None))
    };
    let save = {
        let (put, draft, reading) = (put.clone(), draft.clone(), reading.clone());
        Callback::from(move |_: MouseEvent| {
            let title = match &*reading {
                Reading::Sound(scenario) => scenario.title.clone(),
                Reading::Wrong(_) => String::new(),
            };
            let json = Format::of(&draft.text) == Format::Json;
            let name = file_name(&title);
            let (name, kind) = match json {
                true => (name.replace(".toml", ".json"), "application/json"),
                false => (name, "application/toml"),
            };
            dom::download(&name, kind, &draft.text);
            put(Draft { text: draft.text.clone(), safe: draft.text.clone() }, true);
        })
    };
    let run = {
        let (open, draft, problem, reading) = (props.open.clone(), draft.clone(), problem.setter(), reading.setter());
        Callback::from(move |_: MouseEvent| match Reading::of(&draft.text) {
            Reading::Sound(scenario) => {
                if let Err(why) = open.emit((*scenario).clone()) {
                    problem.set(Some(why.into()));
                }
            }
            wrong => reading.set(wrong),
        })
    };
    let check = {
        let (trials, draft, reading) = (trials.clone(), draft.clone(), reading.setter());
        Callback::from(move |_: MouseEvent| {
            let read = Reading::of(&draft.text);
            if let Reading::Sound(scenario) = &read {
                trials.begin(Attempt::of_expectations(scenario));
            }
            reading.set(read);
        })
    };
    let stop = {
        let trials = trials.clone();
        Callback::from(move |_: MouseEvent| trials.stop())
    };
    let choose = {
        let (replace, problem) = (replace.clone(), problem.setter());
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let (replace, problem) = (replace.clone(), problem.clone());
            let done = Callback::from(move |text: Result<String, String>| match text {
                Ok(text) => replace.emit(text),
                Err(why) => problem.set(Some(why.into())),
            });
            if let Some(file) = input.files().and_then(|files| files.item(0)) {
                read_text(&file, done);
            }
            input.set_value("");
        })
    };
    let on_tab = {
        let tab = tab.setter();
        Callback::from(move |key| tab.set(key))
    };
    let prefix = AttrValue::from(props.lab.id("author"));
    let tabs = vec![
        Tab { key: RUN, label: t!("author.tab-run").into() },
        Tab { key: TEXT, label: t!("author.tab-text").into() },
    ];
    let scenario = match &*reading {
        Reading::Sound(scenario) => Some(scenario.clone()),
        Reading::Wrong(_) => None,
    };
    let marked: OrderedSet<u32> = match &*reading {
        Reading::Sound(_) => OrderedSet::new(),
        Reading::Wrong(list) => list.iter().filter_map(|problem| problem.line).collect(),
    };
    let sound = scenario.is_some();
    let problems = props.lab.id("author-problems");
    html! {
        <Dialog title={t!("author.heading")} id={props.lab.id("author-heading")} on_close={props.on_close.clone()}>
            <div class="author">
                <Tabs label={t!("author.heading")} prefix={prefix.clone()} {tabs} chosen={*tab} on_choose={on_tab} />
                <div role="tabpanel" id={panel_id(&prefix, RUN)} aria-labelledby={tab_id(&prefix, RUN)} hidden={*tab != RUN}>
                    <Compose lab={props.lab.clone()} opening={props.opening.clone()} on_text={replace} />
                </div>
                <div role="tabpanel" class="stack is-tight" id={panel_id(&prefix, TEXT)} aria-labelledby={tab_id(&prefix, TEXT)} hidden={*tab != TEXT}>
                    if waiting.is_some() {
                        <div class="author-ask" role="alertdialog" aria-label={t!("author.unsaved")}>
                            <p>{ t!("author.unsaved") }</p>
                            <div class="run">
                                <button type="button" class="button" onclick={keep}>{ t!("author.keep") }</button>
                                <button type="button" class="button" onclick={allow}>{ t!("author.replace") }</button>
                            </div>
                        </div>
                    }
                    <div class="author-bar">
                        <button type="button" class="button is-primary" disabled={!sound} onclick={run}>{ t!("author.open") }</button>
                        if let Trying::Going(percent) = &trying {
                            <button type="button" class="button" onclick={stop}>{ t!("author.stop", n = percent) }</button>
                        } else {
                            <button type="button" class="button" disabled={!sound} onclick={check}>{ t!("author.check") }</button>
                        }
                        <button type="button" class="button" onclick={save}>{ t!("author.save") }</button>
                        <label class="button author-file">
                            { t!("author.open-file") }
                            <input type="file" class="unseen" accept=".toml,.json,application/json,application/toml" onchange={choose} />
                        </label>
                    </div>
                    <Editor id={props.lab.id("author-text")} label={t!("author.text-label")} text={draft.text.clone()} {marked}
                        field={field.clone()} {on_text} described_by={problems.clone()} />
                    <div id={problems} class="author-says" role="status">
                        { says(&reading, &field) }
                    </div>
                    if let Some(why) = &*problem {
                        <pre class="outcome is-warning author-problem" role="alert">{ why.clone() }</pre>
                    }
                    if let Trying::Failed(index, why) = &trying {
                        <p class="outcome is-warning" role="alert">{ failed(*index, why) }</p>
                    }
                    { outcome(&trying, scenario.as_ref()) }
                </div>
            </div>
        </Dialog>
    }
}

/// What is wrong with the text, with line and key; or that it is sound.
fn says(reading: &Reading, field: &NodeRef) -> Html {
    match reading {
        Reading::Sound(scenario) => html! {
            <p class="outcome is-met">{ t!("author.sound", n = scenario.expect.len()) }</p>
        },
        Reading::Wrong(list) => {
            let one = |problem: &Problem| {
                let place = match (problem.line, problem.path.is_empty()) {
                    (Some(line), true) => t!("author.line", n = line),
                    (Some(line), false) => format!("{} · {}", t!("author.line", n = line), problem.path),
                    (None, _) => problem.path.clone(),
                };
                let go = {
                    let (field, line) = (field.clone(), problem.line);
                    Callback::from(move |_: MouseEvent| line.into_iter().for_each(|line| go_to(&field, line)))
                };
                html! {
                    <li>
                        <button type="button" class="author-mistake" onclick={go}>
                            <strong>{ place }</strong>
                            <span>{ problem.message.clone() }</span>
                        </button>
                    </li>
                }
            };
            html! { <ul class="author-mistakes">{ for list.iter().map(one) }</ul> }
        }
    }
}

fn failed(index: Option<usize>, why: &AttrValue) -> String {
    match index {
        Some(index) => format!("expect[{index}].that: {why}"),
        None => why.to_string(),
    }
}
