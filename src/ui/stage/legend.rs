//! What the shapes and lines mean.

use yew::prelude::*;

use crate::engine::message::MessageKind;
use crate::t;
use crate::ui::explain::{State, Topic};
use crate::ui::parts::explain::Explain;

#[derive(Properties, PartialEq)]
pub struct LegendProps {
    /// Whether there are leases.
    pub leases: bool,
    pub heartbeats: bool,
    pub on_heartbeats: Callback<()>,
    /// Whether cards were moved by hand.
    pub moved: bool,
    pub on_tidy: Callback<()>,
    /// The stage is wanted as a file.
    pub on_save: Callback<()>,
}

/// The legend, with the stage's two switches.
#[component]
pub fn Legend(props: &LegendProps) -> Html {
    let heartbeats = props.on_heartbeats.reform(|_: MouseEvent| ());
    let save = props.on_save.reform(|_: MouseEvent| ());
    let tidy = props.on_tidy.reform(|_: MouseEvent| ());
    html! {
        <div class="legend">
            <ul aria-label={t!("stage-parts.legend")}>
                { key(State::Sync.topic(), t!("stage-parts.synchronous"), html! { <path class="legend-line is-sync" d="M0 6H26" /> }) }
                { key(State::Async.topic(), t!("stage-parts.asynchronous"), html! { <path class="legend-line is-async" d="M0 6H26" /> }) }
                { message(MessageKind::Log, t!("stage-parts.log"), html! { <rect class="legend-log" x="6" y="1.5" width="14" height="9" rx="2.5" /> }) }
                { message(MessageKind::Acknowledgement, t!("stage-parts.ack"), html! { <circle class="legend-ack" cx="13" cy="6" r="4.2" /> }) }
                { message(MessageKind::Query, t!("stage-parts.query"), html! { <path class="legend-query" d="M13 0L19 6L13 12L7 6Z" /> }) }
                { message(MessageKind::Connection, t!("stage-parts.connection"), html! { <rect class="legend-quiet" x="9" y="2" width="8" height="8" /> }) }
                { message(MessageKind::Result, t!("stage-parts.result"), html! { <path class="legend-result" d="M8 1L19 6L8 11Z" /> }) }
                if props.leases {
                    { message(MessageKind::Lease, t!("stage-parts.lease"), html! {
                        <>
                            <path class="legend-line is-lease" d="M0 6H26" />
                            <path class="legend-lease" d="M13 -1L14.9 3.3L19.6 3.9L16.1 7L17.1 11.7L13 9.4L8.9 11.7L9.9 7L6.4 3.9L11.1 3.3Z" />
                        </>
                    }) }
                }
            </ul>
            <button type="button" class="legend-switch" aria-pressed={props.heartbeats.to_string()} onclick={heartbeats}>
                { t!("stage-parts.heartbeats") }
            </button>
            <button type="button" class="legend-switch" title={t!("stage-parts.save")} onclick={save}>{ "SVG" }</button>
            if props.moved {
                <button type="button" class="legend-switch" onclick={tidy}>{ t!("stage-parts.tidy") }</button>
            }
        </div>
    }
}

fn message(kind: MessageKind, words: &str, picture: Html) -> Html {
    key(Topic::message(kind), words, picture)
}

fn key(topic: Topic, words: &str, picture: Html) -> Html {
    html! {
        <li>
            <svg viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" focusable="false">{ picture }</svg>
            <Explain {topic} words={AttrValue::from(words.to_owned())} />
        </li>
    }
}
