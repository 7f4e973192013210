//! Linearizability against a search through all orders.

use proptest::prelude::*;
use replication_lab::check::linearizability::{Action, Answer, Operation, STATES, check};

/// Whether some order explains the history: tries all.
fn some_order_explains(value: u8, left: &[Operation<u8>]) -> bool {
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

fn action() -> impl Strategy<Value = Action<u8>> {
    prop_oneof![
        4 => (0..4_u8).prop_map(Action::Read),
        4 => (1..4_u8).prop_map(Action::Write),
        2 => (0..4_u8, 1..4_u8).prop_map(|(from, to)| Action::Cas(from, to)),
    ]
}

fn history() -> impl Strategy<Value = Vec<Operation<u8>>> {
    prop::collection::vec((action(), 0..20_u64, 0..8_u64, prop::bool::weighted(0.2)), 0..8).prop_map(|operations| {
        operations
            .into_iter()
            .enumerate()
            .map(|(index, (action, begin, length, unknown))| {
                let unknown = unknown && !matches!(action, Action::Read(_));
                let place = |at: u64| at * 100 + index as u64;
                let returned = (!unknown).then(|| place(begin + length) + 50);
                Operation { action, invoked: place(begin), returned }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn agrees_with_a_search_through_all_orders(history in history()) {
        let answer = check(0, &history, STATES);
        prop_assert_eq!(answer == Answer::Linearizable, some_order_explains(0, &history), "{:?}", answer);
        prop_assert!(!matches!(answer, Answer::Unknown { .. }), "{:?}", answer);
    }

    /// Whatever happens one after the other and is explained stays explained when operations take longer.
    #[test]
    fn longer_operations_never_make_a_history_worse(history in history(), more in prop::collection::vec(0..5_u64, 8)) {
        let longer: Vec<Operation<u8>> = history
            .iter()
            .zip(&more)
            .map(|(operation, more)| Operation { returned: operation.returned.map(|at| at + more * 100), ..*operation })
            .collect();
        if check(0, &history, STATES) == Answer::Linearizable {
            prop_assert_eq!(check(0, &longer, STATES), Answer::Linearizable);
        }
    }
}
