//! The diagram in words: the exchange of the followed write, or else the messages in view. Each leads to its instant.

use std::rc::Rc;

use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::*;

use super::{InView, Kept};
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::exchange::{KindSet, Line, Step, ending, instant, label};
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::ties::Ties;
use crate::ui::words::{duration, names_in, sentence};

/// Messages that are listed: fewer while the list changes all the time.
const LISTED: usize = 250;
const LISTED_PLAYING: usize = 30;

#[derive(Properties)]
pub struct TwinProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    pub diagram: Kept,
    pub ties: Ties,
    pub playing: bool,
    /// What is in view: the list changes with it.
    pub seen: Option<InView>,
    /// Grows with every event.
    pub revision: u64,
    pub kinds: KindSet,
}

impl PartialEq for TwinProps {
    /// The view only gives names.
    fn eq(&self, other: &Self) -> bool {
        let same = self.lab == other.lab && self.ties.followed == other.ties.followed && self.playing == other.playing;
        // What belongs to a write does not change with the view.
        same && (self.ties.followed.is_some()
            || (self.seen == other.seen && self.revision == other.revision && self.kinds == other.kinds))
    }
}

/// One row: its event, when, and what is said.
struct Row {
    number: u64,
    at: String,
    words: String,
    class: &'static str,
}

#[component]
pub fn Twin(props: &TwinProps) -> Html {
    let list = use_node_ref();
    let reach = use_state(|| 0_usize);
    let (head, rows) = rows(props);
    let onkeydown = {
        let (list, reach) = (list.clone(), reach.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(list) = list.cast::<Element>() else { return };
            let buttons = dom::all(&list, ".sequence-row");
            let focused = dom::element_of(event.target());
            let current = buttons.iter().position(|button| Some(button) == focused.as_ref());
            let next = current.and_then(|current| dom::roving(&event.key(), current, buttons.len(), true));
            if let Some((next, button)) = next.and_then(|next| Some((next, buttons.get(next)?))) {
                event.prevent_default();
                event.stop_propagation();
                dom::focus(button);
                reach.set(next);
            }
        })
    };
    let in_reach = (*reach).min(rows.len().saturating_sub(1));
    html! {
        <section class="sequence-list" role="group" aria-label={t!("sequence-view.words")}>
            <h2>{ head }</h2>
            <ol ref={list} {onkeydown}>
                { for rows.into_iter().enumerate().map(|(place, row)| {
                    let (lab, number) = (props.lab.clone(), row.number);
                    let onclick = Callback::from(move |_: MouseEvent| {
            lab.seek_event(number);
        });
                    html! {
                        <li key={row.number}>
                            <button type="button" class={classes!("sequence-row", row.class)} {onclick}
                                tabindex={if place == in_reach { "0" } else { "-1" }}>
                                <time>{ row.at }</time><span>{ row.words }</span>
                            </button>
                        </li>
                    }
                }) }
            </ol>
        </section>
    }
}

fn rows(props: &TwinProps) -> (String, Vec<Row>) {
    let (names, flavor) = (names_in(&props.view), props.view.flavor);
    if let Some(followed) = &props.ties.followed {
        let steps = followed.exchange.steps();
        let began = steps.first().map(|step| step.at).unwrap_or_default();
        let row = |step: &Step| {
            let mut words = sentence(&step.what, None, &names, flavor)?.text;
            if let Some((_, _, end)) = step.message {
                if let Some(level) = step.level {
                    words = t!("remarks.says", words = words, level = level_words(level));
                }
                words = format!("{words}, {}", ending(end, step.at));
            }
            let class =
                step.message.map_or("is-mark", |(_, flight, _)| crate::ui::exchange::Kinds::of(flight.kind).class());
            Some(Row { number: step.number, at: format!("+{}", duration(step.at.since(began))), words, class })
        };
        let rows: Vec<Row> = steps.iter().filter_map(row).collect();
        let head = if rows.is_empty() { t!("sequence-view.not-recorded") } else { t!("sequence-view.whole") };
        return (head.to_owned(), rows);
    }
    let most = if props.playing { LISTED_PLAYING } else { LISTED };
    let (lines, of) = props.diagram.0.lines(most);
    let row = |line: &Line| Row {
        number: line.number,
        at: instant(line.sent),
        words: t!(
            "sequence-view.line",
            from = names.name(line.from),
            to = names.name(line.to),
            what = label(line, flavor),
            end = ending(line.end, line.sent),
        ),
        class: crate::ui::exchange::Kinds::of(line.kind).class(),
    };
    let rows: Vec<Row> = lines.iter().map(row).collect();
    let head = match rows.len() {
        shown if shown < of => t!("sequence-view.newest", shown = shown, of = of),
        shown => t!("sequence-view.in-view", n = shown),
    };
    (head, rows)
}

/// How far a server says that it is.
fn level_words(level: &'static str) -> &'static str {
    match level {
        "written" => t!("remarks.written"),
        "flushed" => t!("remarks.flushed"),
        "applied" => t!("remarks.applied"),
        _ => level,
    }
}
