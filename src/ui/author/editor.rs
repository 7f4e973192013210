//! A text with its lines numbered, and those marked that something is wrong with.

use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::order::OrderedSet;
use crate::ui::parts::dom;

#[derive(Properties, PartialEq)]
pub struct EditorProps {
    pub id: AttrValue,
    pub label: AttrValue,
    pub text: AttrValue,
    /// Lines that something is wrong with, counted from 1.
    pub marked: OrderedSet<u32>,
    /// The element, so that others can put the cursor somewhere.
    pub field: NodeRef,
    pub on_text: Callback<String>,
    /// Ids of what says what is wrong.
    pub described_by: AttrValue,
}

/// The most lines that are numbered.
const NUMBERED: usize = 20_000;

/// The text. It is the browser's own field, so that undo, search and screen readers work.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let behind = use_node_ref();
    let oninput = props.on_text.reform(|event: InputEvent| dom::field_value(&event));
    let onscroll = {
        let (behind, field) = (behind.clone(), props.field.clone());
        Callback::from(move |_: Event| {
            if let (Some(behind), Some(field)) = (behind.cast::<HtmlElement>(), field.cast::<HtmlTextAreaElement>()) {
                behind.set_scroll_top(field.scroll_top());
            }
        })
    };
    let lines = props.text.split('\n').count().min(NUMBERED);
    let numbers = use_memo((lines, props.marked.clone()), |(lines, marked)| {
        let one = |n: u32| html! { <span class={marked.contains(&n).then_some("is-marked")}>{ n }</span> };
        (1..=*lines as u32).map(one).collect::<Html>()
    });
    html! {
        <div class="editor">
            <div class="editor-lines" ref={behind} aria-hidden="true">{ (*numbers).clone() }</div>
            <textarea id={props.id.clone()} ref={props.field.clone()} aria-label={props.label.clone()} wrap="off" spellcheck="false" autocapitalize="off"
                autocomplete="off" aria-invalid={(!props.marked.is_empty()).to_string()} aria-describedby={props.described_by.clone()}
                value={props.text.clone()} {oninput} {onscroll} />
        </div>
    }
}

/// Puts the cursor at a line's begin, and selects the line.
pub fn go_to(field: &NodeRef, line: u32) {
    let Some(field) = field.cast::<HtmlTextAreaElement>() else { return };
    let text = field.value();
    let before = text.split('\n').take(line.saturating_sub(1) as usize);
    // The field counts UTF-16 units.
    let units = |line: &str| line.encode_utf16().count() as u32;
    let start: u32 = before.map(|line| units(line) + 1).sum();
    let length = text.split('\n').nth(line.saturating_sub(1) as usize).map_or(0, units);
    let _ = field.focus();
    let _ = field.set_selection_range(start, start + length);
    // A selection alone does not scroll everywhere.
    let lines = text.split('\n').count().max(1) as i32;
    let at = field.scroll_height() / lines * line as i32;
    field.set_scroll_top((at - field.client_height() / 2).max(0));
}
