//! Links, as SVG whose way the scene sets: a thin line to see, a fat one to hit.

use web_sys::{KeyboardEvent, MouseEvent};
use yew::prelude::*;

use super::link_id;
use crate::ui::faces::LinkFace;
use crate::ui::plan::Ends;

#[derive(Properties, PartialEq)]
pub struct LinkLineProps {
    pub prefix: AttrValue,
    pub face: LinkFace,
    /// Whether its menu is open.
    pub open: bool,
    pub on_open: Callback<Ends>,
}

/// One link.
#[component]
pub fn LinkLine(props: &LinkLineProps) -> Html {
    let face = &props.face;
    let ends = face.ends;
    let onclick = props.on_open.reform(move |_: MouseEvent| ends);
    let onkeydown = {
        let on_open = props.on_open.clone();
        Callback::from(move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                event.stop_propagation();
                on_open.emit(ends);
            }
        })
    };
    let cut = face.cut_there || face.cut_back;
    html! {
        <g id={link_id(&props.prefix, ends)} class={classes!(face.class, cut.then_some("is-cut"))} tabindex="0"
            role="button" aria-haspopup="menu" aria-expanded={props.open.to_string()} aria-label={face.label.clone()}
            {onclick} {onkeydown}>
            <path class="link-way link-hit" />
            <path class="link-way link-focus" />
            <path class="link-way link-line" />
            if cut {
                <g class="link-cut">
                    <circle r="10" />
                    <path d={match (face.cut_there, face.cut_back) {
                        (true, true) => "M-4 -4L4 4M4 -4L-4 4",
                        // An arrow that runs into a bar: the direction that is cut.
                        (true, false) => "M-6 0H2M-1 -3L2 0L-1 3M5 -5V5",
                        _ => "M6 0H-2M1 -3L-2 0L1 3M-5 -5V5",
                    }} />
                </g>
            }
        </g>
    }
}
