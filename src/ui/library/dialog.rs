//! The sheet behind "Scenarios": the page's own laboratories and the library, to be searched.

use std::rc::Rc;

use web_sys::{Element, HtmlInputElement, MouseEvent};
use yew::platform::spawn_local;
use yew::prelude::*;

use super::{OpenNamed, shelf};
use crate::engine::flavor::Flavor;
use crate::scenario::Level;
use crate::scenario::library::{Library, Listed};
use crate::t;
use crate::ui::lab::{Lab, use_kept};
use crate::ui::opening::Choice;
use crate::ui::parts::dialog::Dialog;
use crate::ui::parts::{dom, prose};
use crate::ui::text::{self, titled};

#[derive(Properties, PartialEq)]
pub struct LibraryDialogProps {
    pub lab: Lab,
    /// The page's own laboratories.
    pub own: Rc<Vec<Choice>>,
    /// The name of what runs, where it is one of these or of the library.
    pub chosen: Option<AttrValue>,
    pub on_own: Callback<usize>,
    /// Opens a scenario of the library.
    pub open: OpenNamed,
    pub on_close: Callback<()>,
    /// What else there is to begin with.
    pub children: Html,
}

/// What is looked for.
struct Wanted {
    /// Words, each of which must be somewhere.
    words: Vec<String>,
    flavor: Option<Flavor>,
    level: Option<Level>,
}

impl Wanted {
    fn has(&self, texts: &[&str], flavor: Flavor, level: Option<Level>) -> bool {
        let text = texts.join("\n").to_lowercase();
        self.flavor.is_none_or(|wanted| wanted == flavor)
            && self.level.is_none_or(|wanted| Some(wanted) == level)
            && self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// One thing that can be opened, as it is drawn.
struct Entry<'a> {
    name: &'a str,
    title: &'a str,
    summary: &'a str,
    flavor: Flavor,
    level: Option<Level>,
}

/// How it goes with the scenario that was pressed last.
type Opening = Option<(AttrValue, Option<AttrValue>)>;

/// The sheet.
#[component]
pub fn LibraryDialog(props: &LibraryDialogProps) -> Html {
    let index = use_state(|| shelf::known().map(Ok::<Rc<Library>, AttrValue>));
    let search = use_kept(&props.lab, "library-search", String::new);
    let flavor = use_kept(&props.lab, "library-flavor", || None::<Flavor>);
    let level = use_kept(&props.lab, "library-level", || None::<Level>);
    let opening = use_state(|| Opening::None);
    let list = use_node_ref();
    let fetch = {
        let index = index.setter();
        use_callback((), move |(), ()| {
            let index = index.clone();
            index.set(None);
            spawn_local(async move { index.set(Some(shelf::index().await.map_err(AttrValue::from))) });
        })
    };
    {
        let (fetch, known) = (fetch.clone(), index.is_some());
        use_effect_with((), move |()| {
            if !known {
                fetch.emit(());
            }
        });
    }
    let choose = {
        let (opening, open, on_close) = (opening.setter(), props.open.clone(), props.on_close.clone());
        Callback::from(move |listed: Listed| {
            let (opening, open, on_close) = (opening.clone(), open.clone(), on_close.clone());
            let name = listed.name().unwrap_or_default().to_owned();
            opening.set(Some((name.clone().into(), None)));
            spawn_local(async move {
                let opened = shelf::scenario(&listed).await.and_then(|scenario| open.emit((scenario, name.clone())));
                match opened {
                    Ok(()) => on_close.emit(()),
                    Err(why) => opening.set(Some((name.into(), Some(why.into())))),
                }
            });
        })
    };
    let wanted = Wanted {
        words: search.to_lowercase().split_whitespace().map(str::to_owned).collect(),
        flavor: *flavor,
        level: *level,
    };
    let own = own(props, &wanted);
    let mut found = own.len();
    let mut chapters: Vec<(String, Vec<Html>)> = Vec::new();
    if let Some(Ok(library)) = &*index {
        for listed in &library.scenarios {
            let entry = entry_of(listed);
            if !wanted.has(
                &[&listed.title, entry.title, &listed.chapter, titled(&listed.chapter), entry.summary, entry.name],
                entry.flavor,
                entry.level,
            ) {
                continue;
            }
            found += 1;
            let pressed = (listed.clone(), choose.clone());
            let onclick = Callback::from(move |_: MouseEvent| pressed.1.emit(pressed.0.clone()));
            let drawn = draw(props, &entry, &onclick, &opening);
            match chapters.last_mut().filter(|(chapter, _)| *chapter == listed.chapter) {
                Some((_, entries)) => entries.push(drawn),
                None => chapters.push((listed.chapter.clone(), vec![drawn])),
            }
        }
    }
    html! {
        <Dialog title={t!("header.scenarios")} id={props.lab.id("scenarios")} on_close={props.on_close.clone()}>
            <div class="library stack" ref={list.clone()} onkeydown={arrows(list)}>
                <div class="library-also">{ props.children.clone() }</div>
                { filters(&search, &flavor, &level) }
                <p class="hint" role="status">{ count(&index, found) }</p>
                if let Some(Err(why)) = &*index {
                    <div class="library-error" role="alert">
                        <p>{ t!("library.failed", why = why) }</p>
                        <button type="button" class="button" onclick={fetch.reform(|_: MouseEvent| ())}>{ t!("library.retry") }</button>
                    </div>
                }
                // In a box of its own: chapters come and go beside the field that has the focus, and Yew makes what has no
                // key anew when something goes before it or behind it.
                <div class="stack">
                    if !own.is_empty() { { chapter(t!("library.own"), own) } }
                    { for chapters.into_iter().map(|(name, entries)| {
                        chapter(if name.is_empty() { t!("library.more") } else { titled(&name) }, entries)
                    }) }
                </div>
            </div>
        </Dialog>
    }
}

fn count(index: &Option<Result<Rc<Library>, AttrValue>>, found: usize) -> String {
    match (index, found) {
        (None, _) => t!("library.loading").to_owned(),
        (Some(Ok(_)), 0) => t!("library.nothing").to_owned(),
        (Some(_), n) => t!("library.count", n = n),
    }
}

#[derive(Properties, PartialEq)]
struct SearchProps {
    search: UseStateHandle<String>,
}

/// The field to search with. It keeps its own text: drawing a long list takes longer than a key.
#[component]
fn Search(props: &SearchProps) -> Html {
    let field = use_node_ref();
    {
        let (field, kept) = (field.clone(), (*props.search).clone());
        use_effect_with((), move |()| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                field.set_value(&kept);
            }
        });
    }
    let search = props.search.setter();
    let oninput = Callback::from(move |event: InputEvent| search.set(dom::field_value(&event)));
    html! { <input ref={field} type="search" autocomplete="off" {oninput} /> }
}

