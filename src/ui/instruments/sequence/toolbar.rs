//! Above the diagram: which kinds and lanes are shown (a legend at once), how much time, and what else can be done.

use std::rc::Rc;

use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::engine::ids::Addr;
use crate::t;
use crate::ui::exchange::{KindSet, Kinds, Lanes};
use crate::ui::parts::icon::{Icon, Picture};
use crate::ui::ties::FollowChip;

/// Something that is wanted of the diagram.
#[derive(Clone, Copy)]
pub enum Deed {
    /// Show or hide kinds of message.
    Kind(Kinds),
    /// Show or hide a lane.
    Lane(Addr),
    /// Less time in view.
    In,
    /// More time in view.
    Out,
    /// Follow the present.
    Present,
    /// Show or hide the list.
    List,
    /// Save the diagram.
    File,
}

#[derive(Properties, PartialEq)]
pub struct ToolbarProps {
    pub flavor: Flavor,
    pub kinds: KindSet,
    pub lanes: Lanes,
    pub hidden: Rc<Vec<Addr>>,
    /// Whether there are leases.
    pub leases: bool,
    /// Whether the view follows the present.
    pub follows: bool,
    /// Whether the list is shown.
    pub listed: bool,
    pub on_deed: Callback<Deed>,
}

#[component]
pub fn Toolbar(props: &ToolbarProps) -> Html {
    let on = |deed: Deed| props.on_deed.reform(move |_: MouseEvent| deed);
    let kinds = Kinds::ALL.into_iter().filter(|kinds| props.leases || *kinds != Kinds::Lease);
    html! {
        <div class="sequence-bar">
            <FollowChip />
            <div class="sequence-kinds" role="group" aria-label={t!("sequence-view.kinds")}>
                { for kinds.map(|kinds| html! {
                    <button key={kinds as u8} type="button" class={classes!("chip", "kind", kinds.class())}
                        aria-pressed={props.kinds.has(kinds).to_string()} onclick={on(Deed::Kind(kinds))}>
                        { kinds.label(props.flavor) }
                    </button>
                }) }
            </div>
            <details class="sequence-lanes">
                <summary class="chip">{ if props.hidden.is_empty() { t!("sequence-view.lanes") } else { t!("sequence-view.lanes-hidden") } }</summary>
                <div class="sequence-sheet" role="group" aria-label={t!("sequence-view.lanes-shown")}>
                    { for props.lanes.iter().map(|lane| {
                        let who = lane.who;
                        let onchange = props.on_deed.reform(move |_: Event| Deed::Lane(who));
                        html! {
                            <label key={who.to_string()}>
                                <input type="checkbox" checked={!props.hidden.contains(&who)} {onchange} />
                                { lane.name.clone() }
                            </label>
                        }
                    }) }
                </div>
            </details>
            <div class="sequence-acts" role="group" aria-label={t!("sequence-view.view")}>
                <button type="button" class="chip" aria-pressed={props.follows.to_string()} title={t!("sequence-view.follow")}
                    onclick={on(Deed::Present)}>{ t!("sequence-view.present") }</button>
                <button type="button" class="chip is-icon" aria-label={t!("sequence-view.out")} title={t!("sequence-view.out-key")} onclick={on(Deed::Out)}>
                    <Icon picture={Picture::Minus} />
                </button>
                <button type="button" class="chip is-icon" aria-label={t!("sequence-view.in")} title={t!("sequence-view.in-key")} onclick={on(Deed::In)}>
                    <Icon picture={Picture::Plus} />
                </button>
                <button type="button" class="chip" aria-pressed={props.listed.to_string()} title={t!("sequence-view.list-title")}
                    onclick={on(Deed::List)}>{ t!("sequence-view.list") }</button>
                <button type="button" class="chip" title={t!("sequence-view.svg")} onclick={on(Deed::File)}>{ "SVG" }</button>
            </div>
        </div>
    }
}
