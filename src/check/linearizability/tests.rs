use super::*;

/// A history as text: a line per operation, `-` its time, its action above. Operations are `w1`, `r1`, `c12` (cas from
/// 1 to 2) between their invocation and return, and end in `?` when their outcome is unknown.
fn history(lines: &[&str]) -> Vec<Operation<u8>> {
    let mut operations = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        let bytes = line.as_bytes();
        let place = |column: usize| (column * 100 + row) as u64;
        let mut column = 0;
        while column < bytes.len() {
            if bytes[column] == b' ' {
                column += 1;
                continue;
            }
            let end = bytes[column..].iter().position(|b| *b == b' ').map_or(bytes.len(), |n| column + n);
            let digit = |offset: usize| bytes[column + offset] - b'0';
            let action = match bytes[column] {
                b'r' => Action::Read(digit(1)),
                b'w' => Action::Write(digit(1)),
                _ => Action::Cas(digit(1), digit(2)),
            };
            let returned = (bytes[end - 1] != b'?').then(|| place(end));
            operations.push(Operation { action, invoked: place(column), returned });
            column = end;
        }
    }
    operations
}

fn answer(lines: &[&str]) -> Answer {
    let history = history(lines);
    let found = search(0, &history, STATES);
    if let Some(by_zones) = zones::check(0, &history) {
        assert_eq!(by_zones == Answer::Linearizable, found == Answer::Linearizable, "{by_zones:?}, {found:?}");
    }
    found
}

fn linearizable(lines: &[&str]) -> bool {
    match answer(lines) {
        Answer::Linearizable => true,
        Answer::Not { .. } => false,
        Answer::Unknown { reason } => panic!("{reason}"),
    }
}

#[test]
fn one_after_the_other() {
    assert!(linearizable(&["r0 w1 r1 w2 r2"]));
    assert!(!linearizable(&["w1 r0"]));
    assert!(!linearizable(&["w1 w2 r1"]));
    assert!(!linearizable(&["r1"]));
    assert!(linearizable(&[]));
}

#[test]
fn overlapping_operations_may_take_either_order() {
    assert!(linearizable(&["w1---- ", "  r0  "]));
    assert!(linearizable(&["w1---- ", "  r1  "]));
    assert!(linearizable(&["w1--    r2", "  w2--"]));
    assert!(linearizable(&["w1--    r1", "  w2--"]));
    // But not both.
    assert!(!linearizable(&["w1--    r1 r2", "  w2--"]));
    assert!(!linearizable(&["w1--    r1", "  w2--      r2"]));
}

#[test]
fn a_value_once_seen_may_not_go_away() {
    // Herlihy and Wing: the write is still open, one reader has seen it, a later one has not.
    assert!(!linearizable(&["w1-----------", "  r1--", "       r0--"]));
    assert!(linearizable(&["w1-----------", "  r0--", "       r1--"]));
    assert!(linearizable(&["w1-----------", "  r1-------", "     r0--"]), "the two reads overlap");
}

#[test]
fn unknown_outcomes_take_effect_at_any_time_or_never() {
    assert!(linearizable(&["w1?  r0 r0"]));
    assert!(linearizable(&["w1?  r0 r1"]));
    assert!(linearizable(&["w1?  r0      r1", "        w2 r2"]));
    assert!(!linearizable(&["w1?  r1 r0"]));
    assert!(!linearizable(&["r1 w1?"]), "not before it was sent");
    // It takes effect once.
    assert!(!linearizable(&["w1?  r1 w2 r2 r1"]));
}

#[test]
fn compare_and_set() {
    assert!(linearizable(&["c01 r1 c12 r2"]));
    assert!(!linearizable(&["c12 r2"]));
    assert!(linearizable(&["c01----", "  c12-- ", "         r2"]));
    assert!(!linearizable(&["c01--", "  c02--"]), "only one can have found the 0");
    assert!(linearizable(&["c01?", "     w2 c23 r3"]));
    assert!(linearizable(&["c01?", "     r0 r1"]));
}

#[test]
fn a_refutation_names_the_operation_and_what_it_stands_against() {
    assert_eq!(answer(&["w1 w2 r1"]), Answer::Not { operation: 2, context: vec![1] });
    let Answer::Not { operation, context } = answer(&["w1-----------", "  r1--", "       r0--"]) else { panic!() };
    assert_eq!((operation, context), (2, vec![0]));
}

#[test]
fn a_long_history_with_many_unknown_outcomes_is_decided() {
    let mut operations = Vec::new();
    let mut place = 0..;
    let mut next = || place.next().unwrap_or(0);
    for i in 1..5_000_u32 {
        let (invoked, returned) = (next(), (i % 50 != 0).then(&mut next));
        operations.push(Operation { action: Action::Write(i), invoked, returned });
        // Of those with unknown outcomes, every other one is seen later.
        let seen = if i % 100 == 50 { Some(i - 1) } else { Some(i) };
        let (invoked, returned) = (next(), Some(next()));
        operations.extend(seen.map(|value| Operation { action: Action::Read(value), invoked, returned }));
    }
    assert_eq!(search(0, &operations, STATES), Answer::Linearizable);
    operations.push(Operation { action: Action::Read(17), invoked: next(), returned: Some(next()) });
    assert!(matches!(search(0, &operations, STATES), Answer::Not { .. }));
}

#[test]
fn many_unknown_outcomes_that_do_the_same_are_counted_and_not_told_apart() {
    // Four hundred times out of sixteen ways to set or swap the same few values, nobody learned what came of it.
    let mut place = 0..;
    let mut next = || place.next().unwrap_or(0);
    let mut operations = Vec::new();
    for i in 0..400_u32 {
        let action = match i % 4 {
            0 => Action::Write(i / 4 % 4),
            _ => Action::Cas(i % 4, i / 4 % 4),
        };
        operations.push(Operation { action, invoked: next(), returned: None });
        let (invoked, returned) = (next(), Some(next()));
        operations.push(Operation { action: Action::Read(i * 7 % 4), invoked, returned });
    }
    assert_ne!(search(0, &operations, STATES), Answer::Unknown { reason: "too many orders are possible" });
}

#[test]
fn too_many_orders_are_given_up() {
    // Forty writes at once, and reads meanwhile.
    let mut operations: Vec<Operation<u8>> = (1..=40)
        .map(|i| Operation { action: Action::Write(i), invoked: u64::from(i), returned: Some(100 + u64::from(i)) })
        .collect();
    for (value, place) in (1..=20).chain(1..=20).zip((0..).step_by(2)) {
        operations.push(Operation { action: Action::Read(value), invoked: 50 + place, returned: Some(51 + place) });
    }
    operations.iter_mut().take(40).for_each(|w| w.returned = w.returned.map(|r| r + 100));
    assert!(matches!(search(0, &operations, 1_000), Answer::Unknown { .. }));
}
