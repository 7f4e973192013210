//! What the judges say of a history.

use crate::order::Arrange;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::order::{Edge, NONE};
use super::sessions::{Kept, Sessions};
use super::{History, Op, Outcome};
use crate::check::linearizability::{self, Action, Answer, Operation, STATES};
use std::collections::BTreeSet;

/// The promises that are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// Some order of the operations on each key, each between its invocation and its return, explains what they returned.
    Linearizable,
    /// A session sees what it wrote.
    ReadYourWrites,
    /// A session does not see an older state than before.
    MonotonicReads,
    /// A session's writes are seen in their order.
    MonotonicWrites,
    /// A session's write is seen after what it had read before.
    WritesFollowReads,
}

impl Guarantee {
    /// All, in the order of reports.
    pub const ALL: [Guarantee; 5] = [
        Guarantee::Linearizable,
        Guarantee::ReadYourWrites,
        Guarantee::MonotonicReads,
        Guarantee::MonotonicWrites,
        Guarantee::WritesFollowReads,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Guarantee::Linearizable => "linearizable",
            Guarantee::ReadYourWrites => "read_your_writes",
            Guarantee::MonotonicReads => "monotonic_reads",
            Guarantee::MonotonicWrites => "monotonic_writes",
            Guarantee::WritesFollowReads => "writes_follow_reads",
        }
    }
}

/// Whether a promise was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was, or nothing shows that it was not.
    True,
    /// It was not.
    False,
    /// It cannot be told.
    Unknown,
}

impl Verdict {
    fn json(self) -> Value {
        match self {
            Verdict::True => json!(true),
            Verdict::False => json!(false),
            Verdict::Unknown => json!("unknown"),
        }
    }
}

/// Why a promise counts as broken, or cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// One sentence.
    pub reason: String,
    /// The key that it is about, by number.
    pub key: Option<u32>,
    /// The operations that prove it, by number.
    pub ops: Vec<u32>,
}

/// What the judges say of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Each promise in the order of [`Guarantee::ALL`], with evidence where it was not kept or cannot be judged.
    pub verdicts: Vec<(Guarantee, Verdict, Option<Evidence>)>,
}

impl Judgement {
    /// The verdict on one promise.
    #[must_use]
    pub fn verdict(&self, guarantee: Guarantee) -> Verdict {
        let found = self.verdicts.iter().find(|(one, ..)| *one == guarantee);
        found.map_or(Verdict::Unknown, |(_, verdict, _)| *verdict)
    }

    /// As JSON: each promise `true`, `false` or `"unknown"`, and `evidence` by promise.
    #[must_use]
    pub fn to_json(&self, history: &History) -> Value {
        let mut all = Map::new();
        let mut evidence = Map::new();
        for (guarantee, verdict, why) in &self.verdicts {
            all.insert(guarantee.name().to_owned(), verdict.json());
            if let Some(why) = why {
                let key = why.key.map(|key| raw(&history.keys[key as usize]));
                let ops: Vec<Value> = why.ops.iter().map(|op| history.op_json(&history.ops[*op as usize])).collect();
                evidence.insert(
                    guarantee.name().to_owned(),
                    json!({ "reason": why.reason, "key": key, "operations": ops }),
                );
            }
        }
        all.insert("evidence".to_owned(), Value::Object(evidence));
        Value::Object(all)
    }
}

/// JSON as it was written. Numbers beyond what a program can hold are told as texts.
fn raw(json: &str) -> Value {
    let value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
    let is_exact = RawValue::from_string(json.to_owned()).is_ok() && !(value.is_f64() && json.len() > 17);
    if is_exact { value } else { Value::String(json.to_owned()) }
}

