//! GTIDs against their text, and sets of them against a naive model.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::engine::ids::NodeId;

const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const B: &str = "01010101-0101-0101-0101-010101010101";

/// Reads a set with `A` and `B` standing for their UUIDs, and prints it the same way, on one line.
fn normal(text: &str) -> Result<String, String> {
    let full = text.replace('A', A).replace('B', B);
    let set: GtidSet = full.parse().map_err(|e: GtidError| e.to_string().replace(A, "A").replace(B, "B"))?;
    Ok(set.separated_by(", ").to_string().replace(A, "A").replace(B, "B"))
}

#[test]
fn a_servers_uuid_is_recognised_by_its_number() {
    assert_eq!(server_uuid(NodeId(0)).to_string(), B);
    assert_eq!(server_uuid(NodeId(10)).to_string(), "0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b");
    assert_eq!(A.parse::<Uuid>().unwrap().to_string(), A);
    assert_eq!(A.to_uppercase().parse::<Uuid>().unwrap().to_string(), A);
    for bad in ["", "3e11fa4771ca11e19e33c80aa9429562", "{3e11fa47-71ca-11e1-9e33-c80aa9429562}", &A.replace('e', "g")]
    {
        assert!(bad.parse::<Uuid>().is_err(), "{bad}");
    }
}

#[test]
fn sets_are_read_and_normalised_as_the_server_does() {
    for (text, normalised) in [
        ("", ""),
        (" \n\t", ""),
        (",", ""),
        (" , ,, ", ""),
        ("A", ""),
        ("A:1", "A:1"),
        ("A:1-5", "A:1-5"),
        ("A:1-1", "A:1"),
        // From the manual, 19.1.3.1: intervals in any order, overlapping or adjacent.
        ("A:1-3:11:47-49", "A:1-3:11:47-49"),
        ("A:1-5:3", "A:1-5"),
        ("A:5:1-4", "A:1-5"),
        ("A:1-3:4-6", "A:1-6"),
        ("A:47-49:1-3:2-11", "A:1-11:47-49"),
        ("A:1,A:3,A:2", "A:1-3"),
        ("A:1-5,\nB:7", "B:7, A:1-5"),
        (" A : 1 - 5 : 7 ,, B :3 ", "B:3, A:1-5:7"),
        // An interval that ends before it begins is empty; so is one without an end.
        ("A:5-3", ""),
        ("A:5-", ""),
        ("A:5-0", ""),
        ("A:5-3:7", "A:7"),
        // `strtoll` with base 0.
        ("A:0x1F", "A:31"),
        ("A:010", "A:8"),
        ("A:+5", "A:5"),
        ("A:1- 5", "A:1-5"),
        ("A:9223372036854775806", "A:9223372036854775806"),
        // Tags, which hold until the next one; blanks alone are the empty tag.
        ("A:tag:1-5", "A:tag:1-5"),
        ("A: Tag_1 :1", "A:tag_1:1"),
        ("A:b:1:a:2:3-4", "A:a:2-4:b:1"),
        ("A:1:a:2,A:3", "A:1:3:a:2"),
        ("A:a:2: :3", "A:3:a:2"),
        ("A:a", ""),
        ("A: ", ""),
        ("A:abcdefghijklmnopqrstuvwxyz012345:1", "A:abcdefghijklmnopqrstuvwxyz012345:1"),
        ("A:1\0garbage", "A:1"),
    ] {
        assert_eq!(normal(text), Ok(normalised.to_owned()), "{text:?}");
    }
}

