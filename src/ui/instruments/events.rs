//! What happened, in plain sentences, newest last; and what is recorded behind the present.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{Element, KeyboardEvent};
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
    // Whether the reader is at the end; who scrolls back to read is left alone.
    let following = use_mut_ref(|| true);
    let rewound = snapshot.rewound && !snapshot.playing;
    {
        let (list, following) = (list.clone(), following.clone());
        use_effect(move || {
            let follows = shown.is_none() && !rewound && *following.borrow();
            if let Some(list) = list.cast::<Element>().filter(|_| follows) {
                list.set_scroll_top(list.scroll_height());
            }
        });
    }
    let onscroll = {
        let following = following.clone();
        Callback::from(move |event: Event| {
            if let Some(list) = dom::element_of(event.target()) {
                *following.borrow_mut() = list.scroll_height() - list.scroll_top() - list.client_height() < NEAR_END;
            }
        })
    };
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
    let (before, total, dropped, later) = props.lab.with(|s| {
        let later = if rewound { s.later(LATER) } else { Vec::new() };
        let later: Vec<Entry> = later.into_iter().filter(|e| wanted.contains(&e.category) && matches(e)).collect();
        let (before, total) = match shown {
            Some(number) => (s.watch().around(number, AROUND), 0),
            None => s.watch().matching(&wanted, if query.is_empty() { SHOWN } else { FOUND }, &matches),
        };
        // Heartbeats say nothing.
        let said = |entries: Vec<Entry>| entries.into_iter().filter(|e| says(e).is_some()).collect::<Vec<Entry>>();
        (said(before), total, s.watch().has_dropped(&wanted), said(later))
    });
    let shown_at = shown.and_then(|number| before.iter().find(|e| e.number >= number).or(before.last()));
    let marked = shown_at.map(|entry| entry.number);
    let present = before.len();
    let now = before.last().filter(|_| snapshot.rewound).map(|entry| entry.number);
    let entries: Vec<Entry> = before.into_iter().chain(later).collect();
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
        let (left, following) = (left.clone(), following.clone());
        let times = props.shown.map_or(0, |(_, times)| times);
        Callback::from(move |()| {
            *following.borrow_mut() = true;
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
    let last = entries.last().map(|entry| entry.number);
    let row = |index: usize, entry: &Entry| {
        let (text, weight) = says(entry)?;
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
        Some(html! {
            <li key={entry.number.to_string()} {class} aria-current={(is_shown || is_now).then_some("true")}
                onclick={go.reform(move |_: MouseEvent| number)}>
                <button type="button" class="event-go" tabindex={stop} title={t!("events-list.go")}>
                    <time>{ at }<span class="clock-fine">{ fine }</span></time>
                </button>
                <span>{ text }</span>
            </li>
        })
    };
    let told: Vec<(Category, &What)> = entries.iter().map(|entry| (entry.category, &entry.what)).collect();
    let parts = stretches(&told, Some(present));
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
            false => rows.extend(of_part.filter_map(|(index, entry)| row(index, entry))),
            true => {
                let part_of: Vec<&Entry> = of_part.clone().map(|(_, entry)| entry).collect();
                let first = part_of.first().map_or(0, |entry| entry.number);
                let class = classes!("event-run", (part.range.start >= present).then_some("is-later"));
                rows.push(html! {
                    <li key={format!("run-{first}")} {class}>
                        <details>
                            <summary>{ run_words(&part_of, &names, &says) }</summary>
                            <ol>{ for of_part.filter_map(|(index, entry)| row(index, entry)) }</ol>
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
                    <ol ref={list} class="event-list" tabindex="0" aria-label={t!("events-list.list")} {onscroll} {onkeydown}>
                        { for rows }
                    </ol>
                }
            </div>
        </div>
    }
}

/// Some events of a kind in one line.
fn run_words(run: &[&Entry], names: &Names<'_>, says: &dyn Fn(&Entry) -> Option<(String, Weight)>) -> Html {
    let (at, fine) = run.first().map(|entry| clock_parts(entry.at)).unwrap_or_default();
    let messages = run.first().is_some_and(|entry| entry.category == Category::Messages);
    let words = if messages {
        let ends = run.iter().filter_map(|entry| entry.flight).flat_map(|flight| [flight.from, flight.to]);
        let mut who: Vec<&str> = ends.map(|end| names.name(end)).collect();
        who.arrange();
        who.dedup();
        match who.is_empty() {
            true => t!("events.run.messages", n = run.len()),
            false => t!("events.run.messages-among", n = run.len(), who = list(&who)),
        }
    } else {
        let last = run.last().and_then(|entry| says(entry)).map(|(text, _)| text).unwrap_or_default();
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
