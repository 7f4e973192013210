//! Whether a text's expectations hold: it is run to its end beside the page, and each is held against what was measured.

use std::rc::Rc;

use yew::prelude::*;

use crate::scenario::{Scenario, show_duration};
use crate::t;
use crate::ui::attempt::Trying;

/// What came of a text's run.
pub fn outcome(trying: &Trying, scenario: Option<&Rc<Scenario>>) -> Html {
    let (Trying::Done(tried), Some(scenario)) = (trying, scenario) else { return Html::default() };
    let Some(outcome) = tried.outcomes.first() else { return Html::default() };
    let broken = outcome.judged.iter().filter(|one| !one.held).count();
    let all = outcome.judged.len();
    html! {
        <div class="stack is-tight">
            if broken == 0 {
                <p class="outcome is-met">{ t!("author.all-hold", n = all) }</p>
            } else {
                <p class="outcome is-warning">{ t!("author.some-do-not-hold", n = broken, all = all) }</p>
            }
            <ul class="conditions">
                { for scenario.expect.iter().zip(&outcome.judged).map(|(one, judged)| html! {
                    <li class={if judged.held { "condition is-held" } else { "condition is-broken" }}>
                        <span class="condition-mark" aria-hidden="true">{ if judged.held { "✓" } else { "✗" } }</span>
                        <div class="condition-detail">
                            <code>{ one.that.text().to_owned() }</code>
                            if let Some(at) = one.at {
                                <span>{ t!("assignment.at", at = show_duration(at.0)) }</span>
                            }
                            if !judged.held {
                                <span class="measured is-broken">{ t!("author.is", value = judged.actual) }</span>
                            }
                        </div>
                    </li>
                }) }
            </ul>
        </div>
    }
}
