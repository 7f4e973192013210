//! What JavaScript calls.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use web_sys::Element;
use yew::AppHandle;
use yew::prelude::Callback;

use super::options::{Options, Problem};
use crate::engine::time::SimTime;
use crate::sim::command::{Command, Console};
use crate::ui::lab::{Doom, Lab, Landmark, Snapshot, at_work, at_work_place, living};
use crate::ui::pace::Pace;
use crate::ui::text::{self, Language};
use crate::ui::widget::{Begin, FigureProps, News, Place, PlaceProps, Told, begin_scenario, command, link};

/// Draws the laboratory's page into an element.
#[wasm_bindgen(js_name = startPage)]
pub fn start_page(root: Element) {
    crate::ui::app::start(root);
}

/// Prepares the module for widgets: who is told of a panic (its text and the number of the laboratory at fault).
#[wasm_bindgen(js_name = startWidgets)]
pub fn start_widgets(on_panic: js_sys::Function) {
    yew::set_custom_panic_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        let _ = on_panic.call2(&JsValue::NULL, &info.to_string().into(), &at_work().into());
    }));
}

/// Speaks another language, from the text of its file.
///
/// # Errors
/// What is wrong with the file.
#[wasm_bindgen]
pub fn speak(code: &str, source: &str) -> Result<(), JsValue> {
    let Some(language) = Language::of(code) else { return Ok(()) };
    text::speak(language, source).map_err(|error| error.to_string().into())
}

/// How many laboratories there are in this instance of the module.
#[wasm_bindgen]
pub fn labs() -> u32 {
    living()
}

/// Where in memory the number of the laboratory stands that was at work last: to be read when nothing here can be called any more.
#[wasm_bindgen(js_name = atWorkPlace)]
pub fn place_of_at_work() -> u32 {
    at_work_place() as u32
}

/// A run on its way, and the laboratory that is drawn of it.
#[wasm_bindgen]
pub struct Widget {
    begin: Option<Begin>,
    options: Options,
    problems: Vec<Problem>,
    live: Option<Live>,
}

/// A root of Yew's, and the element that it draws into.
struct Placed {
    element: Element,
    handle: AppHandle<Place>,
}

thread_local! {
    /// Places whose figures are gone, to be used again.
    static FREE: RefCell<Vec<Placed>> = const { RefCell::new(Vec::new()) };
}

impl Placed {
    /// A place inside an element.
    fn take(within: &Element) -> Option<Placed> {
        let placed = FREE.with_borrow_mut(Vec::pop).or_else(|| {
            let element = within.owner_document()?.create_element("div").ok()?;
            element.set_class_name("place");
            let handle = yew::Renderer::<Place>::with_root(element.clone()).render();
            Some(Placed { element, handle })
        })?;
        within.append_child(&placed.element).ok()?;
        Some(placed)
    }

    fn show(&mut self, figure: Option<FigureProps>) {
        self.handle.update(PlaceProps { figure });
    }

    fn give_back(mut self) {
        self.show(None);
        self.element.remove();
        FREE.with_borrow_mut(|free| free.push(self));
    }
}

struct Live {
    lab: Lab,
    place: Placed,
    subscription: u32,
    colours: Cell<(bool, u32)>,
}

#[wasm_bindgen]
impl Widget {
    /// Begins with what an element says: its attributes as a JSON object, and either a scenario's text, with the name of
    /// its file, or a link; `at_us` below zero stands for where the attributes or the link say.
    ///
    /// # Errors
    /// What is wrong with the scenario or the link, in words for its author.
    pub fn begin(
        prefix: String,
        attributes: &str,
        text: &str,
        origin: &str,
        is_link: bool,
        at_us: f64,
    ) -> Result<Widget, JsValue> {
        let (options, problems) = read(attributes);
        let at = if at_us >= 0.0 { Some(SimTime(at_us as u64)) } else { options.at };
        let begin = if is_link {
            Begin::link(prefix, text, at, options.speed)
        } else {
            let opening = begin_scenario(text, origin, options.seed);
            opening.and_then(|opening| Begin::opening(prefix, opening, at, options.speed))
        };
        Ok(Widget { begin: Some(begin?), options, problems, live: None })
    }

    /// What is wrong with the attributes: a JSON list of `{attribute, message}`.
    pub fn problems(&self) -> String {
        problems_json(&self.problems)
    }