impl History {
    /// Says of each promise whether it was kept.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        let (linearizable, why) = self.linearizable();
        let mut verdicts = vec![(Guarantee::Linearizable, linearizable, why)];
        let mut sessions = Sessions::new(self);
        for guarantee in Guarantee::ALL.into_iter().skip(1) {
            // An order that explains everything keeps every session's promises as well.
            let kept = if linearizable == Verdict::True { Kept::Yes } else { sessions.judge(guarantee) };
            verdicts.push(match kept {
                Kept::Yes => (guarantee, Verdict::True, None),
                Kept::No(way) => (guarantee, Verdict::False, Some(self.broken(guarantee, &way))),
                Kept::Unknown(reason) => {
                    let evidence = Evidence { reason: reason.to_owned(), key: None, ops: Vec::new() };
                    (guarantee, Verdict::Unknown, Some(evidence))
                }
            });
        }
        Judgement { verdicts }
    }

    /// Each key by itself: a history is linearizable if each of its registers is.
    fn linearizable(&self) -> (Verdict, Option<Evidence>) {
        let mut by_key: Vec<Vec<u32>> = vec![Vec::new(); self.keys.len()];
        for (number, op) in (0..).zip(&self.ops) {
            if op.outcome != Outcome::Failed && op.action.is_some() {
                by_key[op.key as usize].push(number);
            }
        }
        let mut unknown = None;
        for (key, numbers) in (0..).zip(&by_key) {
            let operations: Vec<Operation<u32>> = numbers.iter().filter_map(|number| self.operation(*number)).collect();
            match linearizability::check(self.initial, &operations, STATES) {
                Answer::Linearizable => {}
                Answer::Not { operation, context } => {
                    let mut ops: Vec<u32> = context.iter().map(|index| numbers[*index]).collect();
                    ops.push(numbers[operation]);
                    let reason = self.not_linearizable(&self.ops[numbers[operation] as usize], ops.len() > 1);
                    ops.arrange();
                    return (Verdict::False, Some(Evidence { reason, key: Some(key), ops }));
                }
                Answer::Unknown { reason } => {
                    let reason = format!("the search was given up: {reason}");
                    unknown.get_or_insert(Evidence { reason, key: Some(key), ops: Vec::new() });
                }
            }
        }
        (unknown.as_ref().map_or(Verdict::True, |_| Verdict::Unknown), unknown)
    }

    fn operation(&self, number: u32) -> Option<Operation<u32>> {
        let op = &self.ops[number as usize];
        Some(Operation { action: op.action?, invoked: op.invoked, returned: op.returned })
    }

    fn not_linearizable(&self, op: &Op, with_others: bool) -> String {
        let said = self.says(op);
        let nobody = op.found().is_some_and(|found| {
            found != self.initial && !self.ops.iter().any(|other| other.key == op.key && other.set() == Some(found))
        });
        if nobody {
            return format!("{said}, and nothing that can have happened set that value");
        }
        let others = if with_others { "these operations" } else { "the operations before it" };
        format!("{said}; no order of {others} explains that, each between its invocation and its return")
    }

    /// `process 1 read 3 (line 8)`.
    fn says(&self, op: &Op) -> String {
        let value = |number: u32| self.values.get(number as usize).map_or("", String::as_str);
        let (_, line) = (op.lines.0, op.lines.1.unwrap_or(op.lines.0));
        let process = &self.processes[op.process as usize];
        match op.action {
            Some(Action::Read(found)) => format!("process {process} read {} (line {line})", value(found)),
            Some(Action::Write(set)) => format!("process {process} wrote {} (line {line})", value(set)),
            Some(Action::Cas(from, to)) => {
                format!("process {process} swapped {} for {} (line {line})", value(from), value(to))
            }
            None => format!("process {process} read (line {line})"),
        }
    }

    fn broken(&self, guarantee: Guarantee, way: &[Edge]) -> Evidence {
        let mut ops: BTreeSet<u32> = way.iter().flat_map(|edge| [edge.from, edge.to]).collect();
        ops.extend(way.iter().flat_map(|edge| edge.promise));
        let ops: Vec<u32> = ops.into_iter().filter(|op| (*op as usize) < self.ops.len()).collect();
        let promises = || way.iter().filter(|edge| edge.is_promise());
        // The last read that takes part: only with it the promise was broken.
        let last = promises().filter(|edge| edge.promise[1] != NONE).max_by_key(|edge| edge.promise[0]);
        let Some(edge) = last else {
            return Evidence { reason: "no order of the writes is possible".to_owned(), key: None, ops };
        };
        let op = |number: u32| self.ops.get(number as usize);
        let [read, before, write] = edge.promise.map(|number| op(number).map_or_else(String::new, |op| self.says(op)));
        let mut reason = match guarantee {
            Guarantee::ReadYourWrites => format!("{read}, although it is older than its own: {before}"),
            Guarantee::MonotonicReads => format!("{read}, after it had read what is newer: {before}"),
            Guarantee::MonotonicWrites => {
                format!(
                    "{read}: older than what a session had written before something that was seen, as {before}, which {write}"
                )
            }
            Guarantee::WritesFollowReads => {
                format!(
                    "{read}: older than what a session had read before it wrote what was seen, as {before}, which {write}"
                )
            }
            Guarantee::Linearizable => read,
        };
        let reads: BTreeSet<u32> = promises().map(|edge| edge.promise[0]).collect();
        if reads.len() > 1 && matches!(guarantee, Guarantee::ReadYourWrites | Guarantee::MonotonicReads) {
            reason.push_str("; no one order of the writes suits all of these reads");
        }
        let key = op(edge.promise[0]).map(|op| op.key);
        Evidence { reason, key, ops }
    }

    fn op_json(&self, op: &Op) -> Value {
        let value = |number: u32| self.values.get(number as usize).map_or(Value::Null, |json| raw(json));
        let shown = match op.action {
            Some(Action::Read(found) | Action::Write(found)) => value(found),
            Some(Action::Cas(from, to)) => json!([value(from), value(to)]),
            None => Value::Null,
        };
        json!({
            "process": raw(&self.processes[op.process as usize]),
            "f": op.f.name(),
            "key": raw(&self.keys[op.key as usize]),
            "value": shown,
            "type": op.outcome.name(),
            "lines": std::iter::once(op.lines.0).chain(op.lines.1).collect::<Vec<usize>>(),
            "time_us": [op.times_us.0, op.times_us.1],
        })
    }
}
