//! What is to be drawn on canvases is written down, and drawn beside the page's thread: www/paint-worker.js does it. Where
//! there may be no worker, the same file is a script of the page; a widget has it in lab.js.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Float32Array, Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlCanvasElement, Worker};

/// The file beside the page: a strict policy forbids workers without one.
const FILE: &str = "paint-worker.js";
/// What it is called as a script of the page.
const PAINT: &str = "replicationLabPaint";

/// A worker says each time when it has done so much more.
const SAYS_EACH: u32 = 4;
/// Whoever is so far behind is told nothing more.
const FAR_BEHIND: u32 = 8;
/// A worker that has said nothing for so many frames says nothing any more. Frames, not time: a machine sleeps, too.
const PATIENCE: u32 = 300;
/// How many modules call it.
const MODULES: &str = "modules";

/// The page's one painter.
struct Painter {
    worker: Option<Worker>,
    /// Whether the worker draws, or else the page; `None` while that is not known.
    beside: Rc<Cell<Option<bool>>>,
    /// What the worker was told and has not done, as far as is known: it says when it has done so many more.
    behind: Rc<Cell<u32>>,
    /// For how many frames nothing more could be told.
    waited: Rc<Cell<u32>>,
    /// Whether the worker was given up.
    gone: Rc<Cell<bool>>,
    canvases: Cell<u32>,
}

thread_local! {
    static PAINTER: Painter = Painter::start();
}

impl Painter {
    fn start() -> Painter {
        let beside = Rc::new(Cell::new(None));
        let has = |name: &str| Reflect::has(&js_sys::global(), &name.into()) == Ok(true);
        let worker = (has("OffscreenCanvas") && !has(PAINT)).then(|| Worker::new(FILE).ok()).flatten();
        let behind = Rc::new(Cell::new(0_u32));
        let (waited, gone) = (Rc::new(Cell::new(0_u32)), Rc::new(Cell::new(false)));
        let heard = {
            let (beside, behind, waited, gone) = (beside.clone(), behind.clone(), waited.clone(), gone.clone());
            move |does: bool| {
                if gone.get() {
                } else if does {
                    beside.set(Some(true));
                    behind.set(behind.get().saturating_sub(SAYS_EACH));
                } else if beside.get().is_none() {
                    script(&beside);
                } else {
                    // It is given up with the next frame.
                    behind.set(FAR_BEHIND);
                    waited.set(PATIENCE);
                }
            }
        };
        match &worker {
            Some(worker) => {
                for (event, does) in [("message", true), ("error", false)] {
                    let heard = heard.clone();
                    listen(worker, event, move || heard(does));
                }
            }
            None if has(PAINT) => beside.set(Some(false)),
            None => heard(false),
        }
        // Several modules of one page share the script, and not the numbers.
        let paint = Reflect::get(&js_sys::global(), &PAINT.into()).unwrap_or_default();
        let before = Reflect::get(&paint, &MODULES.into()).ok().and_then(|n| n.as_f64()).unwrap_or_default();
        let _ = Reflect::set(&paint, &MODULES.into(), &(before + 1.0).into());
        Painter { worker, beside, behind, waited, gone, canvases: Cell::new((before as u32 % 256) << 16) }
    }

    fn ready(&self) -> bool {
        let free = self.behind.get() < FAR_BEHIND;
        self.waited.set(if free { 0 } else { self.waited.get() + 1 });
        if self.waited.get() > PATIENCE {
            // From now on the page draws, on canvases of its own: a worker never gives back what it was given.
            self.worker.iter().for_each(Worker::terminate);
            self.gone.set(true);
            self.beside.set(None);
            self.behind.set(0);
            script(&self.beside);
        }
        free && self.beside.get().is_some()
    }

    fn tell(&self, number: u32, what: &JsValue, words: &str, moved: &Array) {
        let message = Array::of3(&number.into(), what, &words.into());
        match &self.worker {
            Some(worker) if self.beside.get() == Some(true) => {
                self.behind.set(self.behind.get() + 1);
                let _ = worker.post_message_with_transfer(&message, moved);
            }
            _ => {
                let paint = Reflect::get(&js_sys::global(), &PAINT.into()).unwrap_or_default();
                let _ = paint.dyn_into::<Function>().and_then(|paint| paint.call1(&JsValue::NULL, &message));
            }
        }
    }
}

/// Loads the file as a script of the page; then the page draws.
fn script(beside: &Rc<Cell<Option<bool>>>) {
    let load = || {
        let document = web_sys::window()?.document()?;
        let script = document.create_element("script").ok()?;
        script.set_attribute("src", FILE).ok()?;
        for event in ["load", "error"] {
            let beside = beside.clone();
            listen(&script, event, move || beside.set(Some(false)));
        }
        document.document_element()?.append_child(&script).ok()
    };
    if load().is_none() {
        beside.set(Some(false));
    }
}

/// For as long as the page lives.
fn listen(target: &web_sys::EventTarget, event: &str, heard: impl FnMut() + 'static) {
    let heard = Closure::<dyn FnMut()>::new(heard);
    let _ = target.add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
    heard.forget();
}

/// Whether anything can be drawn: not before the painter is there, nor while it has too much to do.
#[must_use]
pub fn ready() -> bool {
    PAINTER.with(Painter::ready)
}

