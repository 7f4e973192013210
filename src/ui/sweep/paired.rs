//! Two configurations, seed by seed.

use std::cmp::Ordering;

use yew::prelude::*;

use super::results::time;
use crate::report::sweep::{Difference, Paired};
use crate::t;
use crate::ui::words::decimals;

/// The differences of pairs as a table, with what they mean.
pub fn paired(paired: &Paired) -> Html {
    let rows: [(&'static str, &Difference, bool); 6] = [
        (t!("sweep.lost"), &paired.lost_writes, true),
        (t!("sweep.recovery"), &paired.rto_ms, false),
        (t!("sweep.latency-50"), &paired.commit_p50_ms, false),
        (t!("sweep.latency-99"), &paired.commit_p99_ms, false),
        (t!("sweep.stale"), &paired.stale_reads, true),
        (t!("sweep.indeterminate"), &paired.indeterminate_writes, true),
    ];
    let row = |(name, of, counts): (&'static str, &Difference, bool)| {
        let signed = |figure: f64| {
            let sign = match figure.total_cmp(&0.0) {
                Ordering::Greater if figure > 0.0 => "+",
                Ordering::Less if figure < 0.0 => "−",
                _ => "",
            };
            let size = if counts { (figure.abs() as u64).to_string() } else { time(figure.abs()) };
            format!("{sign}{size}")
        };
        let (verdict, clear) = match (of.lower + of.higher, of.verdict()) {
            _ if of.pairs == 0 => (t!("sweep.verdict-none"), false),
            (0, _) => (t!("sweep.verdict-same"), false),
            (_, Some(Ordering::Less)) => (t!("sweep.verdict-lower"), true),
            (_, Some(Ordering::Greater)) => (t!("sweep.verdict-higher"), true),
            _ => (t!("sweep.verdict-unclear"), false),
        };
        let chance = match of.sign_test_p {
            None => "–".to_owned(),
            Some(p) if p < 0.001 => format!("< {}", decimals(0.001, 3)),
            Some(p) => decimals(p, 3),
        };
        let median = of.second_minus_first.p50.map_or_else(|| "–".to_owned(), signed);
        html! {
            <tr key={name}>
                <th scope="row">{ name }</th>
                { for [of.pairs, of.lower, of.same, of.higher].map(|n| html! { <td>{ n.to_string() }</td> }) }
                <td>{ median }</td>
                <td>{ chance }</td>
                <td class={clear.then_some("is-clear")}>{ verdict }</td>
            </tr>
        }
    };
    let heads = [
        t!("sweep.pairs"),
        t!("sweep.b-lower"),
        t!("sweep.b-same"),
        t!("sweep.b-higher"),
        t!("sweep.median-difference"),
        t!("sweep.chance"),
        t!("sweep.verdict"),
    ];
    let Difference { only_first, only_second, .. } = paired.rto_ms;
    html! {
        <section class="stack is-tight">
            <h3 class="caps">{ t!("sweep.paired") }</h3>
            <div class="table-scroll" tabindex="0" role="group" aria-label={t!("sweep.paired")}>
                <table class="reports sweep-paired">
                    <thead><tr>
                        <th scope="col">{ t!("sweep.of-a-run") }</th>
                        { for heads.map(|name| html! { <th scope="col">{ name }</th> }) }
                    </tr></thead>
                    <tbody>{ for rows.into_iter().map(row) }</tbody>
                </table>
            </div>
            if only_first + only_second > 0 {
                <p>{ t!("sweep.only-one", a = only_first, b = only_second) }</p>
            }
            <p class="hint">{ t!("sweep.about-paired") }</p>
        </section>
    }
}
