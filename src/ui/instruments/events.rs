//! What happened, in plain sentences, newest last; and what is recorded behind the present.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, Node};
use yew::prelude::*;

use super::steps::Steps;
use crate::engine::failover::ManagerEvent;
use crate::engine::trace::What;
use crate::order::Arrange;
use crate::t;
use crate::ui::lab::{Entry, Lab, Snapshot, use_kept};
use crate::ui::parts::dom;
use crate::ui::runs::stretches;
use crate::ui::words::{Category, Names, Weight, clock_parts, list, names_in, renewals, sentence};

#[derive(Properties)]
pub struct EventsProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    /// The event that is to be shown, and how often one was asked for.
    pub shown: Option<(u64, u32)>,
}

impl PartialEq for EventsProps {
    /// The view only gives names: sentences change with the revision, and in jumps.
    fn eq(&self, other: &Self) -> bool {
        let told = |snapshot: &Snapshot| {
            let Snapshot { event_revision, jumps, playing, rewound, .. } = *snapshot;
            (event_revision, jumps, playing, rewound)
        };
        self.lab == other.lab && told(&self.snapshot) == told(&other.snapshot) && self.shown == other.shown
    }
}

/// The newest sentences that are shown.
const SHOWN: usize = 160;
/// So many of them are there, to begin with, while the list follows the newest: the end is what is seen.
const FOLLOWED: usize = 40;
/// So many pixels of a list that follows are above what is seen.
const SPARE: i32 = 200;
/// The sentences that are shown of what was searched for.
const FOUND: usize = 400;
/// The sentences on each side of an event that somebody asked for.
const AROUND: usize = 60;
/// The most sentences of what is recorded behind the present.
const LATER: usize = 80;
/// A list this near to its end follows the newest sentence.
const NEAR_END: i32 = 24;
/// A search begins when nothing was typed for so long.
const SEARCH_AFTER_MS: u32 = 200;

/// A list that is held: until which event, and which events are in it.
type Held = (u64, Vec<Category>, String);

/// An event in words.
struct Told {
    entry: Entry,
    text: String,
    weight: Weight,
}

