//! What pointers, wheels and keys do to the diagram.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, Element, KeyboardEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

use super::sheet::Diagram;
use crate::ui::exchange::Window;
use crate::ui::lab::Lab;
use crate::ui::plan::Point;

/// A pointer that moves less than this clicks; more, and it drags.
const DRAG_FROM: f64 = 5.0;
/// What one press of a key moves and zooms.
const KEY_MOVE: f64 = 0.1;
pub const KEY_ZOOM: f64 = 1.4;

/// What a pointer came to.
pub enum Gesture {
    /// It is over a point, and nothing is pressed.
    Over(Point),
    /// It is gone, or drags.
    Away,
    /// It pressed a point; whether by touch.
    Press(Point, bool),
}

/// Pointers that are down: where they are, and whether one of them has moved.
#[derive(Default)]
pub struct Hands {
    down: Vec<(i32, Point)>,
    dragged: bool,
    started: Point,
}

/// Where a pointer is on the canvas.
fn place(event: &PointerEvent) -> Option<(Element, Point)> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    let plot = element.closest(".sequence-plot").ok().flatten()?;
    let canvas = plot.query_selector("canvas").ok().flatten()?;
    let rect = canvas.get_bounding_client_rect();
    let p = Point { x: f64::from(event.client_x()) - rect.x(), y: f64::from(event.client_y()) - rect.y() };
    Some((plot, p))
}

/// A pointer came down.
pub fn down(event: &PointerEvent, hands: &RefCell<Hands>) {
    let Some((plot, p)) = place(event).filter(|_| event.button() == 0) else { return };
    let mut hands = hands.borrow_mut();
    hands.down.retain(|(id, _)| *id != event.pointer_id());
    if hands.down.is_empty() {
        (hands.dragged, hands.started) = (false, p);
    }
    hands.down.push((event.pointer_id(), p));
    let _ = plot.set_pointer_capture(event.pointer_id());
}

/// A pointer moved.
pub fn moved(event: &PointerEvent, hands: &RefCell<Hands>, diagram: &Diagram, lab: &Lab) -> Option<Gesture> {
    let (_, p) = place(event)?;
    let mut hands = hands.borrow_mut();
    let hands = &mut *hands;
    let Some(known) = hands.down.iter().position(|(id, _)| *id == event.pointer_id()) else {
        return Some(Gesture::Over(p));
    };
    hands.dragged |= (p.x - hands.started.x).hypot(p.y - hands.started.y) >= DRAG_FROM || hands.down.len() > 1;
    let (_, before) = hands.down[known];
    if !hands.dragged {
        return None;
    }
    let end = lab.snapshot().end;
    match hands.down.iter().enumerate().find(|(place, _)| *place != known) {
        // Two fingers: what is under each stays under it.
        Some((_, (_, other))) => {
            let (apart, apart_now) = ((before.x - other.x).abs().max(12.0), (p.x - other.x).abs().max(12.0));
            diagram.zoom(end, apart / apart_now, Some(diagram.part_at((other.x + p.x) / 2.0)));
        }
        None => diagram.look(end, |window| window.moved((before.x - p.x) / diagram.across())),
    }
    hands.down[known].1 = p;
    lab.request_frame();
    Some(Gesture::Away)
}

/// A pointer went up.
pub fn up(event: &PointerEvent, hands: &RefCell<Hands>) -> Option<Gesture> {
    let mut hands = hands.borrow_mut();
    let was = hands.down.iter().any(|(id, _)| *id == event.pointer_id());
    hands.down.retain(|(id, _)| *id != event.pointer_id());
    let (_, p) = place(event)?;
    (was && hands.down.is_empty() && !hands.dragged).then(|| Gesture::Press(p, event.pointer_type() == "touch"))
}

/// The browser took a pointer away.
pub fn cancel(event: &PointerEvent, hands: &RefCell<Hands>) {
    hands.borrow_mut().down.retain(|(id, _)| *id != event.pointer_id());
}

/// A key; whether it meant something.
pub fn key(event: &KeyboardEvent, diagram: &Diagram, lab: &Lab) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let end = lab.snapshot().end;
    let much = if event.shift_key() { 5.0 } else { 1.0 };
    match event.key().as_str() {
        "ArrowLeft" => diagram.look(end, |window| window.moved(-KEY_MOVE * much)),
        "ArrowRight" => diagram.look(end, |window| window.moved(KEY_MOVE * much)),
        "+" | "=" | "ArrowUp" => diagram.zoom(end, 1.0 / KEY_ZOOM, None),
        "-" | "ArrowDown" => diagram.zoom(end, KEY_ZOOM, None),
        "Home" => diagram.look(end, |window| Window { from: 0.0, ..window }),
        "End" => diagram.look(end, |window| Window::following(end.0 as f64, window.span)),
        "f" => diagram.follow_present(lab.now_us()),
        _ => return false,
    }
    lab.request_frame();
    true
}

/// Zooms by wheel while a modifier is pressed or the diagram has the focus, and moves sideways; all else scrolls the
/// page. Yew's own listeners are passive and cannot say so.
#[hook]
pub fn use_wheel(plot: &NodeRef, diagram: &Rc<Diagram>, lab: &Lab) {
    let (diagram, lab) = (diagram.clone(), lab.clone());
    use_effect_with(plot.clone(), move |plot| {
        let element = plot.cast::<Element>();
        let target = element.clone();
        let listener = Closure::<dyn FnMut(WheelEvent)>::new(move |event: WheelEvent| {
            let Some(plot) = &target else { return };
            let focused = plot.matches(":focus").unwrap_or(false);
            let wanted = event.ctrl_key() || event.meta_key() || event.shift_key() || focused;
            if !wanted {
                return;
            }
            event.prevent_default();
            // Lines and pages as pixels.
            let unit = [1.0, 16.0, 400.0][(event.delta_mode() as usize).min(2)];
            let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
            let end = lab.snapshot().end;
            if event.shift_key() || dx.abs() > dy.abs() {
                let way = if dx.abs() > dy.abs() { dx } else { dy };
                diagram.look(end, |window| window.moved(way / diagram.across()));
            } else {
                let x = f64::from(event.client_x()) - plot.get_bounding_client_rect().x();
                diagram.zoom(end, (dy.clamp(-300.0, 300.0) / 300.0).exp2(), Some(diagram.part_at(x)));
            }
            lab.request_frame();
        });
        let options = AddEventListenerOptions::new();
        options.set_passive(false);
        if let Some(element) = &element {
            let function = listener.as_ref().unchecked_ref();
            let _ =
                element.add_event_listener_with_callback_and_add_event_listener_options("wheel", function, &options);
        }
        move || {
            if let Some(element) = element {
                let _ = element.remove_event_listener_with_callback("wheel", listener.as_ref().unchecked_ref());
            }
        }
    });
}
