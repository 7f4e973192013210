//! A change of the primary step by step, with its own clock: the failure is zero.

use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use crate::engine::time::SimTime;
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::explain::Topic;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::parts::explain::Explain;
use crate::ui::sequence::{Sequence, Step};
use crate::ui::words::{
    Names, Weight, clock, duration, names_in, relative, sentence, sequence_summary, sequence_title,
};

#[derive(Properties)]
pub struct StepsProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event.
    pub revision: u64,
}

impl PartialEq for StepsProps {
    /// The view only gives names: steps change with the revision.
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab && self.revision == other.revision
    }
}

/// A list this near to its end follows the newest step.
const NEAR_END: i32 = 24;

/// The newest sequence, or the one that was chosen; nothing before the first.
#[component]
pub fn Steps(props: &StepsProps) -> Html {
    // By when it began: the oldest are forgotten in time.
    let chosen = use_state(|| None::<SimTime>);
    let list = use_node_ref();
    let names = names_in(&props.view);
    let (heads, shown) = props.lab.with(|s| {
        let all = s.watch().sequences();
        let heads: Vec<(SimTime, String)> = all.all().rev().map(|one| (one.began, head(one, &names))).collect();
        let shown = all.all().rev().find(|one| chosen.is_none_or(|at| at == one.began)).or(all.all().next_back());
        (heads, shown.cloned())
    });
    // Whether the reader is at the end; who scrolls back to read is left alone.
    let following = use_mut_ref(|| true);
    {
        let (list, following, chosen) = (list.clone(), following.clone(), *chosen);
        use_effect_with((chosen, shown.as_ref().map(|shown| shown.steps.len())), move |_| {
            let Some(list) = list.cast::<Element>() else { return };
            // What is over is read from its beginning.
            match chosen {
                Some(_) => list.set_scroll_top(0),
                None if *following.borrow() => list.set_scroll_top(list.scroll_height()),
                None => {}
            }
        });
    }
    let onscroll = Callback::from(move |event: Event| {
        if let Some(list) = dom::element_of(event.target()) {
            *following.borrow_mut() = list.scroll_height() - list.scroll_top() - list.client_height() < NEAR_END;
        }
    });
    let Some(shown) = shown else { return Html::default() };
    let judged = props.lab.with(|s| s.judged(&shown));
    let began = judged.as_ref().map_or(shown.began, |judged| judged.at);
    let choose = {
        let (chosen, newest) = (chosen.clone(), heads.first().map(|(at, _)| *at));
        Callback::from(move |event: Event| {
            // Whoever chooses the newest wants the newest, also when there is another.
            let at = dom::field_value(&event).parse().ok().map(SimTime);
            chosen.set(at.filter(|_| at != newest));
        })
    };
    html! {
        <section class="steps" role="group" aria-label={t!("status.steps")}>
            <header class="steps-head">
                if heads.len() > 1 {
                    <select aria-label={t!("status.which")} onchange={choose}>
                        { for heads.iter().map(|(at, head)| html! {
                            <option key={at.0.to_string()} value={at.0.to_string()} selected={*at == shown.began}>{ head }</option>
                        }) }
                    </select>
                } else {
                    <h2>{ head(&shown, &names) }</h2>
                }
                <p class="steps-summary">
                    { sequence_summary(&shown, judged.as_ref(), &names) }{ " " }
                    <Explain topic={Topic::column("steps", "clock")} words={t!("explain.words.clock")} />{ " " }
                    <Explain topic={Topic::column("steps", "gap")} words={t!("explain.words.gap")} />
                    if props.view.manager.is_some() {
                        { " " }<Explain topic={Topic::column("steps", "lease")} words={t!("explain.words.lease")} />
                    }
                </p>
            </header>
            <ol ref={list} class="step-list" tabindex="0" aria-label={t!("status.steps-list")} {onscroll}>
                { rows(&shown, began, &names, props.view.flavor) }
            </ol>
        </section>
    }
}

fn head(of: &Sequence, names: &Names<'_>) -> String {
    format!("{} {}", clock(of.began), sequence_title(of, names))
}

fn rows(of: &Sequence, began: SimTime, names: &Names<'_>, flavor: crate::engine::flavor::Flavor) -> Html {
    let mut before: Option<SimTime> = None;
    let row = |step: &Step| {
        let said = sentence(&step.what, None, names, flavor)?;
        let gap = before.replace(step.at).map(|then| step.at.since(then)).filter(|us| *us > 0);
        let class = match said.weight {
            Weight::Normal => "step",
            Weight::Mark => "step is-mark",
            Weight::Trouble => "step is-trouble",
        };
        Some(html! {
            <li key={step.number.to_string()} {class}>
                <time>{ relative(step.at, began) }</time>
                <small>{ gap.map_or(String::new(), |us| format!("+{}", duration(us))) }</small>
                <span>{ said.text }</span>
            </li>
        })
    };
    of.steps.iter().filter_map(row).collect::<Html>()
}
