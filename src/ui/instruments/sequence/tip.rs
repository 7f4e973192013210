//! All that the trace says of the message that is pointed at, and what can be done with it.

use std::rc::Rc;

use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::*;

use super::Kept;
use crate::engine::ids::TxnId;
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::exchange::{End, Line, facts, label, line_title};
use crate::ui::explain::Topic;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::parts::explain::Explain;
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::plan::Point;
use crate::ui::ties::{Tie, Ties};
use crate::ui::words::names_in;

/// Writes in one message that can be followed from here.
const MOST_WRITES: usize = 3;

#[derive(Properties, PartialEq)]
pub struct TipProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    pub diagram: Kept,
    pub ties: Ties,
    pub line: Line,
    /// Where it is, on the canvas.
    pub at: Point,
    /// Whether it stays, and can be used.
    pub pinned: bool,
    pub on_close: Callback<()>,
}

#[component]
pub fn Tip(props: &TipProps) -> Html {
    let node = use_node_ref();
    {
        let at = props.at;
        let id = props.line.id;
        use_effect_with((node.clone(), id, props.pinned, at.x as i32, at.y as i32), move |(node, ..)| {
            let Some(tip) = node.cast::<Element>() else { return };
            let Some(place) = tip.parent_element() else { return };
            let (place, size, room) =
                (place.get_bounding_client_rect(), tip.get_bounding_client_rect(), dom::window_size());
            let right = place.x() + at.x + 14.0;
            let x = if right + size.width() + 8.0 > room.0 { place.x() + at.x - size.width() - 14.0 } else { right };
            let y = place.y() + at.y - size.height() - 10.0;
            let y = if y < 8.0 { place.y() + at.y + 14.0 } else { y };
            let (most_x, most_y) = (room.0 - size.width() - 8.0, room.1 - size.height() - 8.0);
            dom::set_property(&tip, "--x", &format!("{:.0}px", x.min(most_x).max(8.0)));
            dom::set_property(&tip, "--y", &format!("{:.0}px", y.min(most_y).max(8.0)));
        });
    }
    // How a message ended may have become known since it was pointed at.
    let line =
        props.diagram.0.with_chart(|chart| chart.line(props.line.id).cloned()).unwrap_or_else(|| props.line.clone());
    let (names, flavor) = (names_in(&props.view), props.view.flavor);
    let name = |txn: TxnId| props.lab.with(|s| s.names().txn(txn));
    let writes =
        if props.pinned { props.diagram.0.with_chart(|chart| chart.writes_of(&line, MOST_WRITES)) } else { Vec::new() };
    let go = |number: u64| {
        let lab = props.lab.clone();
        Callback::from(move |_: MouseEvent| {
            lab.seek_event(number);
        })
    };
    let arrival = match line.end {
        End::Arrived(at) | End::Lost(at, _) => Some(at),
        End::Flying => None,
    };
    let close = props.on_close.reform(|_: MouseEvent| ());
    let onkeydown = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                on_close.emit(());
            }
        })
    };
    html! {
        <div ref={node} class={classes!("sequence-tip", props.pinned.then_some("is-pinned"))} {onkeydown}
            role={if props.pinned { "dialog" } else { "tooltip" }} aria-label={t!("sequence-view.message")}>
            <strong>
                { line_title(&line, &names, flavor) }
                if props.pinned {
                    <Explain topic={Topic::message(line.kind)} name={AttrValue::from(label(&line, flavor))} />
                }
            </strong>
            <dl>
                { for facts(&line, flavor, name).into_iter().map(|(what, much)| html! {
                    <><dt>{ what }</dt><dd>{ much }</dd></>
                }) }
            </dl>
            if props.pinned {
                <div class="sequence-tip-acts">
                    <button type="button" class="chip" onclick={go(line.number)}>{ t!("sequence-view.to-sending") }</button>
                    if let Some(at) = arrival {
                        <button type="button" class="chip" onclick={
                            let lab = props.lab.clone();
                            Callback::from(move |_: MouseEvent| {
                                lab.set_playing(false);
                                lab.seek(at);
                            })
                        }>{ t!("sequence-view.to-arrival") }</button>
                    }
                    { for writes.into_iter().map(|txn| {
                        let first = props.diagram.0.with_chart(|chart| chart.first_of(txn)).unwrap_or(line.sent);
                        let on = props.ties.on.clone();
                        let onclick = Callback::from(move |_: MouseEvent| on.emit(Tie::Follow(txn, first)));
                        html! { <button type="button" class="chip" {onclick}>{ t!("events.follow", who = name(txn)) }</button> }
                    }) }
                    <button type="button" class="chip is-icon" aria-label={t!("sequence-view.close")} onclick={close}><Icon picture={Picture::Cross} /></button>
                </div>
            }
        </div>
    }
}
