//! Presenter mode: the stage and the transport for a projector, large, with captions of what happens and single keys for
//! every step. It is remembered while the page is open.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, KeyboardEvent, MouseEvent};
use yew::prelude::*;

use crate::engine::message::MessageKind;
use crate::t;
use crate::ui::lab::{Entry, Lab, Landmark, Snapshot};
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::transport::Jump;
use crate::ui::words::{Category, Weight, names_in, sentence};

/// How the presenter has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Presenting {
    /// Whether the mode is on.
    pub on: bool,
    /// Whether the screen is blank.
    pub blank: bool,
    /// Whether what happens is told in large letters.
    pub captions: bool,
    /// The instrument below the stage, counted from 1; none without one.
    pub instrument: Option<u8>,
}

const OFF: Presenting = Presenting { on: false, blank: false, captions: true, instrument: None };

thread_local! {
    static REMEMBERED: Cell<Presenting> = const { Cell::new(OFF) };
}

/// The mode, and what changes it.
#[hook]
pub fn use_presenter() -> (Presenting, Callback<Presenting>) {
    let state = use_state_eq(|| REMEMBERED.get());
    let change = {
        let setter = state.setter();
        use_callback((), move |to: Presenting, ()| {
            let was = REMEMBERED.replace(to).on;
            if was != to.on {
                full_screen(to.on);
            }
            setter.set(to);
        })
    };
    {
        // Whoever leaves the full screen by the browser's own way leaves the mode with it.
        let change = change.clone();
        use_effect_with((), move |()| {
            let was_full = Cell::new(is_full_screen());
            let listener = Closure::<dyn FnMut(Event)>::new(move |_| {
                let (was, now) = (was_full.replace(is_full_screen()), REMEMBERED.get());
                if was && !is_full_screen() && now.on {
                    change.emit(Presenting { on: false, blank: false, ..now });
                }
            });
            let document = web_sys::window().and_then(|w| w.document());
            let name = "fullscreenchange";
            if let Some(document) = &document {
                let _ = document.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            }
            move || {
                if let Some(document) = document {
                    let _ = document.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
                }
            }
        });
    }
    use_effect_with(state.on, |on| {
        // Who had scrolled down sees all of it, too.
        if let Some(window) = web_sys::window().filter(|_| *on) {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
    (*state, change)
}

fn is_full_screen() -> bool {
    let document = web_sys::window().and_then(|w| w.document());
    let element = document.and_then(|d| js_sys::Reflect::get(&d, &"fullscreenElement".into()).ok());
    element.is_some_and(|element| element.is_object())
}

/// Asks for the whole screen, or gives it back. A browser that does not let a page have it says no, and that is all.
fn full_screen(wanted: bool) {
    let Some(document) = web_sys::window().and_then(|w| w.document()) else { return };
    if wanted == is_full_screen() {
        return;
    }
    let (of, name): (JsValue, &str) = match (wanted, document.document_element()) {
        (true, Some(root)) => (root.into(), "requestFullscreen"),
        (true, None) => return,
        (false, _) => (document.into(), "exitFullscreen"),
    };
    let function = js_sys::Reflect::get(&of, &name.into()).ok().and_then(|f| f.dyn_into::<js_sys::Function>().ok());
    let promise = function.and_then(|function| function.call0(&of).ok());
    if let Some(promise) = promise.and_then(|promise| promise.dyn_into::<js_sys::Promise>().ok()) {
        let refused = Closure::once(|_: JsValue| {});
        let _ = promise.catch(&refused);
        // Called at most once, and a few bytes.
        refused.forget();
    }
}

/// Carries a key out; whether it was one of the mode's.
pub fn key(event: &KeyboardEvent, now: Presenting, change: &Callback<Presenting>, on_jump: &dyn Fn(Jump)) -> bool {
    let to = |to: Presenting| {
        change.emit(to);
        true
    };
    let key = event.key();
    if !now.on {
        return key == "p" && to(Presenting { on: true, blank: false, ..now });
    }
    match key.as_str() {
        "Escape" if now.blank => to(Presenting { blank: false, ..now }),
        "Escape" | "p" => to(Presenting { on: false, blank: false, ..now }),
        "b" => to(Presenting { blank: !now.blank, ..now }),
        "c" => to(Presenting { captions: !now.captions, ..now }),
        "f" => {
            full_screen(!is_full_screen());
            true
        }
        "n" | "PageDown" => {
            on_jump(Jump::On);
            true
        }
        "N" | "PageUp" => {
            on_jump(Jump::Back);
            true
        }
        "0" => to(Presenting { instrument: None, ..now }),
        digit => match digit.parse::<u8>() {
            Ok(number @ 1..=8) => to(Presenting { instrument: Some(number), ..now }),
            _ => false,
        },
    }
}

#[derive(Properties)]
pub struct BandProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    /// What the steps lead to: every event is told then.
    pub landmark: Landmark,
    pub presenting: Presenting,
    pub change: Callback<Presenting>,
}

impl PartialEq for BandProps {
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab
            && self.presenting == other.presenting
            && self.landmark == other.landmark
            && self.snapshot.event_revision == other.snapshot.event_revision
            && self.snapshot.playing == other.snapshot.playing
    }
}

/// A caption stands for so long at least, in milliseconds, and so much longer for each letter.
const STANDS_MS: u32 = 1_400;
const LETTER_MS: u32 = 28;
/// More captions than these do not wait: the oldest are left out.
const WAITING: usize = 3;
/// So many events are looked through for captions.
const LOOKED_AT: usize = 400;

/// Captions that wait to be told.
#[derive(Default)]
struct Queue {
    /// The first event that was not looked at.
    next: u64,
    jumps: Option<u64>,
    waiting: VecDeque<(String, Weight)>,
    timer: Option<Timeout>,
}

/// The band below the stage: captions, and what the mode can do for whoever has a mouse.
#[component]
pub fn Band(props: &BandProps) -> Html {
    let said = use_state_eq(|| (String::new(), Weight::Normal));
    let queue = use_mut_ref(Queue::default);
    let due = use_state(|| 0_u32);
    {
        let (lab, said, queue, due) = (props.lab.clone(), said.setter(), queue.clone(), due.clone());
        let (snapshot, landmark, count) = (props.snapshot.clone(), props.landmark, *due);
        use_effect_with((snapshot.event_revision, snapshot.playing, count), move |_| {
            let mut queue = queue.borrow_mut();
            let known = queue.jumps.replace(snapshot.jumps);
            let jumped = known != Some(snapshot.jumps);
            if jumped {
                (queue.next, queue.timer) = (0, None);
                queue.waiting.clear();
            }
            let still = !snapshot.playing;
            let fresh = lab.with(|s| s.watch().newest(queue.next, LOOKED_AT));
            queue.next = fresh.iter().map(|entry| entry.number + 1).max().unwrap_or(queue.next);
            let worth = |worth: Worth| {
                let snapshot = snapshot.clone();
                move |entry: &Entry| tells(entry, &snapshot, worth)
            };
            if still {
                // What happened last is what there is to say: of all, where the steps lead to all.
                let all = if landmark == Landmark::Event { Worth::Step } else { Worth::Ordinary };
                if let Some(caption) = fresh.iter().rev().find_map(worth(all)) {
                    queue.waiting.clear();
                    queue.timer = None;
                    said.set(caption);
                }
                return;
            }
            if known.is_some() {
                queue.waiting.extend(fresh.iter().filter_map(worth(Worth::News)));
            }
            let too_many = queue.waiting.len().saturating_sub(WAITING);
            queue.waiting.drain(..too_many);
            if queue.timer.is_some() {
                return;
            }
            // Where there is no news, one of what always happens stands for all of it.
            let next = queue.waiting.pop_front();
            if let Some(caption) = next.or_else(|| fresh.iter().rev().find_map(worth(Worth::Ordinary))) {
                let stands = STANDS_MS + LETTER_MS * caption.0.chars().count() as u32;
                said.set(caption);
                let again = due.setter();
                queue.timer = Some(Timeout::new(stands, move || again.set(count.wrapping_add(1))));
            }
        });
    }
    {
        // The caption has stood for long enough: the next may come.
        let queue = queue.clone();
        use_effect_with(*due, move |_| queue.borrow_mut().timer = None);
    }
    let Presenting { captions, blank, .. } = props.presenting;
    let (text, weight) = (*said).clone();
    let class = match weight {
        Weight::Trouble => "is-trouble",
        Weight::Mark => "is-mark",
        Weight::Normal => "",
    };
    let on = |to: Presenting| props.change.reform(move |_: MouseEvent| to);
    let now = props.presenting;
    html! {
        <section class="presenter-band" aria-label={t!("presenter.title")}>
            // The header with the page's heading is hidden.
            <h1 class="unseen">{ "Replication Lab" }</h1>
            if captions {
                <p class={classes!("presenter-caption", class)}>{ text }</p>
            }
            <div class="presenter-tools" role="group" aria-label={t!("presenter.title")}>
                <button type="button" class="button" aria-pressed={captions.to_string()}
                    onclick={on(Presenting { captions: !captions, ..now })}>{ t!("presenter.captions") }</button>
                <button type="button" class="button" onclick={on(Presenting { blank: true, ..now })}>{ t!("presenter.blank") }</button>
                <button type="button" class="button is-icon" aria-label={t!("presenter.leave")} title={t!("presenter.leave")}
                    onclick={on(Presenting { on: false, ..now })}><Icon picture={Picture::Cross} /></button>
            </div>
            if blank {
                <div class="presenter-blank" role="img" aria-label={t!("presenter.is-blank")}
                    onclick={on(Presenting { blank: false, ..now })} />
            }
        </section>
    }
}

/// What is worth a caption.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Worth {
    /// What changes the cluster, and trouble.
    News,
    /// What happens all the time, but for messages.
    Ordinary,
    /// Every step, but for heartbeats.
    Step,
}

/// What a caption says of an event that is worth one.
fn tells(entry: &Entry, snapshot: &Snapshot, wanted: Worth) -> Option<(String, Weight)> {
    let names = names_in(&snapshot.view);
    let said = sentence(&entry.what, entry.flight, &names, snapshot.view.flavor)?;
    let quiet = entry.flight.is_some_and(|flight| matches!(flight.kind, MessageKind::Heartbeat | MessageKind::Lease));
    let worth = match entry.category {
        Category::Cluster | Category::Failover => Worth::News,
        _ if said.weight != Weight::Normal => Worth::News,
        Category::Messages if quiet => return None,
        Category::Messages => Worth::Step,
        _ => Worth::Ordinary,
    };
    (worth <= wanted).then_some((said.text, said.weight))
}