    /// Goes on for so many milliseconds; whether the run is where it begins.
    ///
    /// # Errors
    /// When the run is not the one that was shared.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(
        &mut self,
        budget_ms: f64,
        root: &Element,
        dark: bool,
        told: js_sys::Function,
    ) -> Result<bool, JsValue> {
        let Some(begin) = &mut self.begin else { return Ok(true) };
        let Some(lab) = begin.go_on(budget_ms)? else { return Ok(false) };
        self.begin = None;
        let news = Rc::new(News::new(lab.clone(), Box::new(move |one| tell(&told, one))));
        let subscription = {
            let news = news.clone();
            lab.subscribe(Callback::from(move |snapshot: Rc<Snapshot>| news.look(&snapshot)))
        };
        news.look(&lab.snapshot());
        let props = figure(&lab, &self.options, dark, 0);
        let mut place = Placed::take(root).ok_or("the element cannot be drawn into")?;
        place.show(Some(props));
        self.live = Some(Live { lab, place, subscription, colours: Cell::new((dark, 0)) });
        Ok(true)
    }

    /// Takes other attributes and colours while it runs; what is wrong with them, as [`Widget::problems`] says it.
    pub fn configure(&mut self, attributes: &str, dark: bool) -> String {
        let (options, problems) = read(attributes);
        if let Some(live) = &mut self.live {
            let (known, count) = live.colours.get();
            let count = count + u32::from(known != dark);
            live.colours.set((dark, count));
            if let Some(pace) = options.speed.filter(|pace| Some(*pace) != self.options.speed) {
                live.lab.set_pace(pace);
            }
            live.place.show(Some(figure(&live.lab, &options, dark, count)));
        }
        self.options = options;
        self.problems = problems;
        self.problems()
    }

    /// Reads all colours anew, as when a page has set others.
    pub fn recolour(&mut self) {
        if let Some(live) = &mut self.live {
            let (dark, count) = live.colours.get();
            live.colours.set((dark, count + 1));
            live.place.show(Some(figure(&live.lab, &self.options, dark, count + 1)));
        }
    }

    /// The laboratory's number, by which a panic names it; 0 before it is there.
    pub fn number(&self) -> u32 {
        self.live.as_ref().map_or(0, |live| live.lab.number())
    }

    /// Says that what happens next happens to this laboratory.
    pub fn mark(&self) {
        if let Some(live) = &self.live {
            live.lab.mark();
        }
    }

    /// Lets time pass, or stops it.
    #[wasm_bindgen(js_name = setPlaying)]
    pub fn set_playing(&self, playing: bool) {
        if let Some(live) = &self.live {
            live.lab.set_playing(playing);
        }
    }

    /// Sets the pace: a place among all of them.
    #[wasm_bindgen(js_name = setPace)]
    pub fn set_pace(&self, index: usize) {
        if let Some(live) = &self.live {
            live.lab.set_pace(Pace::nth(index));
        }
    }

    /// Rests while nobody can see it.
    #[wasm_bindgen(js_name = setResting)]
    pub fn set_resting(&self, resting: bool) {
        if let Some(live) = &self.live {
            live.lab.set_resting(resting);
        }
    }

    /// Stops time and goes to an instant, in microseconds.
    pub fn seek(&self, at_us: f64) {
        if let Some(live) = &self.live {
            live.lab.seek_now(SimTime(at_us.max(0.0) as u64));
        }
    }

    /// Stops time and goes to the next landmark of a kind, or back to the last; false when there is none.
    pub fn step(&self, kind: &str, back: bool) -> Result<bool, JsValue> {
        let Some(live) = &self.live else { return Ok(false) };
        let landmark = landmark(kind)?;
        Ok(if back { live.lab.previous(landmark) } else { live.lab.next(landmark) })
    }

    /// The instant, in microseconds.
    #[wasm_bindgen(js_name = nowUs)]
    pub fn now_us(&self) -> f64 {
        self.live.as_ref().map_or(0.0, |live| live.lab.now_us())
    }

    /// Runs SQL: as a client (its name, or the first there is), or straight on a server.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn write(&self, sql: &str, client: Option<String>, on: Option<String>) -> Result<(), JsValue> {
        let Some(live) = &self.live else { return Ok(()) };
        let snapshot = live.lab.snapshot();
        let first = || snapshot.view.clients.first().map(|client| client.name.to_string());
        let console = match on {
            Some(node) => Console::On(node.as_str().into()),
            None => {
                let name = client.or_else(first).ok_or("this scenario has no client; say `on` which server")?;
                Console::Client(name.as_str().into())
            }
        };
        Ok(live.lab.act(Command::Sql { console, sql: sql.into() })?)
    }

    /// Does to the cluster what an `[[at]]` of a scenario would, without its time; as JSON.
    ///
    /// # Errors
    /// What is wrong with it, or why it cannot be done.
    pub fn inject(&self, deed: &str) -> Result<(), JsValue> {
        let Some(live) = &self.live else { return Ok(()) };
        let command = command(&live.lab, deed)?;
        Ok(live.lab.act(command)?)
    }

    /// The run as a link's fragment.
    ///
    /// # Errors
    /// When it is too much for a link.
    pub fn link(&self) -> Result<String, JsValue> {
        self.live.as_ref().map_or(Ok(String::new()), |live| link(&live.lab)).map_err(JsValue::from)
    }

    /// What the run came to so far: the report's JSON.
    pub fn report(&self) -> String {
        let Some(live) = &self.live else { return "null".to_owned() };
        // By way of a value, as everybody else has it: code for texts as well would be twice as much.
        serde_json::to_value(live.lab.with(|s| s.report())).map(|report| report.to_string()).unwrap_or_default()
    }

    /// Makes the next frame end the program (`panic`, `stack` or `memory`): for tests of what a page does then.
    #[wasm_bindgen(js_name = panicForTest)]
    pub fn panic_for_test(&self, how: &str) {
        if let (Some(live), Some(doom)) = (&self.live, Doom::of(how)) {
            live.lab.doom(doom);
        }
    }

    /// Ends it: nothing of it is left in the element or in memory.
    pub fn destroy(self) {
        if let Some(live) = self.live {
            live.lab.unsubscribe(live.subscription);
            live.lab.close();
            live.place.give_back();
        }
    }
}

