//! The glossary: all terms with both systems' names, to be searched, each with an address of its own.

use web_sys::Element;
use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::t;
use crate::ui::explain::{GlossaryEntry, matching};
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::dom;
use crate::ui::share::{hash, put_address, use_address};

/// What the address has before a term.
const MARK: &str = "#glossary";

/// The term that the address asks for; empty for the glossary itself.
fn asked() -> Option<AttrValue> {
    let hash = hash();
    let rest = hash.strip_prefix(MARK)?;
    let term = rest.strip_prefix('=').or(rest.is_empty().then_some(""))?;
    Some(term.to_owned().into())
}

/// The glossary's term, if it is open, and what opens and closes it. The address opens it, too.
#[hook]
pub fn use_glossary() -> (Option<AttrValue>, Callback<AttrValue>, Callback<()>) {
    let shown = use_state(asked);
    let look = {
        let setter = shown.setter();
        Callback::from(move |()| {
            if let Some(term) = asked() {
                setter.set(Some(term));
            }
        })
    };
    use_address(false, look);
    let open = {
        let setter = shown.setter();
        use_callback((), move |term: AttrValue, ()| setter.set(Some(term)))
    };
    let close = {
        let setter = shown.setter();
        use_callback((), move |(), ()| {
            if asked().is_some() {
                put_address("");
            }
            setter.set(None);
        })
    };
    ((*shown).clone(), open, close)
}

#[derive(Properties, PartialEq)]
pub struct GlossaryProps {
    /// Unique id of the heading.
    pub id: AttrValue,
    /// The term that is wanted; empty for none.
    pub term: AttrValue,
    /// The system that runs.
    pub flavor: Flavor,
    pub on_close: Callback<()>,
}

/// The glossary as a sheet.
#[component]
pub fn Glossary(props: &GlossaryProps) -> Html {
    let wanted = use_state(String::new);
    let list = use_node_ref();
    {
        let (wanted, list) = (wanted.clone(), list.clone());
        use_effect_with(props.term.clone(), move |term| {
            wanted.set(String::new());
            let marked = list.cast::<Element>().and_then(|list| dom::all(&list, ".is-wanted").into_iter().next());
            match marked {
                Some(marked) => {
                    marked.scroll_into_view();
                    dom::focus(&marked);
                }
                None if term.is_empty() => {}
                None => wanted.set(term.to_string()),
            }
        });
    }
    let found = matching(&wanted);
    let oninput = {
        let wanted = wanted.clone();
        Callback::from(move |event: InputEvent| wanted.set(dom::field_value(&event)))
    };
    html! {
        <Dialog title={t!("glossary.title")} id={props.id.clone()} on_close={props.on_close.clone()}>
            <div class="glossary">
                <label class="glossary-search">
                    <span>{ t!("glossary.search") }</span>
                    <input type="search" value={(*wanted).clone()} {oninput} autocomplete="off" spellcheck="false" />
                </label>
                <p class="tables-remark" role="status">{ match found.len() {
                    0 => t!("glossary.none", text = wanted.trim()),
                    n => t!("glossary.found", n = n),
                } }</p>
                <div ref={list} class="glossary-list">
                    { for found.iter().map(|one| term(one, one.id == &*props.term, props.flavor)) }
                </div>
            </div>
        </Dialog>
    }
}

fn term(one: &GlossaryEntry, is_wanted: bool, flavor: Flavor) -> Html {
    let own = |of: Flavor| (of == flavor).then_some("is-own");
    html! {
        <section key={one.id} class={classes!("glossary-term", is_wanted.then_some("is-wanted"))} tabindex="-1"
            id={format!("glossary={}", one.id)} data-term={one.id} aria-label={one.term}>
            <h3>
                { one.term }
                <a href={format!("{MARK}={}", one.id)} aria-label={t!("glossary.link")}>{ "#" }</a>
            </h3>
            <p>{ one.text }</p>
            <dl>
                <dt class={own(Flavor::Postgresql)}>{ "PostgreSQL" }</dt><dd>{ one.postgresql }</dd>
                <dt class={own(Flavor::Mysql)}>{ "MySQL" }</dt><dd>{ one.mysql }</dd>
            </dl>
        </section>
    }
}
