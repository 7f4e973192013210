//! The sheet behind the Share button: the run as a link, as a file, and files to open.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlTextAreaElement, MouseEvent};
use yew::prelude::*;

use super::address;
use super::file::{self, OpenScenario};
use crate::engine::time::SimTime;
use crate::scenario::link::{LONG_CHARACTERS, Shared};
use crate::t;
use crate::ui::lab::{Lab, Opening};
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::dom;
use crate::ui::words::clock_parts;

#[derive(Properties, PartialEq)]
pub struct ShareDialogProps {
    pub lab: Lab,
    /// What the run began with.
    pub opening: Rc<Opening>,
    pub open: OpenScenario,
    pub on_close: Callback<()>,
}

/// The run as it was when the sheet was opened.
#[derive(PartialEq)]
struct Taken {
    shared: Shared,
    /// The whole address, or why there is none.
    link: Result<String, String>,
    at: SimTime,
}

impl Taken {
    fn of(lab: &Lab, opening: &Opening) -> Taken {
        let (deeds, moment, hash) = lab.with(|s| (s.deeds().to_vec(), s.moment(), s.trace_hash()));
        let shared = Shared::new(opening.scenario(), deeds, moment, Some(hash));
        let link = shared.fragment().map(|fragment| address::put(&fragment)).map_err(|why| why.to_string());
        Taken { shared, link, at: moment.at }
    }

    fn is_long(&self) -> bool {
        self.link.as_ref().is_ok_and(|link| link.len() > LONG_CHARACTERS)
    }
}

/// The sheet. To open it is to share: the link is in the clipboard, where the browser allows it.
#[component]
pub fn ShareDialog(props: &ShareDialogProps) -> Html {
    let taken = use_memo((), |()| Taken::of(&props.lab, &props.opening));
    // Whether the link was copied, once that is known.
    let copied = use_state(|| None::<bool>);
    let problem = use_state(|| None::<String>);
    let field = use_node_ref();
    let copy = {
        let (taken, copied, field) = (taken.clone(), copied.setter(), field.clone());
        use_callback((), move |_: (), ()| {
            let (copied, field) = (copied.clone(), field.clone());
            let Ok(link) = &taken.link else { return };
            let done = move |done: bool| {
                if let Some(field) = field.cast::<HtmlTextAreaElement>().filter(|_| !done) {
                    field.select();
                }
                copied.set(Some(done));
            };
            dom::copy(link, Callback::from(done));
        })
    };
    {
        let copy = copy.clone();
        use_effect_with((), move |()| copy.emit(()));
    }
    let again = copy.reform(|_: MouseEvent| ());
    let select = Callback::from(|event: FocusEvent| {
        if let Some(field) = event.target_dyn_into::<HtmlTextAreaElement>() {
            field.select();
        }
    });
    let save = {
        let taken = taken.clone();
        Callback::from(move |_: MouseEvent| {
            let name = file::name_of(&taken.shared.scenario.title);
            dom::download(&name, "application/toml", &taken.shared.to_scenario().to_toml());
        })
    };
    let choose = {
        let (open, problem) = (props.open.clone(), problem.setter());
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let problem = problem.clone();
            let done = Callback::from(move |done: Result<(), String>| problem.set(done.err()));
            if let Some(file) = input.files().and_then(|files| files.item(0)) {
                file::open(&file, open.clone(), done);
            }
            // So that the same file can be chosen again when it was mended.
            input.set_value("");
        })
    };
    let id = |name: &str| props.lab.id(name);
    let deeds = taken.shared.deeds.len();
    html! {
        <Dialog title={t!("share.title")} id={id("share")} on_close={props.on_close.clone()}>
            <section class="stack is-tight share-part">
                <p>{ explained(&clock(taken.at), deeds) }</p>
                if let Ok(link) = &taken.link {
                    <label class="caps" for={id("link")}>{ t!("share.link") }</label>
                    <textarea id={id("link")} ref={field} class="share-link" rows="3" readonly=true spellcheck="false" value={link.clone()}
                        onfocus={select} />
                    <div class="run">
                        <button type="button" class="button is-primary" onclick={again}>{ t!("share.copy") }</button>
                        <span role="status">{ said(*copied, link.len()) }</span>
                    </div>
                    if taken.is_long() {
                        <p class="share-warning">{ t!("share.long") }</p>
                    }
                } else if let Err(why) = &taken.link {
                    <p class="share-warning" role="alert">{ t!("share.none", why = why) }</p>
                }
            </section>
            <section class="stack is-tight share-part">
                <h3 class="caps">{ t!("share.file") }</h3>
                <p>{ file_says(deeds) }</p>
                <div class="run">
                    <button type="button" class="button" onclick={save}>{ t!("share.save") }</button>
                </div>
            </section>
            <section class="stack is-tight share-part">
                <h3 class="caps">{ t!("share.open") }</h3>
                <p>{ t!("share.formats") }</p>
                <input id={id("open-file")} class="share-file" type="file" accept=".toml,.json,application/json,application/toml" aria-label={t!("share.choose")}
                    onchange={choose} />
                if let Some(why) = &*problem {
                    <div class="share-problem" role="alert">
                        <p>{ t!("share.problem") }</p>
                        <pre>{ why }</pre>
                    </div>
                }
            </section>
        </Dialog>
    }
}

fn clock(at: SimTime) -> String {
    let (seconds, fraction) = clock_parts(at);
    format!("{seconds}{fraction}")
}

fn explained(at: &str, deeds: usize) -> String {
    match deeds {
        0 => t!("share.explained", at = at),
        1 => t!("share.explained-deed", at = at),
        n => t!("share.explained-deeds", at = at, n = n),
    }
}

fn said(copied: Option<bool>, characters: usize) -> String {
    match copied {
        None => t!("share.length", n = characters),
        Some(true) => t!("share.copied", n = characters),
        Some(false) => t!("share.not-copied", n = characters),
    }
}

/// What a file keeps, and what it does not.
fn file_says(deeds: usize) -> &'static str {
    if deeds == 0 { t!("share.about-file") } else { t!("share.about-file-deeds") }
}
