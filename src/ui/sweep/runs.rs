//! Single runs of a sweep, the worst first, each to be opened in the laboratory.

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::prelude::*;

use super::course::Course;
use super::results::Figure;
use crate::order::Arrange;
use crate::report::sweep::{Bar, Outcome};
use crate::t;
use crate::ui::parts::dom;

/// The most runs that are listed.
const LISTED: usize = 20;

/// Which runs are listed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// By what they are ordered, the worst first.
    pub by: Figure,
    /// Only those whose figure is in this bar.
    pub bar: Option<Bar>,
    /// Of which configuration.
    pub which: usize,
}

/// The list.
pub fn runs(course: &Rc<Course>, wanted: Wanted, on_want: &Callback<Wanted>, on_open: &Callback<(usize, u64)>) -> Html {
    let Wanted { by, bar, which } = wanted;
    let (mut listed, all) = course.with_outcomes(which, |outcomes| {
        let fits = |outcome: &&Outcome| match bar {
            None => true,
            Some(bar) => by.of(outcome).is_some_and(|figure| bar.has(figure, by.counts())),
        };
        let mut found: Vec<&Outcome> = outcomes.iter().filter(fits).collect();
        let all = found.len();
        let figure = |outcome: &Outcome| by.of(outcome).unwrap_or(-1.0);
        found.arrange_by(|a, b| figure(b).total_cmp(&figure(a)));
        (found.into_iter().take(LISTED).cloned().collect::<Vec<Outcome>>(), all)
    });
    for outcome in &mut listed {
        outcome.faults = course.faults(outcome.seed);
    }
    let choose = {
        let on_want = on_want.clone();
        Callback::from(move |event: Event| {
            let word = dom::field_value(&event);
            if let Some(by) = Figure::ALL.into_iter().find(|figure| figure.name() == word) {
                on_want.emit(Wanted { by, bar: None, which });
            }
        })
    };
    let whose = |this: usize, name: &'static str| {
        let on_want = on_want.clone();
        let onclick = Callback::from(move |_: MouseEvent| on_want.emit(Wanted { which: this, ..wanted }));
        html! { <button type="button" class="chip" aria-pressed={(which == this).to_string()} {onclick}>{ name }</button> }
    };
    let every = {
        let on_want = on_want.clone();
        Callback::from(move |_: MouseEvent| on_want.emit(Wanted { bar: None, ..wanted }))
    };
    let row = |outcome: Outcome| {
        let (seed, on_open) = (outcome.seed, on_open.clone());
        let onclick = Callback::from(move |_: MouseEvent| on_open.emit((which, seed)));
        let figure = |figure: Figure| figure.of(&outcome).map_or_else(|| "–".to_owned(), |value| figure.show(value));
        html! {
            <tr key={seed} data-hash={outcome.trace_hash.clone()}>
                <th scope="row">{ seed.to_string() }</th>
                { for Figure::ALL.map(|one| html! { <td>{ figure(one) }</td> }) }
                <td class="sweep-drawn">{ for outcome.faults.iter().map(|fault| html! { <div>{ fault.clone() }</div> }) }</td>
                <td><button type="button" class="button" aria-label={t!("sweep.open-seed", seed = seed)} {onclick}>{ t!("sweep.open") }</button></td>
            </tr>
        }
    };
    let count = listed.len();
    html! {
        <section class="stack is-tight sweep-runs">
            <h3 class="caps">{ t!("sweep.single") }</h3>
            <div class="sweep-bar-of-runs">
                <label class="field"><span>{ t!("sweep.worst-by") }</span>
                    <select onchange={choose}>
                        { for Figure::ALL.map(|figure| html! { <option value={figure.name()} selected={figure == by}>{ figure.name() }</option> }) }
                    </select>
                </label>
                if course.is_paired() {
                    <span class="twin-choice" role="group" aria-label={t!("sweep.whose")}>{ whose(0, "A") }{ whose(1, "B") }</span>
                }
                if let Some(bar) = bar {
                    <p>
                        { t!("sweep.only-bar", figure = by.name(), from = by.show(bar.from), to = by.show(bar.to)) }{ " " }
                        <button type="button" class="text-button" onclick={every}>{ t!("sweep.every") }</button>
                    </p>
                }
            </div>
            <p class="hint" role="status">{ t!("sweep.listed", n = count, all = all) }</p>
            if count > 0 {
                <div class="table-scroll" tabindex="0" role="group" aria-label={t!("sweep.single")}>
                    <table class="reports">
                        <thead><tr>
                            <th scope="col">{ t!("sweep.seed") }</th>
                            { for Figure::ALL.map(|figure| html! { <th scope="col">{ figure.name() }</th> }) }
                            <th scope="col">{ t!("sweep.drawn") }</th>
                            <td></td>
                        </tr></thead>
                        <tbody>{ for listed.into_iter().map(row) }</tbody>
                    </table>
                </div>
            }
        </section>
    }
}
