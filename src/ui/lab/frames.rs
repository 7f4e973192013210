//! One `requestAnimationFrame` loop that runs only while somebody wants frames, and never while the page is hidden.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;

/// Wall time in milliseconds, on the clock that animation frames use.
#[must_use]
pub fn wall_ms() -> f64 {
    web_sys::window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
}

struct Inner {
    /// The frame that was asked for, if one was.
    requested: Cell<Option<i32>>,
    stopped: Cell<bool>,
    /// Nobody can see what would be drawn.
    resting: Cell<bool>,
    on_frame: Kept<dyn FnMut(f64)>,
    on_visibility: Kept<dyn FnMut()>,
}

/// A function that the browser calls, for as long as we keep it.
type Kept<F> = RefCell<Option<Closure<F>>>;

/// The loop.
pub struct Frames(Rc<Inner>);

impl Frames {
    /// A loop that calls `frame` with the wall time; it goes on while that says so.
    pub fn new(frame: impl Fn(f64) -> bool + 'static) -> Frames {
        let inner = Rc::new(Inner {
            requested: Cell::new(None),
            stopped: Cell::new(false),
            resting: Cell::new(false),
            on_frame: RefCell::default(),
            on_visibility: RefCell::default(),
        });
        let weak = Rc::downgrade(&inner);
        let on_frame = Closure::new(move |wall_ms: f64| {
            let Some(inner) = weak.upgrade() else { return };
            inner.requested.set(None);
            if !inner.stopped.get() && frame(wall_ms) {
                inner.request();
            }
        });
        *inner.on_frame.borrow_mut() = Some(on_frame);
        let weak = Rc::downgrade(&inner);
        let on_visibility = Closure::new(move || {
            let Some(inner) = weak.upgrade() else { return };
            if hidden() { inner.cancel() } else { inner.request() }
        });
        if let Some(document) = web_sys::window().and_then(|w| w.document()) {
            let listener = on_visibility.as_ref().unchecked_ref();
            let _ = document.add_event_listener_with_callback("visibilitychange", listener);
        }
        *inner.on_visibility.borrow_mut() = Some(on_visibility);
        Frames(inner)
    }

    /// Asks for a frame.
    pub fn request(&self) {
        self.0.request();
    }

    /// Rests while nobody can see what would be drawn, or goes on.
    pub fn set_resting(&self, resting: bool) {
        self.0.resting.set(resting);
        if resting { self.0.cancel() } else { self.0.request() }
    }

    /// Ends the loop for good.
    pub fn stop(&self) {
        self.0.stopped.set(true);
        self.0.cancel();
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.stop();
        if let (Some(listener), Some(document)) =
            (self.0.on_visibility.borrow().as_ref(), web_sys::window().and_then(|w| w.document()))
        {
            let listener = listener.as_ref().unchecked_ref();
            let _ = document.remove_event_listener_with_callback("visibilitychange", listener);
        }
    }
}

impl Inner {
    fn request(&self) {
        if self.stopped.get() || self.resting.get() || self.requested.get().is_some() || hidden() {
            return;
        }
        if let (Some(window), Some(closure)) = (web_sys::window(), self.on_frame.borrow().as_ref()) {
            self.requested.set(window.request_animation_frame(closure.as_ref().unchecked_ref()).ok());
        }
    }

    fn cancel(&self) {
        if let (Some(window), Some(id)) = (web_sys::window(), self.requested.take()) {
            let _ = window.cancel_animation_frame(id);
        }
    }
}

fn hidden() -> bool {
    web_sys::window().and_then(|w| w.document()).is_some_and(|d| d.hidden())
}
