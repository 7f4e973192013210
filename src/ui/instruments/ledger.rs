//! The ledger: every write, its way and its fate.

use std::rc::Rc;

use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::*;

use crate::check::why::Question;
use crate::engine::ids::{ClientId, TxnId};
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::lab::{Lab, use_kept};
use crate::ui::ledger::{Page, Row, Stop, Which};
use crate::ui::parts::dom;
use crate::ui::parts::explain::head;
use crate::ui::ties::{Tie, Ties};
use crate::ui::why::Why;
use crate::ui::words::{clock_parts, duration};

#[derive(Properties)]
pub struct LedgerProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event that says something.
    pub revision: u64,
}

impl PartialEq for LedgerProps {
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab && self.revision == other.revision
    }
}

/// The newest writes that are listed.
const LISTED: usize = 100;

/// The list of writes with its filters, and the chosen one's stations.
#[component]
pub fn Ledger(props: &LedgerProps) -> Html {
    let which = use_kept(&props.lab, "ledger-which", Which::default);
    let client = use_kept(&props.lab, "ledger-client", || None::<ClientId>);
    let chosen = use_state(|| None::<TxnId>);
    let list = use_node_ref();
    let ties = use_context::<Ties>();
    let page = props.lab.with(|s| s.ledger(*which, *client, LISTED));
    let onkeydown = {
        let list = list.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(list) = list.cast::<Element>() else { return };
            let buttons = dom::all(&list, ".ledger-pick");
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
    let choose_client = {
        let client = client.clone();
        Callback::from(move |event: Event| client.set(dom::field_value(&event).parse().ok().map(ClientId)))
    };
    let download = {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| dom::download("ledger.csv", "text/csv", &lab.with(|s| s.ledger_csv())))
    };
    let in_reach = page.rows.iter().position(|row| Some(row.txn) == *chosen).unwrap_or(0);
    html! {
        <div class="ledger">
            <div class="tables-bar">
                <div class="filters is-inline" role="group" aria-label={t!("ledger-list.which")}>
                    { for Which::ALL.map(|one| filter(one, &which)) }
                </div>
                <label>
                    <span>{ t!("ledger-list.client") }</span>
                    <select aria-label={t!("ledger-list.client")} onchange={choose_client}>
                        <option value="" selected={client.is_none()}>{ t!("ledger-list.all") }</option>
                        { for page.clients.iter().map(|(id, name)| html! {
                            <option key={id.0} value={id.0.to_string()} selected={Some(*id) == *client}>{ name.clone() }</option>
                        }) }
                    </select>
                </label>
                <button type="button" class="chip" onclick={download}>{ t!("ledger-list.csv") }</button>
                <p class="tables-remark ledger-count">{ remark(&page) }</p>
            </div>
            <div class="ledger-parts">
                if page.rows.is_empty() {
                    <p class="empty">{ t!("ledger-list.none") }</p>
                } else {
                    <div class="table-scroll ledger-list" ref={list} tabindex="-1" {onkeydown}>
                        <table>
                            <thead><tr>
                                <th scope="col">{ head("ledger", "write", t!("ledger-list.write")) }</th><th scope="col">{ head("ledger", "sent", t!("ledger-list.sent")) }</th>
                                <th scope="col">{ head("ledger", "what", t!("ledger-list.what")) }</th>
                                <th scope="col">{ head("ledger", "took", t!("ledger-list.took")) }</th><th scope="col">{ head("ledger", "fate", t!("ledger-list.fate")) }</th>
                                <th scope="col"><span class="unseen">{ t!("ledger-list.follow") }</span></th>
                            </tr></thead>
                            <tbody>{ for page.rows.iter().enumerate().map(|(i, row)| line(row, i == in_reach, &chosen, ties.as_ref())) }</tbody>
                        </table>
                    </div>
                }
                { stations(props, *chosen) }
            </div>
        </div>
    }
}

/// How many of how many are shown, so that nobody takes a part for the whole.
fn remark(page: &Page) -> String {
    let Page { rows, matching, attempted, held, .. } = page;
    let gone = attempted.saturating_sub(*held);
    let said = match rows.len() as u64 {
        shown if shown < *matching => t!("remarks.newest", n = shown, of = matching),
        shown => t!("remarks.writes", n = shown, of = attempted),
    };
    if gone > 0 { t!("remarks.no-longer-listed", said = said, n = gone) } else { said }
}