/// The key of canvases: when the worker is given up, others take their places.
#[must_use]
pub fn key() -> &'static str {
    PAINTER.with(|painter| if painter.gone.get() { "page" } else { "beside" })
}

/// How many pixels of the screen one of the page's is.
#[must_use]
pub fn ratio() -> f64 {
    web_sys::window().map_or(1.0, |w| w.device_pixel_ratio()).clamp(1.0, 2.5)
}

/// What is written for one canvas. The numbers of the deeds are their places in www/paint-worker.js.
pub struct Ink {
    number: u32,
    canvas: Option<HtmlCanvasElement>,
    of: &'static str,
    deeds: RefCell<Vec<f32>>,
    words: RefCell<Vec<String>>,
}

impl Ink {
    /// For a canvas of the page, once [`ready`]; or for a picture that nobody sees, to be copied.
    #[must_use]
    pub fn new(canvas: Option<&HtmlCanvasElement>) -> Ink {
        let number = PAINTER.with(|painter| {
            let number = painter.canvases.replace(painter.canvases.get() + 1);
            if let Some(canvas) = canvas {
                if painter.beside.get() == Some(true) {
                    if let Ok(given) = canvas.transfer_control_to_offscreen() {
                        painter.tell(number, &given, "", &Array::of1(&given));
                    }
                } else {
                    painter.tell(number, canvas, "", &Array::new());
                }
            }
            number
        });
        Ink { number, canvas: canvas.cloned(), of: key(), deeds: RefCell::default(), words: RefCell::default() }
    }

    /// Whether what is written still comes to this canvas.
    #[must_use]
    pub fn is_for(&self, canvas: &HtmlCanvasElement) -> bool {
        self.canvas.as_ref() == Some(canvas) && self.of == key()
    }

    /// Begins to write, for a canvas of so many pixels, so many of which are one of the page's.
    pub fn begin(&self, (w, h): (u32, u32), pixels: f64) {
        self.deeds.borrow_mut().clear();
        self.words.borrow_mut().clear();
        self.write(&[f64::from(w), f64::from(h), pixels]);
    }

    /// Has what was written drawn.
    pub fn show(&self) {
        let deeds = Float32Array::from(&**self.deeds.borrow());
        let words = self.words.borrow().join("\n");
        PAINTER.with(|painter| painter.tell(self.number, &deeds, &words, &Array::new()));
    }

    /// Writes a deed and its numbers.
    pub fn write(&self, numbers: &[f64]) {
        self.deeds.borrow_mut().extend(numbers.iter().map(|number| *number as f32));
    }

    /// The number of a word.
    pub fn word(&self, word: &str) -> f64 {
        let mut words = self.words.borrow_mut();
        let known = words.iter().position(|known| known == word);
        known.unwrap_or_else(|| {
            // Words are told apart by line feeds.
            words.push(word.replace('\n', " "));
            words.len() - 1
        }) as f64
    }

    /// Takes everything away.
    pub fn clear(&self) {
        self.write(&[0.0]);
    }

    /// A new path.
    pub fn path(&self) {
        self.write(&[1.0]);
    }

    /// A whole circle, beside what the path has.
    pub fn circle(&self, x: f64, y: f64, radius: f64) {
        self.write(&[5.0, x, y, radius]);
    }

    /// A rectangle with round corners, beside what the path has.
    pub fn rect(&self, x: f64, y: f64, (w, h): (f64, f64), radius: f64) {
        self.write(&[6.0, x, y, w, h, radius]);
    }

    /// Fills the path.
    pub fn fill(&self, colour: &str) {
        self.write(&[7.0, self.word(colour)]);
    }

    /// The colour and width of the lines that follow.
    pub fn pen(&self, colour: &str, width: f64) {
        self.write(&[11.0, self.word(colour), width]);
    }

    /// A line of its own between two points.
    pub fn line(&self, [x1, y1, x2, y2]: [f64; 4]) {
        self.write(&[12.0, x1, y1, x2, y2]);
    }

    /// How the lines that follow are broken: a stroke and a gap, or not at all.
    pub fn dash(&self, pattern: &[f64]) {
        let part = |n: usize| pattern.get(n).copied().unwrap_or(0.0);
        self.write(&[13.0, part(0), part(1)]);
    }

    /// How strong what follows is, from 0 to 1.
    pub fn fade(&self, strength: f64) {
        self.write(&[9.0, strength]);
    }

    /// Words at a point, on a ground so wide.
    pub fn say(&self, text: &str, (x, y): (f64, f64), looks: [&str; 3], (ground, wide): (&str, f64), colour: &str) {
        let [font, align, baseline] = looks.map(|word| self.word(word));
        self.write(&[14.0, self.word(text), x, y, font, align, baseline, self.word(ground), wide, self.word(colour)]);
    }

    /// Copies of another picture what is from `from` on to `to`, so wide and high.
    pub fn copy(&self, other: &Ink, from: f64, to: f64, (w, h): (f64, f64)) {
        self.write(&[15.0, f64::from(other.number), from, to, w, h]);
    }
}

impl Drop for Ink {
    fn drop(&mut self) {
        PAINTER.with(|painter| painter.tell(self.number, &JsValue::NULL, "", &Array::new()));
    }
}