/// The search field and the two filters.
fn filters(
    search: &UseStateHandle<String>,
    flavor: &UseStateHandle<Option<Flavor>>,
    level: &UseStateHandle<Option<Level>>,
) -> Html {
    let on_flavor = {
        let flavor = flavor.setter();
        Callback::from(move |event: Event| {
            let word = dom::field_value(&event);
            flavor.set(FLAVORS.into_iter().find(|flavor| flavor.to_string() == word));
        })
    };
    let on_level = {
        let level = level.setter();
        Callback::from(move |event: Event| level.set(Level::of(&dom::field_value(&event))))
    };
    html! {
        <div class="library-filters">
            <label class="field is-search">
                <span>{ t!("library.search") }</span>
                <Search search={search.clone()} />
            </label>
            <label class="field">
                <span>{ t!("library.flavor") }</span>
                <select onchange={on_flavor}>
                    <option value="" selected={flavor.is_none()}>{ t!("library.all") }</option>
                    { for FLAVORS.map(|one| html! {
                        <option value={one.to_string()} selected={**flavor == Some(one)}>{ flavor_name(one) }</option>
                    }) }
                </select>
            </label>
            <label class="field">
                <span>{ t!("library.level") }</span>
                <select onchange={on_level}>
                    <option value="" selected={level.is_none()}>{ t!("library.all") }</option>
                    { for LEVELS.map(|one| html! {
                        <option value={one.as_str()} selected={**level == Some(one)}>{ level_name(one) }</option>
                    }) }
                </select>
            </label>
        </div>
    }
}