/// The list of events with its filters.
#[component]
pub fn Events(props: &EventsProps) -> Html {
    let snapshot = &props.snapshot;
    let wanted = use_kept(&props.lab, "events-wanted", || {
        vec![Category::Cluster, Category::Failover, Category::Writes, Category::Replication]
    });
    let query = use_kept(&props.lab, "events-query", String::new);
    let list = use_node_ref();
    // Which request to see an event the reader has left again.
    let left = use_state(|| 0_u32);
    let shown = props.shown.filter(|(_, times)| *times > *left).map(|(number, _)| number);
    // Who scrolls back to read, or is in the list by keyboard, is left alone: the list ends with this event until then, or
    // until there is a jump.
    let until = use_state_eq(|| None::<(u64, u64)>);
    let held = until.filter(|(_, jumps)| *jumps == snapshot.jumps).map(|(number, _)| number);
    // What is read stays also when so much has come that the page no longer has it.
    let kept = use_mut_ref(|| None::<(Held, Vec<Entry>)>);
    // How far the end is below the upper edge of what the reader sees.
    let below = use_mut_ref(|| 0);
    let rewound = snapshot.rewound && !snapshot.playing;
    let follows = shown.is_none() && !rewound && held.is_none();
    let followed = use_state_eq(|| FOLLOWED);
    let names = names_in(&snapshot.view);
    let flavor = snapshot.view.flavor;
    let says = |entry: &Entry| -> Option<(String, Weight)> {
        let said = sentence(&entry.what, entry.flight, &names, flavor)?;
        Some(match &entry.what {
            What::Manager(ManagerEvent::LeaseRenewed { node, .. }) if entry.times > 1 => {
                (renewals(*node, entry.times, &names), said.weight)
            }
            _ => (said.text, said.weight),
        })
    };
    let matches = |entry: &Entry| {
        query.is_empty() || says(entry).is_some_and(|(text, _)| text.to_lowercase().contains(query.as_str()))
    };
    let newer = Cell::new(0_usize);
    let listed = |entry: &Entry| {
        let matching = matches(entry);
        let is_newer = held.is_some_and(|held| entry.number > held);
        newer.set(newer.get() + usize::from(matching && is_newer));
        matching && !is_newer
    };
    // Heartbeats say nothing.
    let told = |entry: Entry| says(&entry).map(|(text, weight)| Told { entry, text, weight });
    let (before, total, dropped, later) = props.lab.with(|s| {
        let later = if rewound { s.later(LATER) } else { Vec::new() };
        let later = later.into_iter().filter(|e| wanted.contains(&e.category) && matches(e));
        let later: Vec<Told> = later.filter_map(told).collect();
        let (before, total) = match shown {
            Some(number) => (s.watch().around(number, AROUND), 0),
            None => {
                let most = match query.is_empty() {
                    true if follows && snapshot.playing => *followed,
                    true => SHOWN,
                    false => FOUND,
                };
                s.watch().matching(&wanted, most, &listed)
            }
        };
        let before = match held.filter(|_| shown.is_none()) {
            Some(number) => {
                let (key, mut kept) = ((number, (*wanted).clone(), (*query).clone()), kept.borrow_mut());
                match &*kept {
                    Some((known, entries)) if *known == key => entries.clone(),
                    _ => kept.insert((key, before)).1.clone(),
                }
            }
            None => before,
        };
        let before: Vec<Told> = before.into_iter().filter_map(told).collect();
        (before, total, s.watch().has_dropped(&wanted), later)
    });
    let shown_at = shown.and_then(|number| before.iter().find(|e| e.entry.number >= number).or(before.last()));
    let marked = shown_at.map(|told| told.entry.number);
    let present = before.len();
    let now = before.last().filter(|_| snapshot.rewound).map(|told| told.entry.number);
    let entries: Vec<Told> = before.into_iter().chain(later).collect();
    {
        let list = list.clone();
        use_effect(move || {
            let Some(list) = list.cast::<Element>().filter(|_| follows) else { return };
            let height = list.scroll_height();
            list.set_scroll_top(height);
            // A high window sees more of them.
            if (*followed..SHOWN).contains(&present) && height < list.client_height() + SPARE {
                followed.set(*followed * 2);
            }
        });
    }
    {
        // When the reader begins to read, more is there, above what was seen.
        let (list, below) = (list.clone(), below.clone());
        use_effect_with(held, move |held| {
            if let Some(list) = list.cast::<Element>().filter(|_| held.is_some()) {
                list.set_scroll_top(list.scroll_height() - *below.borrow());
            }
        });
    }
    {
        let list = list.clone();
        use_effect_with(
            (props.shown, *left, marked, rewound.then_some((snapshot.jumps, now))),
            move |(_, _, marked, jump)| {
                let wanted = if marked.is_some() { ".is-shown" } else { ".is-now" };
                let found = list.cast::<Element>().filter(|_| marked.is_some() || jump.is_some());
                if let Some(list) = found
                    && let Some(entry) = dom::all(&list, wanted).into_iter().next()
                {
                    let middle = (list.client_height() - entry.client_height()) / 2;
                    let above = entry.get_bounding_client_rect().top() - list.get_bounding_client_rect().top();
                    list.set_scroll_top(list.scroll_top() + above as i32 - middle);
                }
            },
        );
    }
    let leave = {
        let (left, until) = (left.setter(), until.setter());
        let times = props.shown.map_or(0, |(_, times)| times);
        Callback::from(move |()| {
            until.set(None);
            left.set(times);
        })
    };
    let go = {
        let (lab, leave) = (props.lab.clone(), leave.clone());
        Callback::from(move |number: u64| {
            lab.seek_event(number);
            leave.emit(());
        })
    };
    let last = entries.last().map(|told| told.entry.number);
    // Reading begins and ends by scrolling, and with the focus.
    let reads = {
        let (until, list) = (until.setter(), list.clone());
        let (reading, end) = (held.is_some(), last.map(|last| (last, snapshot.jumps)));
        move || {
            let Some(list) = list.cast::<Element>().filter(|_| shown.is_none() && !rewound) else { return };
            let rest = list.scroll_height() - list.scroll_top();
            let focused = list.query_selector("li :focus").is_ok_and(|at| at.is_some());
            if rest - list.client_height() < NEAR_END && !focused {
                until.set(None);
            } else if !reading {
                *below.borrow_mut() = rest;
                until.set(end);
            }
        }
    };
    let reads = Callback::from(move |()| reads());
    let onfocusout = {
        let (reads, list) = (reads.clone(), list.clone());
        Callback::from(move |event: FocusEvent| {
            // From one line to another it stays here.
            let to = event.related_target().and_then(|to| to.dyn_into::<Node>().ok());
            if !list.get().is_some_and(|list| list.contains(to.as_ref())) {
                reads.emit(());
            }
        })
    };
    let to_end = {
        let (list, leave) = (list.clone(), leave.clone());
        Callback::from(move |_: MouseEvent| {
            leave.emit(());
            list.cast::<Element>().iter().for_each(dom::focus);
        })
    };
    let row = |(index, told): (usize, &Told)| {
        let Told { entry, text, weight } = told;
        let (at, fine) = clock_parts(entry.at);
        let kind = match weight {
            Weight::Normal => "event",
            Weight::Mark => "event is-mark",
            Weight::Trouble => "event is-trouble",
        };
        let (is_shown, is_now) = (Some(entry.number) == marked, Some(entry.number) == now);
        let class = classes!(
            kind,
            is_shown.then_some("is-shown"),
            is_now.then_some("is-now"),
            (index >= present).then_some("is-later")
        );
        let stop = if is_now || (now.is_none() && Some(entry.number) == last) { "0" } else { "-1" };
        let number = entry.number;
        html! {
            <li key={entry.number.to_string()} {class} aria-current={(is_shown || is_now).then_some("true")}
                onclick={go.reform(move |_: MouseEvent| number)}>
                <button type="button" class="event-go" tabindex={stop} title={t!("events-list.go")}>
                    <time>{ at }<span class="clock-fine">{ fine }</span></time>
                </button>
                <span>{ text }</span>
            </li>
        }
    };
    let kinds: Vec<(Category, &What)> = entries.iter().map(|told| (told.entry.category, &told.entry.what)).collect();
    let parts = stretches(&kinds, Some(present));
    // All of them have keys and the same parent: what moves up is then not drawn anew.
    let mut rows: Vec<Html> = Vec::new();
    for part in &parts {
        let divider = (part.range.start == present && present > 0).then(|| {
            html! { <li key="later" class="events-later">{ t!("events-list.later") }</li> }
        });
        let of_part = entries.iter().enumerate().skip(part.range.start).take(part.range.len());
        // What was searched for, what is to be shown, and what alone is wanted, is not folded away.
        let opened = !query.is_empty() || marked.is_some() || wanted.len() == 1;
        rows.extend(divider);
        match part.together && !opened {
            false => rows.extend(of_part.map(row)),
            true => {
                let part_of: Vec<&Told> = of_part.clone().map(|(_, told)| told).collect();
                let first = part_of.first().map_or(0, |told| told.entry.number);
                let class = classes!("event-run", (part.range.start >= present).then_some("is-later"));
                rows.push(html! {
                    <li key={format!("run-{first}")} {class}>
                        <details>
                            <summary>{ run_words(&part_of, &names) }</summary>
                            <ol>{ for of_part.map(row) }</ol>
                        </details>
                    </li>
                });
            }
        }
    }
    let onkeydown = {
        let list = list.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(list) = list.cast::<Element>() else { return };
            let buttons = dom::all(&list, ".event-go");
            let focused = dom::element_of(event.target());
            let current = buttons.iter().position(|button| Some(button) == focused.as_ref());
            let next = current.and_then(|current| dom::roving(&event.key(), current, buttons.len(), true));
            if let Some(button) = next.and_then(|next| buttons.get(next)) {
                event.prevent_default();
                event.stop_propagation();
                dom::focus(button);
            }
        })
    };
    html! {
        <div class="events">
            <div class="filters" role="group" aria-label={t!("events-list.which")}>
                { for Category::ALL.map(|category| filter(category, &wanted)) }
                <Search query={query.clone()} />
                if !query.is_empty() {
                    <span class="tables-remark search-count" role="status">{ match total {
                        n if n > entries.len() => t!("events-list.newest-found", shown = entries.len(), n = n),
                        _ => t!("events-list.found", n = entries.len()),
                    } }</span>
                }
                if shown.is_none() && (dropped || (query.is_empty() && total > SHOWN)) {
                    <span class="tables-remark search-count">{ t!("events-list.earlier") }</span>
                }
            </div>
            if let Some(number) = shown {
                <p class="tables-remark shown-event">
                    <span>{ match marked {
                        Some(_) => t!("events-list.around", number = number),
                        None => t!("events-list.gone", number = number),
                    } }</span>
                    <button type="button" class="chip" onclick={leave.reform(|_: MouseEvent| ())}>{ t!("events-list.newest") }</button>
                </p>
            }
            <div class="events-body">
                if wanted.contains(&Category::Failover) && query.is_empty() {
                    <Steps lab={props.lab.clone()} view={snapshot.view.clone()} revision={snapshot.event_revision} />
                }
                if entries.is_empty() && shown.is_some() {
                } else if entries.is_empty() {
                    <p class="empty">{ match query.is_empty() {
                        true if dropped => t!("events-list.none-listed"),
                        true => t!("events-list.none"),
                        false => t!("events-list.not-found"),
                    } }</p>
                } else {
                    <ol ref={list} class="event-list" tabindex="0" aria-label={t!("events-list.list")} {onkeydown}
                        onscroll={reads.reform(|_: Event| ())} onfocusin={reads.reform(|_: FocusEvent| ())}
                        {onfocusout}>
                        { for rows }
                    </ol>
                }
                if newer.get() > 0 {
                    <button type="button" class="chip event-newer" onclick={to_end}>{ t!("events-list.newer", n = newer.get()) }</button>
                }
            </div>
        </div>
    }
}

