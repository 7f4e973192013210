//! What would be discarded, shown before it is: by a rewind or a copy of a server that diverged, or by a promotion.

use std::rc::Rc;

use yew::prelude::*;

use super::Act;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, NodeId};
use crate::sim::command::Command;
use crate::sim::view::{ClusterView, Divergence};
use crate::t;
use crate::ui::parts::dialog::Dialog;
use crate::ui::words::names_in;

/// The most transactions that are shown.
const SHOWN: usize = 50;

/// What the reader is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Bring a server back that has what the primary has not.
    Return(NodeId),
    /// Promote a server that lacks what the primary has.
    Promote(NodeId),
}

impl Question {
    /// The server that it is about.
    #[must_use]
    pub fn node(self) -> NodeId {
        match self {
            Question::Return(node) | Question::Promote(node) => node,
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct DiscardProps {
    /// Unique id of the heading.
    pub id: String,
    pub question: Question,
    /// What would be discarded; `None` is nothing.
    pub divergence: Option<Rc<Divergence>>,
    pub view: Rc<ClusterView>,
    pub act: Act,
    pub on_close: Callback<()>,
}

/// The dialog.
#[component]
pub fn Discard(props: &DiscardProps) -> Html {
    let names = names_in(&props.view);
    let node = names.name(Addr::Node(props.question.node())).to_owned();
    let mysql = props.view.flavor == Flavor::Mysql;
    let choice = |label: String, why: &'static str, danger: bool, command: Option<Command>| {
        let (act, on_close) = (props.act.clone(), props.on_close.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            on_close.emit(());
            if let Some(command) = &command {
                act.emit(command.clone());
            }
        });
        html! {
            <p class="discard-choice">
                <button type="button" class={classes!("button", danger.then_some("is-danger"))} {onclick}>{ label }</button>
                <span>{ why }</span>
            </p>
        }
    };
    let name: std::sync::Arc<str> = node.as_str().into();
    let (title, choices) = match props.question {
        Question::Return(_) => {
            let reclone = choice(
                t!("discard.reclone").to_owned(),
                t!("discard.reclone-does"),
                true,
                Some(Command::Reclone { node: name.clone() }),
            );
            let keep = choice(t!("discard.keep").to_owned(), t!("discard.keep-does"), false, None);
            let rewind = choice(
                t!("discard.rewind").to_owned(),
                t!("discard.rewind-does"),
                true,
                Some(Command::Rewind { node: name.clone() }),
            );
            let title = if mysql { t!("discard.errant", node = node) } else { t!("discard.rewind-node", node = node) };
            (title, html! { <>if !mysql { { rewind } }{ reclone }{ keep }</> })
        }
        Question::Promote(_) => {
            let promote = choice(
                t!("discard.promote", node = node),
                t!("discard.promote-does"),
                true,
                Some(Command::Promote { node: name.clone() }),
            );
            let keep = choice(t!("discard.no").to_owned(), t!("discard.no-does"), false, None);
            (t!("discard.promote-asked", node = node), html! { <>{ promote }{ keep }</> })
        }
    };
    html! {
        <Dialog {title} id={props.id.clone()} on_close={props.on_close.clone()}>
            { told(props, &node) }
            { choices }
        </Dialog>
    }
}

/// What would be discarded, in a sentence and as a list.
fn told(props: &DiscardProps, node: &str) -> Html {
    let names = names_in(&props.view);
    let Some(divergence) = &props.divergence else {
        return html! { <p>{ t!("discard.nothing", node = node) }</p> };
    };
    let (has, lacks) = (names.name(Addr::Node(divergence.has)), names.name(Addr::Node(divergence.lacks)));
    let n = divergence.total;
    let has_not = match divergence.fork {
        Some((timeline, at)) => {
            t!("discard.since", has = has, lacks = lacks, n = n, at = at, timeline = timeline)
        }
        None => t!("discard.has-not", has = has, lacks = lacks, n = n),
    };
    let more = divergence.total.saturating_sub(SHOWN as u64);
    html! {
        <>
            <p>{ has_not }</p>
            <ol class="discard-list" tabindex="0" aria-label={t!("discard.list")}>
                { for divergence.listed.iter().take(SHOWN).map(|one| {
                    let client = one.txn.map(|txn| names.name(Addr::Client(txn.session.client)).to_owned());
                    let at = one.gtid.as_deref().unwrap_or(&one.at);
                    let place = match client {
                        Some(client) => t!("discard.at-by", at = at, client = client),
                        None => t!("discard.at", at = at),
                    };
                    html! {
                        <li><code>{ one.changes.join("; ") }</code>
                            { " " }{ place }</li>
                    }
                }) }
            </ol>
            if more > 0 {
                <p>{ t!("discard.more", n = more) }</p>
            }
        </>
    }
}
