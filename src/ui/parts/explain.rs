//! A short explanation where one looks: words with a dotted line, or a question mark, that open a sheet when the pointer
//! rests on them, when the keyboard comes to them, and when they are pressed.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, FocusEvent, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent};
use yew::prelude::*;

use super::dom;
use crate::check::why::Question;
use crate::engine::flavor::Flavor;
use crate::t;
use crate::ui::explain::{Topic, entry, glossary_term, source};

/// What explanations need to know of the page.
#[derive(Clone, PartialEq)]
pub struct Guide {
    /// Whose words they use.
    pub flavor: Flavor,
    /// Opens the glossary at a term.
    pub glossary: Callback<AttrValue>,
    /// Asks why something is so.
    pub why: Callback<Question>,
}

#[derive(Properties, PartialEq)]
pub struct ExplainProps {
    /// What is explained.
    pub topic: Topic,
    /// The words that carry it; without any, a question mark does.
    #[prop_or_default]
    pub words: Option<AttrValue>,
    /// What it is called, where there are no words.
    #[prop_or_default]
    pub name: Option<AttrValue>,
}

/// A column's head with its explanation.
pub fn head(area: &'static str, name: &'static str, words: &str) -> Html {
    html! { <Explain topic={Topic::column(area, name)} words={AttrValue::from(words.to_owned())} /> }
}

/// Why a sheet is open.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    /// The pointer is there, or the keyboard came by.
    Passing,
    /// It was pressed.
    Pressed,
}

/// The pointer rests for so long before a sheet opens, and is away for so long before it closes, in milliseconds.
const REST_MS: u32 = 220;
const AWAY_MS: u32 = 180;
/// Between the words and the sheet, and between the sheet and the window's edge.
const GAP: f64 = 6.0;
const EDGE: f64 = 8.0;

/// Words or a question mark with an explanation.
#[component]
pub fn Explain(props: &ExplainProps) -> Html {
    let guide = use_context::<Guide>();
    let open = use_state(|| None::<Open>);
    let timer = use_mut_ref(|| None::<Timeout>);
    let (root, button, sheet) = (use_node_ref(), use_node_ref(), use_node_ref());
    {
        let (root, button, sheet, setter) = (root.clone(), button.clone(), sheet.clone(), open.setter());
        use_effect_with(open.is_some(), move |is_open| {
            let listeners = is_open.then(|| {
                show(&sheet);
                place(&button, &sheet);
                let (words, closer) = (button.clone(), setter.clone());
                let moved = Closure::<dyn FnMut(Event)>::new(move |_| place(&words, &sheet));
                let pressed = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                    let target = dom::origin_of(&event);
                    let inside = root.cast::<Element>().is_some_and(|root| root.contains(target.as_deref()));
                    if !inside {
                        setter.set(None);
                    }
                });
                let left = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                    if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
                        event.prevent_default();
                        event.stop_propagation();
                        if let Some(button) = button.cast::<Element>() {
                            dom::focus(&button);
                        }
                        closer.set(None);
                    }
                });
                [("scroll", moved), ("pointerdown", pressed), ("keydown", left)]
            });
            let document = web_sys::window().and_then(|w| w.document());
            for (name, to) in listeners.iter().flatten() {
                let to = to.as_ref().unchecked_ref();
                document.iter().for_each(|document| {
                    let _ = document.add_event_listener_with_callback_and_bool(name, to, true);
                });
            }
            move || {
                for (name, to) in listeners.iter().flatten() {
                    let to = to.as_ref().unchecked_ref();
                    document.iter().for_each(|document| {
                        let _ = document.remove_event_listener_with_callback_and_bool(name, to, true);
                    });
                }
            }
        });
    }
    let Some(Guide { flavor, glossary, .. }) = guide else { return Html::default() };
    let Some(text) = props.topic.text(flavor) else {
        return html! { { props.words.clone().unwrap_or_default() } };
    };
    let later = {
        let (timer, open) = (timer.clone(), open.clone());
        move |ms: u32, to: Option<Open>| {
            let open = open.clone();
            timer.replace(Some(Timeout::new(ms, move || open.set(to))));
        }
    };
    let enter = {
        let later = later.clone();
        let is_open = *open;
        let timer = timer.clone();
        Callback::from(move |event: PointerEvent| {
            timer.borrow_mut().take();
            if event.pointer_type() == "mouse" && is_open.is_none() {
                later(REST_MS, Some(Open::Passing));
            }
        })
    };
    let leave = {
        let is_open = *open;
        let timer = timer.clone();
        Callback::from(move |_: PointerEvent| {
            timer.borrow_mut().take();
            if is_open == Some(Open::Passing) {
                later(AWAY_MS, None);
            }
        })
    };
    let onclick = {
        let (open, timer) = (open.clone(), timer.clone());
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            event.prevent_default();
            timer.borrow_mut().take();
            open.set((*open != Some(Open::Pressed)).then_some(Open::Pressed));
        })
    };
    let onfocus = {
        let open = open.clone();
        Callback::from(move |event: FocusEvent| {
            // A press focuses, too, and has its own answer.
            let by_key = dom::element_of(event.target()).is_some_and(|e| e.matches(":focus-visible").unwrap_or(false));
            if by_key && open.is_none() {
                open.set(Some(Open::Passing));
            }
        })
    };
    let onfocusout = {
        let (open, root) = (open.clone(), root.clone());
        Callback::from(move |event: FocusEvent| {
            let to = dom::element_of(event.related_target());
            let stays = to.is_some() && root.cast::<Element>().is_some_and(|root| root.contains(to.as_deref()));
            if !stays {
                open.set(None);
            }
        })
    };
    // Whatever the row or the card would do with these keys.
    let onkeydown = Callback::from(|event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.stop_propagation();
        }
    });
    let on_more = {
        let (open, glossary) = (open.clone(), glossary.clone());
        Callback::from(move |term: AttrValue| {
            open.set(None);
            glossary.emit(term);
        })
    };
    let name =
        props.words.clone().or_else(|| props.name.clone()).unwrap_or_else(|| props.topic.name.to_string().into());
    let label = t!("explain.open", what = name);
    let id = format!("explain-{}-{}", props.topic.area, props.topic.name.replace(' ', "-"));
    let (class, words) = match &props.words {
        Some(words) => ("explain-word", words.clone()),
        None => ("explain-mark", "?".into()),
    };
    html! {
        <span ref={root} class="explain" onpointerenter={enter} onpointerleave={leave} {onfocusout} {onkeydown}>
            <button ref={button} type="button" {class} aria-expanded={open.is_some().to_string()}
                aria-label={props.words.is_none().then_some(label)} aria-describedby={open.is_some().then(|| id.clone())}
                {onclick} {onfocus}>{ words }</button>
            if open.is_some() {
                <span ref={sheet} class="explain-sheet" {id} role="note" popover="manual">
                    { sheet_html(&props.topic, flavor, text, &name, (*open == Some(Open::Pressed), &on_more)) }
                </span>
            }
        </span>
    }
}