/// Some events of a kind in one line.
fn run_words(run: &[&Told], names: &Names<'_>) -> Html {
    let (at, fine) = run.first().map(|told| clock_parts(told.entry.at)).unwrap_or_default();
    let messages = run.first().is_some_and(|told| told.entry.category == Category::Messages);
    let words = if messages {
        let ends = run.iter().filter_map(|told| told.entry.flight).flat_map(|flight| [flight.from, flight.to]);
        let mut who: Vec<&str> = ends.map(|end| names.name(end)).collect();
        who.arrange();
        who.dedup();
        match who.is_empty() {
            true => t!("events.run.messages", n = run.len()),
            false => t!("events.run.messages-among", n = run.len(), who = list(&who)),
        }
    } else {
        let last = run.last().map_or("", |told| told.text.as_str());
        t!("events.run.in-a-row", n = run.len(), last = last)
    };
    html! { <><time>{ at }<span class="clock-fine">{ fine }</span></time><span>{ words }</span></> }
}

#[derive(Properties, PartialEq)]
struct SearchProps {
    query: UseStateHandle<String>,
}

/// The field to search with.
#[component]
fn Search(props: &SearchProps) -> Html {
    let waiting = use_mut_ref(|| None::<Timeout>);
    let oninput = {
        let query = props.query.setter();
        Callback::from(move |event: InputEvent| {
            let (query, text) = (query.clone(), dom::field_value(&event).trim().to_lowercase());
            // What waits is dropped: the newest text counts.
            *waiting.borrow_mut() = Some(Timeout::new(SEARCH_AFTER_MS, move || query.set(text)));
        })
    };
    html! { <input class="event-search" type="search" placeholder={t!("events-list.search")} aria-label={t!("events-list.search-label")} {oninput} /> }
}

fn filter(category: Category, wanted: &UseStateHandle<Vec<Category>>) -> Html {
    let on = wanted.contains(&category);
    let toggle = {
        let wanted = wanted.clone();
        Callback::from(move |_: MouseEvent| {
            let mut next: Vec<Category> = wanted.iter().copied().filter(|c| *c != category).collect();
            if !on {
                next.push(category);
            }
            wanted.set(next);
        })
    };
    html! {
        <button key={category.label()} type="button" class="chip" aria-pressed={on.to_string()} onclick={toggle}>
            { category.label() }
        </button>
    }
}
