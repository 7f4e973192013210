//! Random histories, judged by the judges and by models that try everything and know no shortcuts.

use proptest::prelude::*;
use replication_lab::check::history::{Function, Guarantee, History, Op, Outcome, Verdict};
use replication_lab::check::linearizability::{self, Action, Answer, Operation, STATES};
use replication_lab::check::zones;

/// What a process does next, by numbers: which function, key and value, and how it ends.
type Step = (u8, u8, u8, u8, u8);

/// Turns numbers into a history: three processes on two keys, some of whose operations overlap. What reads return is
/// mostly something that was written, so that many histories are nearly right.
fn history(steps: &[Step], values: u8, keys: u8) -> History {
    let mut text = String::new();
    let mut open: [Option<(u8, u8, u8)>; 3] = [None; 3];
    let mut next = 1;
    for &(process, what, key, value, end) in steps {
        let (p, key) = (usize::from(process % 3), key % keys);
        match open[p].take() {
            None => {
                let f = what % 5;
                // With many values, each is written once.
                let value = if values > 9 && f < 2 { next } else { value % values };
                next += u8::from(f < 2);
                let (name, value_text) = match f {
                    0 | 1 => ("write", value.to_string()),
                    2 if values <= 9 => ("cas", format!("[{value},{}]", end % values)),
                    _ => ("read", "null".to_owned()),
                };
                text += &format!(
                    "{{\"process\":{p},\"type\":\"invoke\",\"f\":\"{name}\",\"key\":{key},\"value\":{value_text}}}\n"
                );
                open[p] = Some((u8::from(name == "read"), key, value));
            }
            Some((is_read, _, _)) => {
                let (kind, told) = match end % 10 {
                    0 => ("fail", "null".to_owned()),
                    1 | 2 => ("info", "null".to_owned()),
                    _ if is_read == 1 && values > 9 => ("ok", (value % next).to_string()),
                    _ if is_read == 1 => ("ok", (value % values).to_string()),
                    _ => ("ok", "null".to_owned()),
                };
                text += &format!("{{\"process\":{p},\"type\":\"{kind}\",\"value\":{told}}}\n");
            }
        }
    }
    History::read(text.as_bytes(), "0").expect("it is a history")
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()), 0..most)
}

/// Whether some order of a key's operations explains them: tries all.
fn some_order_explains(value: u32, left: &[Operation<u32>]) -> bool {
    if left.iter().all(|operation| operation.returned.is_none()) {
        return true;
    }
    let first_return = left.iter().filter_map(|operation| operation.returned).min().unwrap_or(u64::MAX);
    left.iter().enumerate().any(|(index, operation)| {
        let next = match operation.action {
            Action::Read(seen) => (seen == value).then_some(value),
            Action::Write(new) => Some(new),
            Action::Cas(from, to) => (from == value).then_some(to),
        };
        let mut rest = left.to_vec();
        rest.remove(index);
        operation.invoked < first_return && next.is_some_and(|next| some_order_explains(next, &rest))
    })
}

fn of_key(history: &History, key: u32) -> Vec<Operation<u32>> {
    let of_key = history.ops.iter().filter(|op| op.key == key && op.outcome != Outcome::Failed);
    of_key.filter_map(|op| Some(Operation { action: op.action?, invoked: op.invoked, returned: op.returned })).collect()
}

/// The definitions of `check::history::sessions`, word by word, over every choice of what reads returned and every order
/// of each key's writes.
struct Model<'a> {
    history: &'a History,
    guarantee: Guarantee,
}

