//! From events to operations: which completion belongs to which invocation.

use super::operation::{Function, Op, Outcome};
use super::reading::{Event, Kind, Malformed};
use crate::check::linearizability::Action;
use crate::order::Arrange;
use std::collections::BTreeMap;

/// Stands for the one register of a history that names none.
pub(super) const NO_KEY: u32 = u32::MAX;

/// The operations in the order of their invocations, and whether times decided about the order of events.
pub(super) fn pair(events: &[Event], null: Option<u32>) -> Result<(Vec<Op>, bool), Malformed> {
    let times: Option<Vec<i64>> = events.iter().map(|event| event.time_us).collect();
    let reordered = times.as_ref().is_some_and(|times| !times.is_sorted());
    let mut order: Vec<usize> = (0..events.len()).collect();
    // The place of each event.
    let mut places: Vec<u64> = (0..events.len() as u64).collect();
    if let Some(times) = times.filter(|_| reordered) {
        order.arrange_by_key(|index| times[*index]);
        let mut by_time = order.clone();
        // At one instant nothing is known to have ended before something else began.
        by_time.arrange_by_key(|index| (times[*index], events[*index].kind != Kind::Invoke));
        for (place, index) in by_time.into_iter().enumerate() {
            places[index] = place as u64;
        }
    }
    let mut open: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    let mut ops: Vec<Op> = Vec::new();
    for index in order {
        let event = &events[index];
        let fault = |why: String| Malformed { line: event.line, why };
        if event.kind == Kind::Invoke {
            if let Some((_, before)) = open.insert(event.process, (ops.len(), index)) {
                let line = events[before].line;
                return Err(fault(format!(
                    "the process invokes an operation, and that of line {line} has not completed: a process does one \
                     thing after the other"
                )));
            }
            ops.push(invoked(event, places[index]).map_err(fault)?);
        } else {
            let Some((number, before)) = open.remove(&event.process) else {
                let out_of_order = if reordered { " at that time" } else { "" };
                return Err(fault(format!("completes an operation, and its process has invoked none{out_of_order}")));
            };
            complete(&mut ops[number], &events[before], event, places[index], null).map_err(fault)?;
        }
    }
    ops.arrange_by_key(|op| op.invoked);
    Ok((ops, reordered))
}

fn invoked(event: &Event, place: u64) -> Result<Op, String> {
    let Some(f) = event.f else { return Err("lacks \"f\"".to_owned()) };
    let action = match f {
        Function::Read => None,
        Function::Write => match event.value {
            Some(value) => Some(Action::Write(value)),
            None => return Err("a write needs a \"value\" when it is invoked".to_owned()),
        },
        Function::Cas => match event.pair {
            Some((from, to)) => Some(Action::Cas(from, to)),
            None => return Err("a cas needs a \"value\" of two when it is invoked: [from, to]".to_owned()),
        },
    };
    Ok(Op {
        process: event.process,
        key: event.key.unwrap_or(NO_KEY),
        f,
        action,
        outcome: Outcome::Unknown,
        invoked: place,
        returned: None,
        lines: (event.line, None),
        times_us: (event.time_us, None),
    })
}

fn complete(op: &mut Op, begun: &Event, event: &Event, place: u64, null: Option<u32>) -> Result<(), String> {
    let line = begun.line;
    if let Some(f) = event.f.filter(|f| *f != op.f) {
        return Err(format!("completes a {}, and line {line} invoked a {}", f.name(), op.f.name()));
    }
    if event.key.is_some_and(|key| key != op.key) {
        return Err(format!("has another \"key\" than its invocation in line {line}"));
    }
    let told = event.value.filter(|value| Some(*value) != null);
    if op.f != Function::Read && told.is_some() && told != begun.value {
        return Err(format!("has another \"value\" than its invocation in line {line}"));
    }
    op.lines.1 = Some(event.line);
    op.times_us.1 = event.time_us;
    match event.kind {
        Kind::Ok => {
            op.outcome = Outcome::Ok;
            op.returned = Some(place);
            if op.f == Function::Read {
                let Some(value) = event.value else {
                    return Err("a read that is ok needs a \"value\"; null where it found none".to_owned());
                };
                op.action = Some(Action::Read(value));
            }
        }
        Kind::Fail => {
            op.outcome = Outcome::Failed;
            op.returned = Some(place);
        }
        Kind::Invoke | Kind::Info => {}
    }
    Ok(())
}