const FLAVORS: [Flavor; 2] = [Flavor::Postgresql, Flavor::Mysql];
const LEVELS: [Level; 3] = [Level::Beginner, Level::Intermediate, Level::Advanced];

fn flavor_name(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "PostgreSQL",
        Flavor::Mysql => "MySQL",
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Beginner => t!("library.beginner"),
        Level::Intermediate => t!("library.intermediate"),
        Level::Advanced => t!("library.advanced"),
    }
}

fn chapter(name: &str, entries: Vec<Html>) -> Html {
    html! {
        <section class="stack is-tight" aria-label={name.to_owned()}>
            <h3 class="caps">{ name.to_owned() }</h3>
            <ul class="choices">{ for entries }</ul>
        </section>
    }
}

/// The page's own laboratories, as far as they are looked for.
fn own(props: &LibraryDialogProps, wanted: &Wanted) -> Vec<Html> {
    let is_wanted = |choice: &Choice| {
        wanted.has(&[titled(&choice.title), &choice.title, choice.description()], choice.flavor(), None)
    };
    let one = |(i, choice): (usize, &Choice)| {
        let (on_own, on_close) = (props.on_own.clone(), props.on_close.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            on_close.emit(());
            on_own.emit(i);
        });
        let entry = Entry {
            name: choice.name,
            title: titled(&choice.title),
            summary: choice.description(),
            flavor: choice.flavor(),
            level: None,
        };
        draw(props, &entry, &onclick, &None)
    };
    props.own.iter().enumerate().filter(|(_, choice)| is_wanted(choice)).map(one).collect()
}

fn entry_of(listed: &Listed) -> Entry<'_> {
    let name = listed.name().unwrap_or_default();
    Entry {
        name,
        title: titled(&listed.title),
        summary: text::find(&format!("scenario.{name}")).unwrap_or(&listed.summary),
        flavor: if listed.is_of(Flavor::Mysql) { Flavor::Mysql } else { Flavor::Postgresql },
        level: Level::of(&listed.level),
    }
}

fn draw(props: &LibraryDialogProps, entry: &Entry<'_>, onclick: &Callback<MouseEvent>, opening: &Opening) -> Html {
    let state = opening.as_ref().filter(|(name, _)| name == entry.name);
    let busy = state.is_some_and(|(_, why)| why.is_none());
    let is_current = props.chosen.as_deref() == Some(entry.name);
    html! {
        <li key={entry.name.to_owned()}>
            <button type="button" class="choice" aria-current={is_current.to_string()} aria-busy={busy.then_some("true")} onclick={onclick.clone()}>
                <strong>{ entry.title.to_owned() }</strong>
                <span class="library-facts">
                    <span class="library-flavor">{ flavor_name(entry.flavor) }</span>
                    if let Some(level) = entry.level {
                        <span class={classes!("library-level", format!("is-{level}"))}>{ level_name(level) }</span>
                    }
                </span>
                <span>{ prose::line(entry.summary) }</span>
            </button>
            if let Some((_, Some(why))) = state {
                <div class="library-error" role="alert">
                    <p>{ t!("library.not-opened", why = why) }</p>
                    <button type="button" class="button" onclick={onclick.clone()}>{ t!("library.retry") }</button>
                </div>
            }
        </li>
    }
}

/// Up and down go from one scenario to the next, and from the search field into the list.
fn arrows(list: NodeRef) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        let Some(list) = list.cast::<Element>() else { return };
        let focused = dom::element_of(event.target());
        let buttons = dom::all(&list, ".choice");
        let current = buttons.iter().position(|button| Some(button) == focused.as_ref());
        let searching = focused.is_some_and(|element| element.matches("input").unwrap_or(false));
        let next = match current {
            Some(current) => dom::roving(&event.key(), current, buttons.len(), true),
            None => (searching && event.key() == "ArrowDown").then_some(0),
        };
        if let Some(button) = next.and_then(|next| buttons.get(next)) {
            event.prevent_default();
            dom::focus(button);
        }
    })
}
