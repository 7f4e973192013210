//! What the judges found: broken promises in plain sentences, the newest first.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::check::Kind;
use crate::check::why::Question;
use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::t;
use crate::ui::lab::{Finding, Lab, use_kept, wall_ms};
use crate::ui::why::Why;
use crate::ui::words::clock_parts;

#[derive(Properties)]
pub struct FindingsProps {
    pub lab: Lab,
    /// Grows with every event that says something.
    pub revision: u64,
    /// Counts the jumps in time.
    pub jumps: u64,
    /// Somebody wants to see an event of the trace.
    pub on_event: Callback<u64>,
}

impl PartialEq for FindingsProps {
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab && self.revision == other.revision && self.jumps == other.jumps
    }
}

/// The newest findings that are listed.
const LISTED: usize = 100;
/// Between two judgements of linearizability, in milliseconds of wall time.
const JUDGE_EVERY_MS: u32 = 1_500;
/// A judgement may take one part in so many of the time.
const JUDGE_SHARE: f64 = 20.0;

/// A kind in people's words.
pub fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::LostWrite => t!("findings.lost-write"),
        Kind::StaleRead => t!("findings.stale-read"),
        Kind::ReadYourWrites => t!("findings.read-your-writes"),
        Kind::MonotonicReads => t!("findings.monotonic-reads"),
        Kind::MonotonicWrites => t!("findings.monotonic-writes"),
        Kind::WritesFollowReads => t!("findings.writes-follow-reads"),
        Kind::Linearizability => t!("findings.linearizability"),
        Kind::SplitBrain => t!("findings.split-brain"),
        Kind::Divergence => t!("findings.divergence"),
    }
}

/// Whether there is a chain of causes for it.
fn has_chain(kind: Kind) -> bool {
    matches!(kind, Kind::LostWrite | Kind::StaleRead | Kind::ReadYourWrites | Kind::MonotonicReads)
}

/// What is promised, and broken here.
pub fn promise(kind: Kind) -> &'static str {
    match kind {
        Kind::LostWrite => t!("findings.lost-write-promise"),
        Kind::StaleRead => t!("findings.stale-read-promise"),
        Kind::ReadYourWrites => t!("findings.read-your-writes-promise"),
        Kind::MonotonicReads => t!("findings.monotonic-reads-promise"),
        Kind::MonotonicWrites => t!("findings.monotonic-writes-promise"),
        Kind::WritesFollowReads => t!("findings.writes-follow-reads-promise"),
        Kind::Linearizability => {
            t!("findings.linearizability-promise")
        }
        Kind::SplitBrain => t!("findings.split-brain-promise"),
        Kind::Divergence => t!("findings.divergence-promise"),
    }
}

/// What was judged last, and when.
#[derive(Clone, PartialEq, Default)]
struct Judged {
    found: Rc<Vec<Finding>>,
    at: Option<SimTime>,
}

/// Judges linearizability while somebody looks, at a cost that is bounded: it takes all operations on each row at once.
#[hook]
fn use_linearizability(lab: &Lab, revision: u64, jumps: u64) -> Judged {
    let judged = use_state(Judged::default);
    let timer = use_mut_ref(|| None::<Timeout>);
    let wait_ms = use_mut_ref(|| 0_u32);
    {
        let (lab, judged) = (lab.clone(), judged.setter());
        use_effect_with((revision, jumps), move |_| {
            if timer.borrow().is_some() {
                return;
            }
            let (again, due_in) = (timer.clone(), *wait_ms.borrow());
            *timer.borrow_mut() = Some(Timeout::new(due_in, move || {
                *again.borrow_mut() = None;
                let began = wall_ms();
                let (at, found) = lab.with(|s| (s.now(), s.not_linearizable()));
                let took = wall_ms() - began;
                *wait_ms.borrow_mut() = JUDGE_EVERY_MS.max((took * JUDGE_SHARE) as u32);
                judged.set(Judged { found: Rc::new(found), at: Some(at) });
            }));
        });
    }
    (*judged).clone()
}

/// The list of findings.
#[component]
pub fn Findings(props: &FindingsProps) -> Html {
    let wanted = use_kept(&props.lab, "findings-wanted", || None::<Kind>);
    let judged = use_linearizability(&props.lab, props.revision, props.jumps);
    let now = props.lab.now();
    // What was judged at a later instant than the one that is shown is not yet so.
    let rows: Vec<Finding> = judged.found.iter().filter(|found| found.at <= now).cloned().collect();
    let mut counts = props.lab.with(|s| s.finding_counts());
    for (kind, count) in &mut counts {
        if *kind == Kind::Linearizability {
            *count = rows.len() as u64;
        }
    }
    let mut found = props.lab.with(|s| s.findings(*wanted, LISTED));
    if wanted.is_none_or(|kind| kind == Kind::Linearizability) {
        found.extend(rows);
        found.arrange_by_key(|finding| std::cmp::Reverse(finding.at));
        found.truncate(LISTED);
    }
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let matching = wanted.map_or(total, |kind| counts.iter().find(|(k, _)| *k == kind).map_or(0, |(_, n)| *n));
    let filter = |kind: Option<Kind>, label: String| {
        let wanted_now = wanted.clone();
        let onclick = Callback::from(move |_: MouseEvent| wanted_now.set(kind));
        html! {
            <button key={label.clone()} type="button" class="chip" aria-pressed={(*wanted == kind).to_string()}
                title={kind.map(promise)} {onclick}>
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
                <button type="button" class="finding" title={t!("findings.go")} {onclick}>
                    <time>{ at }<span class="clock-fine">{ fine }</span></time>
                    <span><strong>{ words(finding.kind) }</strong>{ " " }{ finding.detail.clone() }</span>
                </button>
                if has_chain(finding.kind) {
                    <Why question={Question::Violation(finding.number)} about={words(finding.kind)} />
                }
            </li>
        }
    };
    let promised = (*wanted).map(promise);
    html! {
        <div class="events findings">
            if total == 0 {
                <p class="empty">{ match judged.at {
                    Some(_) => t!("findings.none"),
                    None => t!("findings.none-yet"),
                } }</p>
            } else {
                <div class="filters" role="group" aria-label={t!("findings.which")}>
                    { filter(None, t!("findings.all", n = total)) }
                    { for counts.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| filter(Some(*kind), format!("{} {n}", words(*kind)))) }
                </div>
                if let Some(promised) = promised {
                    <p class="tables-remark findings-count">{ t!("findings.promised", promise = promised) }</p>
                }
                if (found.len() as u64) < matching {
                    <p class="tables-remark findings-count">{ t!("remarks.newest", n = found.len(), of = matching) }</p>
                }
                <ol class="event-list" aria-label={t!("findings.list")}>{ for found.iter().map(row) }</ol>
            }
        </div>
    }
}
