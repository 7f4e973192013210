//! The clock.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::t;
use crate::ui::lab::{Lab, Snapshot, wall_ms};
use crate::ui::words::clock_parts;

#[derive(Properties, PartialEq)]
pub struct ClockProps {
    pub lab: Lab,
    pub snapshot: Rc<Snapshot>,
}

/// How often the clock's digits change while time passes.
const CLOCK_MS: u32 = 100;

/// The instant. Its digits are written straight into the document: they change all the time, and nothing else with them.
#[component]
pub fn Clock(props: &ClockProps) -> Html {
    let (coarse, fine) = (use_node_ref(), use_node_ref());
    let shown_at = use_mut_ref(|| 0.0);
    let show = {
        let (lab, coarse, fine, shown_at) = (props.lab.clone(), coarse.clone(), fine.clone(), shown_at.clone());
        move || {
            *shown_at.borrow_mut() = wall_ms();
            let (long, short) = clock_parts(lab.now());
            if let Some(element) = coarse.cast::<HtmlElement>() {
                element.set_text_content(Some(&long));
            }
            if let Some(element) = fine.cast::<HtmlElement>() {
                element.set_text_content(Some(&short));
            }
        }
    };
    {
        let show = show.clone();
        use_effect_with(props.snapshot.clone(), move |_| show());
    }
    use_effect_with(props.snapshot.playing, move |playing| {
        // With a snapshot they changed just now: the page is laid out once for both.
        let tick = move || {
            if wall_ms() - *shown_at.borrow() > f64::from(CLOCK_MS) - 5.0 {
                show();
            }
        };
        let ticks = playing.then(|| gloo_timers::callback::Interval::new(CLOCK_MS, tick));
        move || drop(ticks)
    });
    html! {
        <span class="clock" title={t!("transport.clock-parts")} role="timer" aria-label={t!("transport.clock")}>
            <span ref={coarse}></span><span ref={fine} class="clock-fine"></span>
        </span>
    }
}
