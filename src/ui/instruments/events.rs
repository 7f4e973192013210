//! What happened, in plain sentences, newest last.

use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use super::steps::Steps;
use crate::engine::failover::ManagerEvent;
use crate::engine::trace::What;
use crate::sim::view::ClusterView;
use crate::ui::lab::{Entry, Lab};
use crate::ui::parts::dom;
use crate::ui::words::{Category, Weight, clock_parts, names_in, renewals, sentence};

#[derive(Properties)]
pub struct EventsProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event.
    pub revision: u64,
    /// The event that is to be shown, and how often one was asked for.
    pub shown: Option<(u64, u32)>,
}

impl PartialEq for EventsProps {
    /// The view only gives names: sentences change with the revision.
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab && self.revision == other.revision && self.shown == other.shown
    }
}

/// The newest sentences that are shown.
const SHOWN: usize = 160;
/// The sentences on each side of an event that somebody asked for.
const AROUND: usize = 60;
/// A list this near to its end follows the newest sentence.
const NEAR_END: i32 = 24;

/// The list of events with its filters.
#[component]
pub fn Events(props: &EventsProps) -> Html {
    let wanted = use_state(|| vec![Category::Cluster, Category::Failover, Category::Writes, Category::Replication]);
    let list = use_node_ref();
    // Which request to see an event the reader has left again.
    let left = use_state(|| 0_u32);
    let shown = props.shown.filter(|(_, times)| *times > *left).map(|(number, _)| number);
    // Whether the reader is at the end; who scrolls back to read is left alone.
    let following = use_mut_ref(|| true);
    {
        let (list, following) = (list.clone(), following.clone());
        use_effect(move || {
            if let Some(list) = list.cast::<Element>().filter(|_| shown.is_none() && *following.borrow()) {
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
    let entries = props.lab.with(|s| match shown {
        Some(number) => s.watch().around(number, AROUND),
        None => s.watch().newest(&wanted, SHOWN),
    });
    let marked = shown.and_then(|number| entries.iter().find(|entry| entry.number >= number)).map(|entry| entry.number);
    {
        let list = list.clone();
        use_effect_with((props.shown, *left, marked), move |(_, _, marked)| {
            let found = list.cast::<Element>().filter(|_| marked.is_some());
            if let (Some(list), Some(entry)) =
                (&found, found.as_ref().and_then(|list| dom::all(list, ".event.is-shown").into_iter().next()))
            {
                let middle = (list.client_height() - entry.client_height()) / 2;
                let above = entry.get_bounding_client_rect().top() - list.get_bounding_client_rect().top();
                list.set_scroll_top(list.scroll_top() + above as i32 - middle);
            }
        });
    }
    let leave = {
        let (left, following) = (left.clone(), following.clone());
        let times = props.shown.map_or(0, |(_, times)| times);
        Callback::from(move |_: MouseEvent| {
            *following.borrow_mut() = true;
            left.set(times);
        })
    };
    let names = names_in(&props.view);
    let row = |entry: &Entry| {
        let said = sentence(&entry.what, entry.flight, &names, props.view.flavor)?;
        let (at, fine) = clock_parts(entry.at);
        let class = match said.weight {
            Weight::Normal => "event",
            Weight::Mark => "event is-mark",
            Weight::Trouble => "event is-trouble",
        };
        Some(html! {
            <li key={entry.number.to_string()} class={classes!(class, (Some(entry.number) == marked).then_some("is-shown"))}
                aria-current={(Some(entry.number) == marked).then_some("true")}>
                <time>{ at }<span class="clock-fine">{ fine }</span></time>
                <span>{ match &entry.what {
                    What::Manager(ManagerEvent::LeaseRenewed { node, .. }) if entry.times > 1 => {
                        renewals(*node, entry.times, &names)
                    }
                    _ => said.text,
                } }</span>
            </li>
        })
    };
    html! {
        <div class="events">
            <div class="filters" role="group" aria-label="Which events">
                { for Category::ALL.map(|category| filter(category, &wanted)) }
            </div>
            if let Some(number) = shown {
                <p class="tables-remark shown-event">
                    <span>{ match marked {
                        Some(_) => format!("Around event {number} of the run."),
                        None => format!("Event {number} of the run is too long ago: the page no longer has it."),
                    } }</span>
                    <button type="button" class="chip" onclick={leave}>{ "Back to the newest" }</button>
                </p>
            }
            <div class="events-body">
                if wanted.contains(&Category::Failover) {
                    <Steps lab={props.lab.clone()} view={props.view.clone()} revision={props.revision} />
                }
                if entries.is_empty() && shown.is_some() {
                } else if entries.is_empty() {
                    <p class="empty">{ "Nothing of this kind has happened yet." }</p>
                } else {
                    <ol ref={list} class="event-list" tabindex="0" aria-label="Events" {onscroll}>
                        { for entries.iter().filter_map(row) }
                    </ol>
                }
            </div>
        </div>
    }
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