fn sheet_html(
    topic: &Topic,
    flavor: Flavor,
    text: &'static str,
    name: &AttrValue,
    (stays, glossary): (bool, &Callback<AttrValue>),
) -> Html {
    let more = glossary_term(topic).and_then(entry).map(|term| {
        let glossary = glossary.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            event.stop_propagation();
            glossary.emit(term.id.into());
        });
        html! {
            // Who passes by with the keyboard has one stop, not two.
            <a class="explain-more" href={format!("#glossary={}", term.id)} tabindex={if stays { "0" } else { "-1" }} {onclick}>
                { t!("explain.more") }{ ": " }{ term.term }
            </a>
        }
    });
    html! {
        <>
            <strong>{ name }</strong>
            <span class="explain-text">{ text }</span>
            if let Some(source) = source(topic, flavor) {
                <span class="explain-source">{ t!("explain.source", source = source) }</span>
            }
            { more.unwrap_or_default() }
        </>
    }
}

/// Lifts the sheet above everything, dialogs too, where the browser can.
fn show(sheet: &NodeRef) {
    if let Some(sheet) = sheet.cast::<HtmlElement>() {
        let _ = js_sys::Reflect::get(&sheet, &"showPopover".into())
            .and_then(|show| show.dyn_into::<js_sys::Function>())
            .and_then(|show| show.call0(&sheet));
    }
}

/// Puts the sheet below the words, or above them: never onto them.
fn place(button: &NodeRef, sheet: &NodeRef) {
    let (Some(button), Some(sheet)) = (button.cast::<Element>(), sheet.cast::<Element>()) else { return };
    let (at, size, room) = (button.get_bounding_client_rect(), sheet.get_bounding_client_rect(), dom::window_size());
    let x = at.left().min(room.0 - size.width() - EDGE).max(EDGE);
    let (above, below) = (at.top() - GAP - EDGE, room.1 - at.bottom() - GAP - EDGE);
    let over = size.height() > below && above > below;
    let height = if over { above } else { below };
    let y = if over { at.top() - GAP - size.height().min(above) } else { at.bottom() + GAP };
    dom::set_property(&sheet, "--x", &format!("{x:.0}px"));
    dom::set_property(&sheet, "--y", &format!("{:.0}px", y.max(EDGE)));
    dom::set_property(&sheet, "--room", &format!("{:.0}px", height.max(60.0)));
}
