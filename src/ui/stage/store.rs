//! The failover manager's store: its card, the ring of a lease that runs down, and what can be done to it.

use yew::prelude::*;

use super::actions::{Doing, does};
use super::card::{Card, CardEvent, title};
use crate::engine::ids::Addr;
use crate::engine::trace::Life;
use crate::sim::command::Command;
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::faces::clip;
use crate::ui::leases::{LeaseFace, StoreFace};
use crate::ui::parts::menu::Item;
use crate::ui::plan::Rect;
use crate::ui::words::Tone;

#[derive(Properties, PartialEq)]
pub struct StoreCardProps {
    pub prefix: AttrValue,
    pub face: StoreFace,
    pub rect: Rect,
    pub open: bool,
    pub on_event: Callback<(Addr, CardEvent)>,
}

/// The store's card.
#[component]
pub fn StoreCard(props: &StoreCardProps) -> Html {
    let face = &props.face;
    let (w, h) = (props.rect.w, props.rect.h);
    let tone = face.line_tone.map_or("is-strong", Tone::class);
    let chars = |tone: bool| ((w - 24.0) / if tone { 7.0 } else { 6.2 }) as usize;
    let state = if face.badge.tone == Tone::Lease { "answers".to_owned() } else { face.badge.word.to_lowercase() };
    let label = format!("store, {state}, {}, {}", face.line, face.more);
    html! {
        <Card prefix={props.prefix.clone()} who={Addr::Store} width={w} height={h} open={props.open}
            class={format!("is-lease-store {}", face.badge.tone.class())} {label} on_event={props.on_event.clone()}>
            { title("store", face.badge.word, face.lease.as_ref(), w) }
            <text class={classes!("card-text", tone)} x="12" y="46">{ clip(&face.line, chars(true)) }</text>
            <text class="card-text" x="12" y="63">{ clip(&face.more, chars(false)) }</text>
        </Card>
    }
}

/// A ring of which as much is drawn as is left of a lease.
pub fn ring(lease: &LeaseFace, x: f64, y: f64) -> Html {
    html! {
        <g class={classes!("lease-ring", lease.late.then_some("is-late"))} transform={format!("translate({x:.1} {y:.1})")}>
            <circle class="lease-whole" r="6" />
            <circle class="lease-left" r="6" pathLength="100" transform="rotate(-90)"
                stroke-dasharray={format!("{} 100", lease.left)} />
        </g>
    }
}

/// The items of the store's menu.
pub fn items(view: &ClusterView, doing: &Doing<'_>) -> Vec<Item> {
    let act = doing.act;
    let Some(manager) = &view.manager else { return Vec::new() };
    let node = || "store".into();
    let crash = || {
        let crash = does(act, move || Command::Crash { node: node() });
        Item::danger(t!("menu.crash"), t!("menu.no-renewal"), crash)
    };
    let mut items = match manager.store {
        Life::Running => vec![
            crash(),
            Item::danger(
                t!("menu.freeze"),
                t!("menu.answers-nobody"),
                does(act, move || Command::Pause { node: node() }),
            ),
        ],
        Life::Paused => {
            vec![
                Item::act(t!("menu.thaw"), t!("menu.goes-on"), does(act, move || Command::Resume { node: node() })),
                crash(),
            ]
        }
        _ => {
            vec![Item::act(
                t!("menu.restart"),
                t!("menu.has-all"),
                does(act, move || Command::Restart { node: node() }),
            )]
        }
    };
    items.push(Item::danger(
        t!("menu.isolate"),
        t!("menu.cut-all"),
        does(act, move || Command::Isolate { who: node() }),
    ));
    if view.links.iter().any(|l| (l.ends.0 == Addr::Store || l.ends.1 == Addr::Store) && (l.cut_there || l.cut_back)) {
        items.push(Item::act(
            t!("menu.heal-all"),
            t!("menu.everywhere"),
            does(act, || Command::Heal { between: None }),
        ));
    }
    if let Some(status) = doing.status {
        items.push(Item::Line);
        items.push(Item::act(t!("menu.status"), "patronictl list", status.reform(|()| Addr::Store)));
    }
    items
}
