//! A modal sheet: the browser's own `<dialog>`, which keeps the focus inside, closes on Escape and gives focus back.

use crate::t;
use web_sys::{HtmlDialogElement, MouseEvent};
use yew::prelude::*;

use super::icon::{Icon, Picture};

#[derive(Properties, PartialEq)]
pub struct DialogProps {
    /// The heading, which also names the dialog.
    pub title: AttrValue,
    /// Unique id of the heading.
    pub id: AttrValue,
    /// Called when it was closed.
    pub on_close: Callback<()>,
    pub children: Html,
}

/// A modal sheet that is open for as long as it exists.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        if let Some(dialog) = node.cast::<HtmlDialogElement>().filter(|dialog| !dialog.open()) {
            let _ = dialog.show_modal();
        }
        let node = node.clone();
        move || {
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        }
    });
    let on_close = props.on_close.clone();
    let closed = Callback::from(move |_: Event| on_close.emit(()));
    let on_close = props.on_close.clone();
    let close = Callback::from(move |_: MouseEvent| on_close.emit(()));
    // A press on the backdrop is a press on the dialog itself, not on what is in it.
    let outside = {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        Callback::from(move |event: MouseEvent| {
            let target = super::dom::element_of(event.target());
            if target.is_some() && target == node.cast::<web_sys::Element>() {
                on_close.emit(());
            }
        })
    };
    html! {
        <dialog ref={node} class="dialog" aria-labelledby={props.id.clone()} onclose={closed} onclick={outside}>
            <div class="dialog-body">
                <div class="dialog-head">
                    <h2 id={props.id.clone()}>{ props.title.clone() }</h2>
                    <button type="button" class="button is-icon" aria-label={t!("dialog.close")} onclick={close}>
                        <Icon picture={Picture::Cross} />
                    </button>
                </div>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
