//! What ties the regions of the page together: the write that is followed, and whoever is pointed at.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use crate::engine::ids::{Addr, NodeId, TxnId};
use crate::engine::message::Statement;
use crate::engine::time::SimTime;
use crate::engine::trace::{MessageId, What};
use crate::order::OrderedSet;
use crate::sim::recording::BranchId;
use crate::t;
use crate::ui::exchange::Exchange;
use crate::ui::faces::clip;
use crate::ui::lab::{Lab, Snapshot};

/// The most steps of the run that are played again at once for a write's exchange.
const STEPS_AT_ONCE: u64 = 20_000;

/// The write that is followed.
#[derive(Clone)]
pub struct Followed {
    /// Its exchange, as far as it is recorded.
    pub exchange: Rc<Exchange>,
    /// Its messages.
    pub messages: Rc<OrderedSet<MessageId>>,
    /// The write in a few words: `INSERT … by app`.
    pub title: AttrValue,
    /// Counts the wishes to follow one.
    pub times: u32,
    /// Grows when there is more of it.
    revision: u64,
}

impl PartialEq for Followed {
    fn eq(&self, other: &Self) -> bool {
        (self.times, self.revision) == (other.times, other.revision)
    }
}

/// Something that is wanted of the ties.
pub enum Tie {
    /// Follow a transaction that was sent at this instant or later.
    Follow(TxnId, SimTime),
    /// Follow none.
    Release,
    /// Somebody points at a message between these, or at nothing.
    Point(Option<(Addr, Addr)>),
}

/// What ties the regions together.
#[derive(Clone, PartialEq)]
pub struct Ties {
    /// The write that is followed.
    pub followed: Option<Followed>,
    /// Between whom the message is that is pointed at.
    pub pointed: Option<(Addr, Addr)>,
    /// Changes them.
    pub on: Callback<Tie>,
}

impl Ties {
    /// None at all.
    #[must_use]
    pub fn none() -> Ties {
        Ties { followed: None, pointed: None, on: Callback::noop() }
    }
}

#[derive(Clone, Copy, PartialEq)]
struct Wish {
    txn: TxnId,
    since: SimTime,
    times: u32,
}

struct Known {
    wish: Wish,
    branch: (BranchId, SimTime),
    exchange: Exchange,
    followed: Followed,
}

/// The ties of a laboratory; the exchange grows with every snapshot.
#[hook]
pub fn use_ties(lab: &Lab, snapshot: &Snapshot) -> Ties {
    let wish = use_state(|| None::<Wish>);
    let pointed = use_state_eq(|| None::<(Addr, Addr)>);
    let known = use_mut_ref(|| None::<Known>);
    let count = use_mut_ref(|| 0_u32);
    let on = {
        let (wish, pointed) = (wish.setter(), pointed.setter());
        use_callback((), move |tie: Tie, ()| match tie {
            Tie::Follow(txn, since) => {
                *count.borrow_mut() += 1;
                wish.set(Some(Wish { txn, since, times: *count.borrow() }));
            }
            Tie::Release => wish.set(None),
            Tie::Point(ends) => pointed.set(ends),
        })
    };
    let followed = follow(lab, snapshot, *wish, &known);
    Ties { followed, pointed: *pointed, on }
}

fn follow(lab: &Lab, snapshot: &Snapshot, wish: Option<Wish>, known: &RefCell<Option<Known>>) -> Option<Followed> {
    let mut known = known.borrow_mut();
    let Some(wish) = wish else {
        *known = None;
        return None;
    };
    let nodes: Vec<NodeId> = snapshot.view.nodes.iter().map(|node| node.id).collect();
    // Another branch has another future, and so has one that was cut short by a deed.
    let fresh = |one: &Known| one.wish == wish && one.branch.0 == snapshot.branch && snapshot.end >= one.branch.1;
    if !known.as_ref().is_some_and(fresh) {
        *known = None;
    }
    let one = known.get_or_insert_with(|| {
        let exchange = Exchange::new(wish.txn, wish.since);
        let followed = Followed {
            exchange: Rc::new(exchange.clone()),
            messages: Rc::default(),
            title: AttrValue::from(""),
            times: wish.times,
            revision: 0,
        };
        Known { wish, branch: (snapshot.branch, snapshot.end), exchange, followed }
    });
    one.branch.1 = snapshot.end;
    if !one.exchange.is_over(&nodes) || one.followed.revision == 0 {
        let (from, before) = (one.exchange.to(), one.exchange.revision());
        let exchange = &mut one.exchange;
        lab.with(|s| s.events_between(from, snapshot.end, STEPS_AT_ONCE, &mut |event| exchange.note(event)));
        if one.exchange.revision() != before || one.followed.revision == 0 {
            one.followed = Followed {
                exchange: Rc::new(one.exchange.clone()),
                messages: Rc::new(one.exchange.messages().collect()),
                title: title(lab, &one.exchange).into(),
                times: wish.times,
                revision: one.exchange.revision() + 1,
            };
        }
    }
    Some(one.followed.clone())
}

/// The write's statement and who sent it; where the statement is not known, its name.
fn title(lab: &Lab, exchange: &Exchange) -> String {
    let txn = exchange.txn();
    let mut statements = exchange.steps().iter().filter_map(|step| match &step.what {
        What::Submitted { statement, writes, .. } => Some((statement, *writes)),
        _ => None,
    });
    let first = statements.next();
    // A BEGIN says little of what follows.
    let best = first.filter(|(_, writes)| *writes).or_else(|| statements.find(|(_, writes)| *writes)).or(first);
    lab.with(|s| match best {
        Some((Statement::Sql(sql), _)) => {
            let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            t!("ties.by", what = clip(&sql, 44), who = s.names().client(txn.session.client))
        }
        Some((Statement::Upsert { id, value }, _)) => {
            t!("ties.by", what = format!("kv {id} = {value}"), who = s.names().txn(txn))
        }
        _ => s.names().txn(txn),
    })
}

#[derive(Properties, PartialEq)]
pub struct FollowChipProps {
    #[prop_or_default]
    pub class: Classes,
}

/// Says which write is followed, and lets go of it.
#[component]
pub fn FollowChip(props: &FollowChipProps) -> Html {
    let Some(ties) = use_context::<Ties>() else { return Html::default() };
    let Some(followed) = &ties.followed else { return Html::default() };
    let release = ties.on.reform(|_: MouseEvent| Tie::Release);
    html! {
        <span class={classes!("follow-chip", props.class.clone())}>
            <span class="follow-title" title={followed.title.clone()}>{ t!("ties.following") }{ " " }<strong>{ followed.title.clone() }</strong></span>
            <button type="button" class="follow-release" aria-label={t!("ties.release")} onclick={release}>
                <crate::ui::parts::icon::Icon picture={crate::ui::parts::icon::Picture::Cross} />
            </button>
        </span>
    }
}
