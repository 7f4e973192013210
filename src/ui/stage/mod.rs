//! The stage: clients, proxy and servers as cards, links between them, and what travels on the links.
//!
//! Three layers: the links (SVG), the packets (canvas), the cards (SVG). Yew owns the structure of the first and the
//! last; the [`Scene`] places cards and links and draws the canvas.

mod actions;
mod board;
mod card;
mod discard;
mod flows;
mod inspector;
mod legend;
mod link;
mod palette;
mod pen;
mod picture;
mod scene;
mod shapes;
mod store;
mod tied;

use std::rc::Rc;

use yew::prelude::*;

use crate::check::why::Question;
use crate::engine::ids::Addr;
use crate::sim::command::Command;
use crate::t;
use crate::ui::lab::{Lab, Snapshot, use_kept};
use crate::ui::plan::Ends;
use crate::ui::ties::FollowChip;
use crate::ui::why::Why;
use crate::ui::words::{Tone, headline};

pub use actions::add_node;
use board::Board;
pub use board::Scale;
use legend::Legend;

/// Something that a reader did, and what to do when it is refused.
pub type Act = Callback<Command>;

/// The id of a card.
fn card_id(prefix: &str, who: Addr) -> String {
    format!("{prefix}-card-{who}")
}

/// The id of a link.
fn link_id(prefix: &str, ends: Ends) -> String {
    format!("{prefix}-link-{}-{}", ends.0, ends.1)
}

#[derive(Properties, PartialEq)]
pub struct StageProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
    pub act: Act,
    /// Shows a server in the Status instrument, or for the store the whole cluster; nothing where there is none.
    pub on_status: Option<Callback<Addr>>,
    /// Counts changes of the theme: the canvas reads its colours anew.
    pub theme: u32,
    /// How large it is drawn.
    #[prop_or_default]
    pub scale: Scale,
}

/// The stage with its headline and legend.
#[component]
pub fn Stage(props: &StageProps) -> Html {
    let heartbeats = use_kept(&props.lab, "heartbeats", || false);
    let moved = use_state(|| false);
    let tidy = use_state(|| 0_u32);
    let saved = use_state(|| 0_u32);
    let on_save = {
        let saved = saved.clone();
        Callback::from(move |()| saved.set(*saved + 1))
    };
    let line = headline(&props.snapshot.view);
    let toggle = {
        let heartbeats = heartbeats.clone();
        Callback::from(move |()| heartbeats.set(!*heartbeats))
    };
    let on_moved = {
        let moved = moved.setter();
        use_callback((), move |is: bool, ()| moved.set(is))
    };
    let on_tidy = {
        let tidy = tidy.clone();
        Callback::from(move |()| tidy.set(*tidy + 1))
    };
    html! {
        <section class="stage" role={props.lab.part_role()} aria-label={t!("stage-parts.stage")}>
            <p class={classes!("headline", line.tone.map(Tone::class))}>
                <span>
                    // Other words are other elements: a text whose words move counts as a shift of the page's layout.
                    <span class="headline-words" key={format!("{} {}", line.subject, line.rest)}><strong>{ line.subject }</strong>{ " " }{ line.rest }</span>
                    if let Some(node) = line.waits {
                        <Why question={Question::Waiting(node)} about={t!("why.waiting")} />
                    }
                </span>
            </p>
            <Board lab={props.lab.clone()} view={props.snapshot.view.clone()} act={props.act.clone()}
                on_status={props.on_status.clone()} free_name={props.snapshot.free_name.clone()}
                theme={props.theme} heartbeats={*heartbeats} tidy={*tidy} saved={*saved} {on_moved} scale={props.scale} />
            <FollowChip class="is-on-stage" />
            <Legend leases={props.snapshot.view.manager.is_some()} heartbeats={*heartbeats} on_heartbeats={toggle} moved={*moved} {on_tidy} {on_save} />
        </section>
    }
}
