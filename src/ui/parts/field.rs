//! A text field over a value that lives elsewhere: what is being typed stays, however often the page is drawn anew.

use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::dom;

#[derive(Properties, PartialEq)]
pub struct FieldProps {
    /// The value as it is.
    pub value: AttrValue,
    /// `text` or `number`.
    #[prop_or(AttrValue::Static("text"))]
    pub kind: AttrValue,
    /// The greatest number.
    #[prop_or_default]
    pub max: Option<AttrValue>,
    /// Called with what was typed, when it is done: on Enter, or when the focus leaves.
    pub on_change: Callback<String>,
}

/// A field whose draft wins over the value until it is done.
#[component]
pub fn Field(props: &FieldProps) -> Html {
    let draft = use_state(|| None::<String>);
    let oninput = {
        let draft = draft.setter();
        Callback::from(move |event: InputEvent| draft.set(Some(dom::field_value(&event))))
    };
    let onchange = {
        let (draft, on_change) = (draft.setter(), props.on_change.clone());
        Callback::from(move |event: Event| {
            draft.set(None);
            on_change.emit(dom::field_value(&event));
        })
    };
    // Escape gives the draft up.
    let onkeydown = {
        let (draft, value) = (draft.setter(), props.value.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                    input.set_value(&value);
                }
                draft.set(None);
            }
        })
    };
    let value = (*draft).clone().map_or_else(|| props.value.clone(), AttrValue::from);
    let number = props.kind == "number";
    html! {
        <input type={props.kind.clone()} min={number.then_some("0")} max={props.max.clone()} spellcheck="false"
            autocapitalize="off" autocomplete="off" {value} {oninput} {onchange} {onkeydown} />
    }
}
