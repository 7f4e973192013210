//! Scenarios as files that somebody chooses, drops, or saves.

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::{DragEvent, File};
use yew::prelude::*;

use crate::scenario::{Format, Scenario};
use crate::t;

/// Opens a scenario in place of what runs, or says why not; then nothing has changed.
pub type OpenScenario = Callback<Scenario, Result<(), String>>;

/// No scenario is larger.
const MOST_BYTES: f64 = 1_048_576.0;

/// Reads a file and opens the scenario in it.
pub(super) fn open(file: &File, open: OpenScenario, done: Callback<Result<(), String>>) {
    let name = file.name();
    let read = move |text: Result<String, String>| done.emit(text.and_then(|text| open.emit(parse(&name, &text)?)));
    read_text(file, Callback::from(read));
}

/// Reads a file that may be a scenario.
pub fn read_text(file: &File, done: Callback<Result<String, String>>) {
    let name = file.name();
    if file.size() > MOST_BYTES {
        return done.emit(Err(t!("share.too-large", name = name)));
    }
    let failed = {
        let done = done.clone();
        move |_: JsValue| done.emit(Err(t!("share.unreadable", name = name)))
    };
    let read = move |text: JsValue| done.emit(Ok(text.as_string().unwrap_or_default()));
    // One of the two is called, once; the other is a few bytes that stay.
    let (read, failed) = (Closure::once(read), Closure::once(failed));
    let _ = file.text().then2(&read, &failed);
    read.forget();
    failed.forget();
}

fn parse(name: &str, text: &str) -> Result<Scenario, String> {
    let mut scenario = Scenario::parse(text, Format::of(text), name).map_err(|problems| problems.to_string())?;
    if scenario.title.is_empty() {
        name.clone_into(&mut scenario.title);
    }
    Ok(scenario)
}

/// A name for a scenario's file, made from its title.
pub fn name_of(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").to_ascii_lowercase().chars().take(60).collect();
    format!("{}.toml", if name.is_empty() { "scenario" } else { &name })
}

#[derive(Properties, PartialEq)]
pub struct DropZoneProps {
    pub open: OpenScenario,
    /// Told why a file could not be opened.
    pub on_problem: Callback<String>,
}

/// Lets files be dropped anywhere on the page, and covers it while one hovers.
#[component]
pub fn DropZone(props: &DropZoneProps) -> Html {
    let hovering = use_state(|| false);
    let latest = use_mut_ref(|| None::<(OpenScenario, Callback<String>)>);
    *latest.borrow_mut() = Some((props.open.clone(), props.on_problem.clone()));
    {
        let hovering = hovering.setter();
        use_effect_with((), move |()| {
            let on = move |event: DragEvent| {
                let Some(transfer) = event.data_transfer() else { return };
                // Text that is dragged belongs to the field that it is dropped on.
                if !transfer.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files")) {
                    return;
                }
                match event.type_().as_str() {
                    "dragleave" => hovering.set(event.related_target().is_some()),
                    "drop" => {
                        event.prevent_default();
                        hovering.set(false);
                        let file = transfer.files().and_then(|files| files.item(0));
                        if let (Some(file), Some((to, on_problem))) = (file, latest.borrow().clone()) {
                            let done = move |done: Result<(), String>| {
                                done.err().into_iter().for_each(|why| on_problem.emit(why))
                            };
                            open(&file, to, Callback::from(done));
                        }
                    }
                    _ => {
                        event.prevent_default();
                        hovering.set(true);
                    }
                }
            };
            let listener = Closure::<dyn FnMut(DragEvent)>::new(on);
            let document = web_sys::window().and_then(|w| w.document());
            let kinds = ["dragenter", "dragover", "dragleave", "drop"];
            let function: &js_sys::Function = wasm_bindgen::JsCast::unchecked_ref(listener.as_ref());
            if let Some(document) = &document {
                for kind in kinds {
                    let _ = document.add_event_listener_with_callback(kind, function);
                }
            }
            move || {
                let function: &js_sys::Function = wasm_bindgen::JsCast::unchecked_ref(listener.as_ref());
                if let Some(document) = &document {
                    for kind in kinds {
                        let _ = document.remove_event_listener_with_callback(kind, function);
                    }
                }
            }
        });
    }
    html! {
        if *hovering {
            <div class="drop-zone" aria-hidden="true"><p>{ t!("share.drop") }</p></div>
        }
    }
}