impl Model<'_> {
    fn ops(&self) -> &[Op] {
        &self.history.ops
    }

    fn kept(&self) -> bool {
        self.some_choice(&mut vec![None; self.ops().len()], 0)
    }

    /// `found[n]`: what operation n found, `Some(None)` for the initial value.
    fn some_choice(&self, found: &mut Vec<Option<Option<usize>>>, from: usize) -> bool {
        let Some(op) = self.ops().get(from) else {
            return (0..self.history.keys.len() as u32).all(|key| self.some_order(key, found));
        };
        let Some(value) = op.found() else { return self.some_choice(found, from + 1) };
        let mut choices: Vec<Option<usize>> = Vec::new();
        for (number, other) in self.ops().iter().enumerate() {
            let sets = other.key == op.key && other.set() == Some(value) && number != from;
            if sets && op.returned.is_some_and(|returned| other.invoked < returned) {
                choices.push(Some(number));
            }
        }
        if value == self.history.initial {
            choices.push(None);
        }
        if choices.is_empty() {
            return self.some_choice(found, from + 1);
        }
        let fits = choices.into_iter().any(|choice| {
            found[from] = Some(choice);
            self.some_choice(found, from + 1)
        });
        found[from] = None;
        fits
    }

    fn some_order(&self, key: u32, found: &[Option<Option<usize>>]) -> bool {
        let writes: Vec<usize> =
            (0..self.ops().len()).filter(|n| self.ops()[*n].key == key && self.ops()[*n].set().is_some()).collect();
        self.extend(&mut Vec::new(), &writes, key, found)
    }

    fn extend(&self, order: &mut Vec<usize>, left: &[usize], key: u32, found: &[Option<Option<usize>>]) -> bool {
        if left.is_empty() {
            return self.order_fits(order, key, found);
        }
        left.iter().any(|next| {
            let rest: Vec<usize> = left.iter().copied().filter(|other| other != next).collect();
            // Nothing that is left had been acknowledged before this one was sent.
            let too_early = rest
                .iter()
                .any(|other| self.ops()[*other].returned.is_some_and(|returned| returned < self.ops()[*next].invoked));
            order.push(*next);
            let fits = !too_early && self.extend(order, &rest, key, found);
            order.pop();
            fits
        })
    }

    fn order_fits(&self, order: &[usize], key: u32, found: &[Option<Option<usize>>]) -> bool {
        let ops = self.ops();
        let rank = |write: Option<usize>| write.map_or(0, |w| order.iter().position(|o| *o == w).unwrap() + 1);
        let of_key = |n: &usize| ops[*n].key == key;
        let all = || 0..ops.len();
        // What a cas found comes before what it set.
        if all().filter(of_key).any(|n| {
            ops[n].f == Function::Cas && ops[n].set().is_some() && found[n].is_some_and(|f| rank(f) >= rank(Some(n)))
        }) {
            return false;
        }
        all().filter(of_key).all(|n| {
            let Some(now) = found[n] else { return true };
            let before =
                |p: u32, n: usize| all().filter(move |b| ops[*b].process == p && ops[*b].invoked < ops[n].invoked);
            let own = || before(ops[n].process, n);
            match self.guarantee {
                Guarantee::ReadYourWrites => {
                    own().filter(|b| of_key(b) && ops[*b].is_acknowledged_write()).all(|b| rank(Some(b)) <= rank(now))
                }
                Guarantee::MonotonicReads => {
                    own().filter(of_key).filter_map(|b| found[b]).all(|earlier| rank(earlier) <= rank(now))
                }
                Guarantee::MonotonicWrites => own().filter_map(|b| found[b]?).all(|seen| {
                    let earlier = before(ops[seen].process, seen).filter(|w| of_key(w));
                    let mut earlier = earlier.filter(|w| ops[*w].is_acknowledged_write());
                    if ops[seen].key == key {
                        earlier.all(|w| now != Some(w))
                    } else {
                        earlier.all(|w| rank(Some(w)) <= rank(now))
                    }
                }),
                Guarantee::WritesFollowReads => own().filter_map(|b| found[b]?).all(|seen| {
                    let earlier = before(ops[seen].process, seen).filter(|r| of_key(r)).filter_map(|r| found[r]);
                    if ops[seen].key == key {
                        earlier.flatten().all(|read| now != Some(read) || read == seen)
                    } else {
                        earlier.map(rank).all(|read| read <= rank(now))
                    }
                }),
                Guarantee::Linearizable => true,
            }
        })
    }
}

fn sessions_agree(history: &History) -> Result<(), TestCaseError> {
    let judgement = history.judge();
    // Where not even the writes can be ordered, there is nothing to compare.
    if !(Model { history, guarantee: Guarantee::Linearizable }).kept() {
        return Ok(());
    }
    for guarantee in Guarantee::ALL.into_iter().skip(1) {
        let expected = if (Model { history, guarantee }).kept() { Verdict::True } else { Verdict::False };
        prop_assert_eq!(judgement.verdict(guarantee), expected, "{}: {:#?}", guarantee.name(), history);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn linearizability_agrees_with_a_search_through_all_orders(steps in steps(18), values in 2..5_u8) {
        let history = history(&steps, values, 2);
        let expected = (0..history.keys.len() as u32).all(|key| some_order_explains(history.initial, &of_key(&history, key)));
        let found = history.judge().verdict(Guarantee::Linearizable);
        prop_assert_eq!(found, if expected { Verdict::True } else { Verdict::False }, "{:?}", history.ops);
    }

    #[test]
    fn zones_agree_with_a_search_through_all_orders(steps in steps(18)) {
        let history = history(&steps, 200, 1);
        let operations = of_key(&history, 0);
        let expected = some_order_explains(history.initial, &operations);
        let by_zones = zones::check(history.initial, &operations);
        prop_assert_eq!(by_zones.as_ref().map(|answer| *answer == Answer::Linearizable), Some(expected));
        let searched = linearizability::search(history.initial, &operations, STATES);
        prop_assert_eq!(searched == Answer::Linearizable, expected);
    }

    #[test]
    fn sessions_agree_with_their_definitions(steps in steps(22)) {
        sessions_agree(&history(&steps, 200, 2))?;
    }

    #[test]
    fn sessions_agree_with_their_definitions_where_values_come_back(steps in steps(16), values in 2..4_u8) {
        sessions_agree(&history(&steps, values, 2))?;
    }
}