#[test]
fn text_that_is_no_set_is_refused_in_the_servers_words() {
    for text in [
        "x",
        "A:",
        "A:0",
        "A:-1",
        "A:0-5",
        "A:08",
        "A:1-x",
        "A:1--5",
        "A:1-5-7",
        "A:1 2",
        "A:1;B:1",
        "A:1B:1",
        "A:9223372036854775807",
        "A:1-9223372036854775807",
        "A:99999999999999999999",
        "A:abcdefghijklmnopqrstuvwxyz0123456:1",
        "A:tag-1:1",
        "A:1tag:1",
        "+A:1",
        "Ax:1",
        "3e11fa4771ca11e19e33c80aa9429562:1",
        "A:é:1",
    ] {
        assert_eq!(normal(text), Err(format!("Malformed GTID set specification '{text}'.")), "{text}");
    }
    let error = " x".parse::<GtidSet>().unwrap_err();
    assert_eq!((error.number(), error.to_string().as_str()), (1772, "Malformed GTID set specification 'x'."));
    let long = "é".repeat(150).parse::<GtidSet>().unwrap_err();
    assert_eq!(long.to_string(), format!("Malformed GTID set specification '{}'.", "é".repeat(100)));
}

#[test]
fn one_gtid_is_read_and_printed() {
    let gtid: Gtid = format!(" {} : 23 ", A.to_uppercase()).parse().unwrap();
    assert_eq!((gtid.to_string(), gtid.number), (format!("{A}:23"), 23));
    for bad in ["", A, "x:1", "A:0", "A:1-2", "A:1:2", "A:", "A:x", "A:1,"] {
        let error = bad.replace('A', A).parse::<Gtid>().unwrap_err();
        assert_eq!(error.number(), 1774);
        assert_eq!(error.to_string(), format!("Malformed GTID specification '{}'.", bad.replace('A', A)));
    }
}

#[test]
fn gtid_purged_takes_a_plus() {
    let text = |plus: &str| GtidSet::parse_purged(&format!(" {plus} {A}:1-3")).unwrap();
    assert!(!text("").0);
    assert!(text("+").0);
    assert_eq!(text("+").1, text("").1);
    assert!(GtidSet::parse_purged("++").is_err());
}

#[test]
fn a_set_prints_as_gtid_executed_does() {
    let set: GtidSet = format!("{A}:1-3:5,{B}:7").parse().unwrap();
    assert_eq!(set.to_string(), format!("{B}:7,\n{A}:1-3:5"));
    assert_eq!(set.sources().collect::<Vec<_>>(), [B.parse().unwrap(), A.parse().unwrap()]);
    assert_eq!(serde_json::to_string(&set).unwrap(), format!("\"{B}:7,\\n{A}:1-3:5\""));
    assert_eq!(serde_json::from_str::<GtidSet>(&serde_json::to_string(&set).unwrap()).unwrap(), set);
}

#[test]
fn the_next_free_number_fills_the_first_gap() {
    let a: Uuid = A.parse().unwrap();
    let free = |text: &str| text.replace('A', A).parse::<GtidSet>().unwrap().next_free(a);
    assert_eq!(free(""), Some(1));
    assert_eq!(free("A:2"), Some(1));
    assert_eq!(free("A:1-5:7"), Some(6));
    assert_eq!(free("A:1-5"), Some(6));
    assert_eq!(free("A:t:1-5"), Some(1));
    assert_eq!(free("A:1-9223372036854775806"), None);
    let set: GtidSet = format!("{A}:1-5:7").parse().unwrap();
    assert_eq!([6, 7, 3, 9].map(|from| set.next_free_from(a, from)), [Some(6), Some(8), Some(6), Some(9)]);
    assert_eq!(GtidSet::new().next_free_from(a, u64::MAX), None);
    assert_eq!(set.last_of(a), Some(7));
}

#[test]
fn numbers_that_do_not_exist_are_not_inserted() {
    let source = Uuid(1);
    let mut set = GtidSet::new();
    for (first, last) in [(0, 0), (5, 4), (u64::MAX, u64::MAX)] {
        set.insert_interval(source, Interval { first, last });
        assert!(set.is_empty(), "{first}-{last}");
    }
    set.insert_interval(source, Interval { first: 0, last: u64::MAX });
    assert_eq!(set.count(), GREATEST_NUMBER);
    set.insert_interval(Uuid(2), Interval { first: 1, last: u64::MAX });
    set.insert_interval(Uuid(3), Interval { first: 1, last: u64::MAX });
    assert_eq!(set.count(), u64::MAX);
}

