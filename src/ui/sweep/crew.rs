//! Workers: programs like the page's own, each with a memory of its own, that run seeds beside it.

use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, HtmlLinkElement, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::t;

/// The file beside the page: a strict policy forbids workers without one.
const FILE: &str = "sweep-worker.js";
/// The most workers; each has a memory of some ten megabytes.
const MOST: usize = 8;

/// What a worker says.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// It can be asked.
    Ready,
    /// What it was asked for.
    Answer(String),
    /// It has tried so many.
    Tried(u64),
    /// It cannot go on, and why.
    Failed(String),
}

/// Some workers. They end when this does.
pub struct Crew {
    workers: Vec<Hand>,
}

struct Hand {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// How many workers this machine has use for.
#[must_use]
pub fn workers() -> usize {
    let cores = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    (cores as usize).clamp(1, MOST)
}

impl Crew {
    /// Starts workers; `heard` is called with the number of each that says something.
    ///
    /// # Errors
    /// Why there are none.
    pub fn start(size: usize, heard: &Rc<dyn Fn(usize, Heard)>) -> Result<Crew, String> {
        let glue = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.get_element_by_id("app-module"))
            .and_then(|link| link.dyn_into::<HtmlLinkElement>().ok())
            .map(|link| link.href());
        let glue = glue.ok_or_else(|| t!("sweep.no-workers").to_owned())?;
        let workers = (0..size).map(|number| Hand::start(number, &glue, heard)).collect::<Result<_, _>>();
        Ok(Crew { workers: workers.map_err(|_| t!("sweep.no-workers").to_owned())? })
    }

    /// How many there are.
    pub fn size(&self) -> usize {
        self.workers.len()
    }

    /// Asks a worker to call a function.
    pub fn ask(&self, number: usize, call: &str, given: &[JsValue]) {
        let Some(hand) = self.workers.get(number) else { return };
        let given: Array = given.iter().collect();
        let _ = hand.worker.post_message(&object(&[("call", call.into()), ("given", given.into())]));
    }
}

impl Hand {
    fn start(number: usize, glue: &str, heard: &Rc<dyn Fn(usize, Heard)>) -> Result<Hand, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(FILE, &options)?;
        let say = heard.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let part = |name: &str| Reflect::get(&event.data(), &name.into()).unwrap_or_default();
            let value = part("value");
            say(
                number,
                match part("heard").as_string().as_deref() {
                    Some("ready") => Heard::Ready,
                    Some("answer") => Heard::Answer(value.as_string().unwrap_or_default()),
                    Some("tried") => Heard::Tried(value.as_f64().unwrap_or_default() as u64),
                    _ => Heard::Failed(value.as_string().unwrap_or_default()),
                },
            );
        });
        let say = heard.clone();
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            // A file that cannot be loaded says nothing more.
            let why = Some(event.message()).filter(|why| !why.is_empty() && why != "undefined");
            say(number, Heard::Failed(why.unwrap_or_else(|| t!("sweep.no-workers").to_owned())));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        // The page's own module, compiled once for all.
        worker.post_message(&object(&[("module", wasm_bindgen::module()), ("glue", glue.into())]))?;
        Ok(Hand { worker, _on_message: on_message, _on_error: on_error })
    }
}

fn object(parts: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in parts {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}