fn figure(lab: &Lab, options: &Options, dark: bool, colours: u32) -> FigureProps {
    FigureProps {
        lab: lab.clone(),
        transport: options.controls != "none",
        instrument: if options.instrument == "none" { "" } else { options.instrument },
        instruments: options.controls == "full",
        dark,
        colours,
    }
}

fn landmark(kind: &str) -> Result<Landmark, String> {
    const KINDS: [&str; 6] = ["event", "commit", "acknowledgement", "fault", "promotion", "violation"];
    let place = KINDS.iter().position(|one| *one == kind);
    let found = place.and_then(|place| Landmark::ALL.get(place).copied());
    found.ok_or_else(|| format!("a step goes to one of {}, not to \"{kind}\"", KINDS.join(", ")))
}

fn read(attributes: &str) -> (Options, Vec<Problem>) {
    let Ok(Value::Object(all)) = serde_json::from_str(attributes) else { return Options::read([]) };
    Options::read(all.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))))
}

fn problems_json(problems: &[Problem]) -> String {
    let one = |problem: &Problem| json!({ "attribute": problem.attribute, "message": problem.message });
    Value::Array(problems.iter().map(one).collect()).to_string()
}

/// Hands a piece of news to JavaScript: its kind and its JSON.
fn tell(told: &js_sys::Function, one: Told) {
    let (kind, detail) = match one {
        Told::Stands { at_us, playing, pace } => {
            // Several a second: no JSON.
            let _ = told.call4(&JsValue::NULL, &"stands".into(), &at_us.into(), &playing.into(), &(pace as u32).into());
            return;
        }
        Told::Link(link) => ("link", Value::String(link)),
        Told::Event { number, at_us, trouble, text } => {
            let kind = if trouble { "trouble" } else { "mark" };
            ("event", json!({ "number": number, "at_ms": at_us as f64 / 1000.0, "kind": kind, "text": text }))
        }
        Told::Violation(finding) => {
            let at_ms = finding.at.0 as f64 / 1000.0;
            let kind = finding.kind.name();
            ("violation", json!({ "kind": kind, "at_ms": at_ms, "detail": finding.detail, "event": finding.event }))
        }
    };
    let _ = told.call2(&JsValue::NULL, &kind.into(), &detail.to_string().into());
}