/// The naive model: every single number.
type Model = BTreeSet<(u8, u64)>;

fn build(model: &Model) -> GtidSet {
    model.iter().map(|(node, number)| Gtid { source: server_uuid(NodeId(*node)), number: *number }).collect()
}

fn models() -> impl Strategy<Value = Model> {
    prop::collection::btree_set((0_u8..3, 1_u64..40), 0..60)
}

proptest! {
    #[test]
    fn sets_are_what_the_naive_model_is(a in models(), b in models(), order in any::<u64>()) {
        let (x, y) = (build(&a), build(&b));
        prop_assert_eq!(x.union(&y), build(&(&a | &b)));
        prop_assert_eq!(x.subtract(&y), build(&(&a - &b)));
        prop_assert_eq!(x.intersect(&y), build(&(&a & &b)));
        prop_assert_eq!(x.is_subset_of(&y), a.is_subset(&b));
        prop_assert_eq!(x.count(), a.len() as u64);
        prop_assert_eq!(x.is_empty(), a.is_empty());
        for node in 0..3 {
            let source = server_uuid(NodeId(node));
            for number in 0..42 {
                prop_assert_eq!(x.contains(Gtid { source, number }), a.contains(&(node, number)));
                let free = (number.max(1)..).find(|n| !a.contains(&(node, *n)));
                prop_assert_eq!(x.next_free_from(source, number), free);
            }
        }
        // The order of insertion leaves no trace.
        let mut shuffled: Vec<_> = a.iter().copied().collect();
        shuffled.sort_by_key(|(node, number)| (order ^ (u64::from(*node) << 8 | number)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut other = GtidSet::new();
        for (node, number) in &shuffled {
            let new = other.insert(Gtid { source: server_uuid(NodeId(*node)), number: *number });
            prop_assert!(new);
        }
        prop_assert_eq!(&other, &x);
    }

    #[test]
    fn what_is_printed_reads_back(a in models()) {
        let set = build(&a);
        prop_assert_eq!(set.to_string().parse::<GtidSet>().unwrap(), set.clone());
        let intervals: Vec<Member<'_>> = set.iter().collect();
        for pair in intervals.windows(2) {
            prop_assert!((pair[0].source, pair[0].interval.last + 1) < (pair[1].source, pair[1].interval.first));
        }
    }

    #[test]
    fn overlapping_intervals_in_any_order_are_read_as_their_numbers(
        parts in prop::collection::vec((0_u8..3, 1_u64..40, 0_u64..40), 0..12),
    ) {
        let text: Vec<String> = parts
            .iter()
            .map(|(node, first, last)| format!("{}:{first}-{last}", server_uuid(NodeId(*node))))
            .collect();
        let numbers = parts.iter().flat_map(|(node, first, last)| (*first..=*last).map(|n| (*node, n))).collect();
        prop_assert_eq!(text.join(",").parse::<GtidSet>().unwrap(), build(&numbers));
    }

    #[test]
    fn no_text_panics_and_what_is_accepted_prints_and_reads_back(text in ".{0,60}") {
        let _ = text.parse::<Gtid>();
        for text in [text.clone(), format!("{A}:{text}"), format!("{A}:1-{text}")] {
            if let Ok(set) = text.parse::<GtidSet>() {
                prop_assert_eq!(set.to_string().parse::<GtidSet>().unwrap(), set);
            }
        }
    }

    #[test]
    fn nearly_right_text_never_panics(text in "[ ,:0-9a-fxA-F_+-]{0,40}") {
        if let Ok(set) = format!("{B}:{text}").parse::<GtidSet>() {
            prop_assert_eq!(set.to_string().parse::<GtidSet>().unwrap(), set);
        }
    }
}
