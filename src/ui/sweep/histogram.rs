//! A histogram that is a table: each bar is a row that can be chosen, read and counted.

use web_sys::{Element, MouseEvent};
use yew::prelude::*;

use super::results::Figure;
use crate::report::sweep::Bar;
use crate::t;
use crate::ui::parts::dom;

#[derive(Properties, PartialEq)]
pub struct HistogramProps {
    pub figure: Figure,
    /// The same bars of each configuration.
    pub bars: Vec<Vec<Bar>>,
    /// Which bar is chosen.
    pub chosen: Option<usize>,
    pub on_choose: Callback<Option<usize>>,
}

/// The histogram: one stop for the keyboard, arrow keys within.
#[component]
pub fn Histogram(props: &HistogramProps) -> Html {
    let table = use_node_ref();
    let HistogramProps { figure, bars, chosen, .. } = props;
    let Some(first) = bars.first() else { return Html::default() };
    let most = bars.iter().flatten().map(|bar| bar.runs).max().unwrap_or(0);
    let onkeydown = {
        let table = table.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(table) = table.cast::<Element>() else { return };
            let buttons = dom::all(&table, ".sweep-bar");
            let focused = dom::element_of(event.target());
            let current = buttons.iter().position(|button| Some(button) == focused.as_ref());
            let next = current.and_then(|current| dom::roving(&event.key(), current, buttons.len(), true));
            if let Some(button) = next.and_then(|next| buttons.get(next)) {
                event.prevent_default();
                dom::focus(button);
            }
        })
    };
    let row = |index: usize, bar: &Bar| {
        let is_chosen = *chosen == Some(index);
        let on_choose = props.on_choose.clone();
        let onclick = Callback::from(move |_: MouseEvent| on_choose.emit((!is_chosen).then_some(index)));
        let words = match (figure.counts(), bar.from == bar.to) {
            (true, true) => figure.show(bar.from),
            _ => t!("sweep.from-to", from = figure.show(bar.from), to = figure.show(bar.to)),
        };
        let runs: Vec<u64> = bars.iter().filter_map(|bars| bars.get(index)).map(|bar| bar.runs).collect();
        html! {
            <tr key={index} class={is_chosen.then_some("is-chosen")}>
                <th scope="row">
                    <button type="button" class="sweep-bar" aria-pressed={is_chosen.to_string()} {onclick}
                        tabindex={if chosen.unwrap_or(0) == index { "0" } else { "-1" }}>{ words }</button>
                </th>
                <td class="sweep-bar-cell">
                    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                        { for runs.iter().enumerate().filter(|(_, runs)| **runs > 0).map(|(which, n)| {
                            // A bar that is not empty is seen.
                            let width = (*n as f64 * 100.0 / most.max(1) as f64).max(0.8);
                            let height = 10.0 / runs.len() as f64;
                            html! {
                                <rect class={["is-first", "is-second"][which.min(1)]} x="0" y={(height * which as f64 + 0.5).to_string()}
                                    width={format!("{width:.1}")} height={(height - 1.0).to_string()} />
                            }
                        }) }
                    </svg>
                </td>
                { for runs.iter().map(|runs| html! { <td class="sweep-bar-runs">{ runs.to_string() }</td> }) }
            </tr>
        }
    };
    html! {
        <section class="sweep-histogram">
            <h4>{ figure.name() }</h4>
            if most == 0 {
                <p class="hint">{ figure.absent() }</p>
            } else {
                <table ref={table} {onkeydown} aria-label={t!("sweep.histogram", figure = figure.name())}>
                    <thead><tr>
                        <th scope="col"><span class="unseen">{ figure.name() }</span></th>
                        <td></td>
                        if bars.len() > 1 {
                            <th scope="col">{ t!("sweep.runs-a") }</th>
                            <th scope="col">{ t!("sweep.runs-b") }</th>
                        } else {
                            <th scope="col">{ t!("sweep.runs") }</th>
                        }
                    </tr></thead>
                    <tbody>{ for first.iter().enumerate().map(|(index, bar)| row(index, bar)) }</tbody>
                </table>
            }
        </section>
    }
}
