//! How much room an element has.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

use crate::ui::plan::Size;

/// Keeps `room` equal to an element's size.
#[hook]
pub fn use_room(root: &NodeRef, room: &UseStateHandle<Size>) {
    let setter = room.setter();
    use_effect_with(root.clone(), move |root| {
        let element = root.cast::<HtmlElement>();
        let measured = element.clone();
        let measure: Closure<dyn FnMut()> = Closure::new(move || {
            if let Some(element) = &measured {
                let size = Size { w: f64::from(element.client_width()), h: f64::from(element.client_height()) };
                setter.set(size);
            }
        });
        let observer = ResizeObserver::new(measure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(measure);
        }
    });
}
