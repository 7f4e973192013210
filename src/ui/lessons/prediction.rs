//! A prediction: asked, locked, and held against what the engine measured.

use yew::prelude::*;

use super::given::Given;
use crate::scenario::lesson::{Answer, Ask};
use crate::t;
use crate::ui::parts::dom;
use crate::ui::parts::prose::line;

#[derive(Properties, PartialEq)]
pub(super) struct PredictionProps {
    /// Prefix of ids.
    pub id: AttrValue,
    pub ask: Ask,
    /// What was said, once it is locked.
    pub given: Option<Given>,
    pub on_lock: Callback<String>,
}

/// What was said, in words.
fn said(ask: &Ask, given: &Given) -> String {
    match &ask.answer {
        Answer::Choices(choices) => {
            let choice = given.said.parse::<usize>().ok().and_then(|said| choices.get(said));
            choice.map_or_else(String::new, |choice| choice.words.clone())
        }
        Answer::Number { unit, .. } => format!("{} {unit}", given.said),
    }
}

/// What the engine measured, beside what was said.
pub(super) fn revealed(ask: &Ask, given: &Given) -> Html {
    let Some((measured, right)) = &given.measured else { return Html::default() };
    let verdict = if *right { t!("lessons.right") } else { t!("lessons.wrong") };
    html! {
        <div class={classes!("lesson-reveal", if *right { "is-right" } else { "is-wrong" })}>
            <p><strong>{ verdict }</strong></p>
            <p>{ t!("lessons.compared", said = said(ask, given), measured = measured) }</p>
            <p class="lesson-path"><code>{ format!("{}: {}", ask.measure.path(), given.value) }</code></p>
        </div>
    }
}

#[component]
pub(super) fn Prediction(props: &PredictionProps) -> Html {
    let PredictionProps { id, ask, given, on_lock } = props;
    let choice = use_state(String::new);
    if let Some(given) = given {
        return html! {
            <div class="lesson-ask is-locked">
                <p>{ line(&ask.question) }</p>
                <p>{ t!("lessons.locked") }{ " " }<strong>{ said(ask, given) }</strong></p>
            </div>
        };
    }
    let fits = match &ask.answer {
        Answer::Choices(_) => !choice.is_empty(),
        Answer::Number { .. } => choice.trim().parse::<f64>().is_ok(),
    };
    let lock = {
        let (choice, on_lock) = (choice.clone(), on_lock.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if fits {
                on_lock.emit(choice.trim().to_owned());
            }
        })
    };
    let fields = match &ask.answer {
        Answer::Choices(choices) => html! {
            { for choices.iter().enumerate().map(|(place, option)| {
                let (choice, value) = (choice.clone(), place.to_string());
                let checked = *choice == value;
                let onchange = Callback::from(move |_: Event| choice.set(value.clone()));
                html! {
                    <label class="lesson-choice">
                        <input type="radio" name={id.clone()} {checked} {onchange} />
                        <span>{ line(&option.words) }</span>
                    </label>
                }
            }) }
        },
        Answer::Number { unit, .. } => {
            let oninput = {
                let choice = choice.clone();
                Callback::from(move |event: InputEvent| choice.set(dom::field_value(&event)))
            };
            html! {
                <label class="lesson-number">
                    <input type="number" min="0" step="any" value={(*choice).clone()} {oninput} />
                    <span>{ unit.clone() }</span>
                </label>
            }
        }
    };
    html! {
        <form class="lesson-ask" onsubmit={lock}>
            <fieldset>
                <legend>{ line(&ask.question) }</legend>
                { fields }
            </fieldset>
            <button type="submit" class="button is-primary" disabled={!fits}>{ t!("lessons.lock") }</button>
        </form>
    }
}
