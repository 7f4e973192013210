//! A line between two regions that can be moved, with the pointer or the arrow keys.

use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SeparatorProps {
    /// What it resizes.
    pub label: AttrValue,
    /// The id of the region below it.
    pub controls: AttrValue,
    /// The height of the region below it, in pixels.
    pub value: f64,
    pub min: f64,
    pub max: f64,
    pub on_change: Callback<f64>,
}

/// Pixels for one press of an arrow key.
const KEY_STEP: f64 = 24.0;

/// A horizontal line that can be moved.
#[component]
pub fn Separator(props: &SeparatorProps) -> Html {
    // Where the drag began: the pointer's place and the height then.
    let grip = use_mut_ref(|| None::<(f64, f64)>);
    let set = {
        let (min, max, on_change) = (props.min, props.max, props.on_change.clone());
        move |value: f64| on_change.emit(value.clamp(min, max.max(min)))
    };
    let onpointerdown = {
        let (grip, value) = (grip.clone(), props.value);
        Callback::from(move |event: PointerEvent| {
            *grip.borrow_mut() = Some((f64::from(event.client_y()), value));
            if let Some(line) = super::dom::element_of(event.target()) {
                let _ = Element::set_pointer_capture(&line, event.pointer_id());
            }
        })
    };
    let onpointermove = {
        let (grip, set) = (grip.clone(), set.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some((from, value)) = *grip.borrow() {
                set(value + from - f64::from(event.client_y()));
            }
        })
    };
    let release = Callback::from(move |_: PointerEvent| *grip.borrow_mut() = None);
    let onkeydown = {
        let (value, min, max) = (props.value, props.min, props.max);
        Callback::from(move |event: KeyboardEvent| {
            let wanted = match event.key().as_str() {
                "ArrowUp" => value + KEY_STEP,
                "ArrowDown" => value - KEY_STEP,
                "Home" => min,
                "End" => max,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            set(wanted);
        })
    };
    html! {
        <div class="separator" role="separator" tabindex="0" aria-orientation="horizontal"
            aria-label={props.label.clone()} aria-controls={props.controls.clone()}
            aria-valuenow={format!("{:.0}", props.value)} aria-valuemin={format!("{:.0}", props.min)}
            aria-valuemax={format!("{:.0}", props.max)}
            {onpointerdown} {onpointermove} onpointerup={release.clone()} onpointercancel={release} {onkeydown}></div>
    }
}
