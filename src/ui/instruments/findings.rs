//! What the judges found: broken promises in plain sentences, the newest first.

use yew::prelude::*;

use crate::check::Kind;
use crate::ui::lab::{Finding, Lab};
use crate::ui::words::clock_parts;

#[derive(Properties)]
pub struct FindingsProps {
    pub lab: Lab,
    /// Grows with every event that says something.
    pub revision: u64,
    /// Somebody wants to see an event of the trace.
    pub on_event: Callback<u64>,
}

impl PartialEq for FindingsProps {
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab && self.revision == other.revision
    }
}

/// The newest findings that are listed.
const LISTED: usize = 100;

/// A kind in people's words.
fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::LostWrite => "Lost writes",
        Kind::StaleRead => "Stale reads",
        Kind::ReadYourWrites => "Read your writes",
        Kind::MonotonicReads => "Monotonic reads",
        Kind::MonotonicWrites => "Monotonic writes",
        Kind::WritesFollowReads => "Writes follow reads",
        Kind::Linearizability => "Linearizability",
        Kind::SplitBrain => "Split brain",
        Kind::Divergence => "Divergence",
    }
}

/// The list of findings.
#[component]
pub fn Findings(props: &FindingsProps) -> Html {
    let wanted = use_state(|| None::<Kind>);
    let counts = props.lab.with(|s| s.finding_counts());
    let found = props.lab.with(|s| s.findings(*wanted, LISTED));
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let matching = wanted.map_or(total, |kind| counts.iter().find(|(k, _)| *k == kind).map_or(0, |(_, n)| *n));
    let filter = |kind: Option<Kind>, label: String| {
        let wanted_now = wanted.clone();
        let onclick = Callback::from(move |_: MouseEvent| wanted_now.set(kind));
        html! {
            <button key={label.clone()} type="button" class="chip" aria-pressed={(*wanted == kind).to_string()} {onclick}>
                { label }
            </button>
        }
    };
    let row = |finding: &Finding| {
        let (at, fine) = clock_parts(finding.at);
        let onclick = {
            let (on_event, event) = (props.on_event.clone(), finding.event);
            Callback::from(move |_: MouseEvent| event.iter().for_each(|event| on_event.emit(*event)))
        };
        html! {
            <li key={finding.number.to_string()}>
                <button type="button" class="finding" title="Show the event that proves it" {onclick}>
                    <time>{ at }<span class="clock-fine">{ fine }</span></time>
                    <span><strong>{ words(finding.kind) }</strong>{ " " }{ finding.detail.clone() }</span>
                </button>
            </li>
        }
    };
    html! {
        <div class="events findings">
            if total == 0 {
                <p class="empty">{ "No promise has been broken so far." }</p>
            } else {
                <div class="filters" role="group" aria-label="Which findings">
                    { filter(None, format!("All {total}")) }
                    { for counts.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| filter(Some(*kind), format!("{} {n}", words(*kind)))) }
                </div>
                if (found.len() as u64) < matching {
                    <p class="tables-remark findings-count">{ format!("the newest {} of {matching}", found.len()) }</p>
                }
                <ol class="event-list" aria-label="Findings">{ for found.iter().map(row) }</ol>
            }
        </div>
    }
}