fn filter(one: Which, which: &UseStateHandle<Which>) -> Html {
    let onclick = {
        let which = which.clone();
        Callback::from(move |_: MouseEvent| which.set(one))
    };
    html! {
        <button key={one.label()} type="button" class="chip" aria-pressed={(one == **which).to_string()} {onclick}>
            { one.label() }
        </button>
    }
}

fn line(row: &Row, in_reach: bool, chosen: &UseStateHandle<Option<TxnId>>, ties: Option<&Ties>) -> Html {
    let is_chosen = Some(row.txn) == **chosen;
    let onclick = {
        let (chosen, txn) = (chosen.clone(), row.txn);
        Callback::from(move |_: MouseEvent| chosen.set((!is_chosen).then_some(txn)))
    };
    let (at, fine) = clock_parts(row.submitted);
    html! {
        <tr key={row.name.clone()} class={classes!(is_chosen.then_some("is-chosen"))} onclick={onclick}>
            <th scope="row">
                <button type="button" class="ledger-pick" aria-pressed={is_chosen.to_string()}
                    tabindex={if in_reach { "0" } else { "-1" }}>{ row.name.clone() }</button>
            </th>
            <td class="is-number">{ at }<span class="clock-fine">{ fine }</span></td>
            <td>{ row.what.clone() }</td>
            <td class="is-number">{ row.took_us.map_or_else(|| "…".to_owned(), duration) }</td>
            <td><span class={classes!("fate", row.class)}>{ row.fate }</span></td>
            <td>
                { ties.map(|ties| follow(ties, row, in_reach)).unwrap_or_default() }
                if row.wants_why {
                    { " " }<Why question={Question::Write(row.txn)} about={row.name.clone()}
                        tabindex={Some(if in_reach { "0" } else { "-1" })} />
                }
            </td>
        </tr>
    }
}

/// Follows a write on the stage and in its exchange of messages.
fn follow(ties: &Ties, row: &Row, in_reach: bool) -> Html {
    let (on, txn, since) = (ties.on.clone(), row.txn, row.submitted);
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        on.emit(Tie::Follow(txn, since));
    });
    html! {
        <button type="button" class="ledger-follow" {onclick} tabindex={if in_reach { "0" } else { "-1" }}
            aria-label={t!("ledger-list.follow-one", write = row.name)}>{ t!("ledger-list.follow") }</button>
    }
}

/// The way of one write.
fn stations(props: &LedgerProps, chosen: Option<TxnId>) -> Html {
    let Some(txn) = chosen else {
        return html! { <p class="empty ledger-way">{ t!("ledger-list.choose") }</p> };
    };
    let Some((entry, stops)) = props.lab.with(|s| s.way_of_write(txn)) else {
        return html! { <p class="empty ledger-way">{ t!("ledger-list.counted") }</p> };
    };
    let begun = stops.first().map(|stop| stop.at).unwrap_or_default();
    let stop = |stop: &Stop| {
        let (at, fine) = clock_parts(stop.at);
        html! {
            <tr>
                <th scope="row">{ stop.station.clone() }</th>
                <td>{ stop.place.clone() }</td>
                <td class="is-number">{ at }<span class="clock-fine">{ fine }</span></td>
                <td class="is-number">{ format!("+{}", duration(stop.at.since(begun))) }</td>
            </tr>
        }
    };
    let place = entry.logged_at.as_ref().zip(entry.logged_on.as_ref());
    html! {
        <section class="ledger-way table-scroll" tabindex="0" role="group" aria-label={t!("ledger-list.way", write = entry.txn)}>
            <h2>
                { entry.txn.clone() }
                if entry.fate != "survived" {
                    { " " }<Why question={Question::Write(txn)} about={entry.txn.clone()} />
                }
            </h2>
            <p class="tables-remark">
                { place.map(|(at, server)| t!("ledger-list.in-log", at = at, server = server)).unwrap_or_else(|| t!("ledger-list.in-no-log").to_owned()) }
                { entry.reason.as_ref().map(|reason| format!(" · {reason}")).unwrap_or_default() }
            </p>
            <table>
                <thead><tr>
                    <th scope="col">{ head("ledger", "station", t!("ledger-list.station")) }</th><th scope="col">{ head("ledger", "where", t!("ledger-list.where")) }</th>
                    <th scope="col">{ head("ledger", "at", t!("ledger-list.at")) }</th><th scope="col">{ head("ledger", "after", t!("ledger-list.after")) }</th>
                </tr></thead>
                <tbody>{ for stops.iter().map(stop) }</tbody>
            </table>
        </section>
    }
}
