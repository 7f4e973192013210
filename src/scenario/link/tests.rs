//! What a stranger could put into an envelope that is in order.

use super::{LinkError, MAX_CONTENT, Shared, VERSION, envelope};

fn link(content: &str) -> String {
    format!("#run={VERSION}.{}", envelope::seal(content.as_bytes()).expect("it is short"))
}

/// What is wrong with a content, in a link's words.
fn problems(content: &str) -> String {
    match Shared::read(&link(content)) {
        Err(LinkError::Content(problems)) => problems.to_string(),
        other => panic!("{content}: {other:?}"),
    }
}

const SCENARIO: &str = r#"{"node": [{"name": "db1"}, {"name": "db2"}]}"#;

fn with(deeds: &str, rest: &str) -> String {
    format!(r#"{{"engine": 1, "scenario": {SCENARIO}, "deeds": [{deeds}], {rest}}}"#)
}

#[test]
fn a_content_that_is_in_order_is_read() {
    let deeds = r#"{"steps": 5, "do": {"time": "1s", "crash": "db1"}}"#;
    let shared = Shared::read(&link(&with(deeds, r#""steps": 9, "at": "2s", "hash": "00ff""#))).expect("it is sound");
    assert_eq!((shared.deeds.len(), shared.moment.steps, shared.trace_hash), (1, 9, Some(255)));
}

#[test]
fn contents_are_checked_as_scenarios_are() {
    let end = r#""steps": 9, "at": "2s""#;
    for (content, told) in [
        ("", "link:1: not valid JSON: EOF while parsing a value"),
        ("7", "link: must be a table, not a whole number"),
        ("{}", "link: \"engine\" is missing"),
        (&with("", r#""steps": 9, "at": "2s", "until": "3s""#), "link: until: unknown key"),
        (&with("", r#""steps": 20000001, "at": "2s""#), "link: steps: must be from 0 to 20000000, not 20000001"),
        (&with("", r#""steps": 1, "at": "25h""#), "link: at: \"25h\" is longer than a day"),
        (&with("", r#""steps": 1, "at": "1s", "hash": "+1""#), "link: hash: must be hexadecimal digits"),
        (
            &with(r#"{"steps": 5, "do": {"time": "1s", "crash": "db3"}}"#, end),
            "link: deeds[0].crash: no node is called \"db3\"; did you mean \"db1\"?",
        ),
        (
            &with(r#"{"steps": 5, "do": {"time": "1s", "crahs": "db1"}}"#, end),
            "link: deeds[0].do.crahs: unknown key; did you mean \"crash\"?",
        ),
        (&with(r#"{"steps": 5, "do": {"time": "1s"}}"#, end), "link: deeds[0].do: names no action"),
        (
            &with(r#"{"steps": 5, "do": {"time": "1s", "set": {"wal_level": "minimal"}}}"#, end),
            "link: deeds[0].set.wal_level: ",
        ),
        (
            &with(r#"{"steps": 5, "do": {"time": "3s", "crash": "db1"}}"#, end),
            "link: steps: comes before what was done last",
        ),
        (
            &with(
                r#"{"steps": 5, "do": {"time": "1s", "crash": "db1"}}, {"steps": 4, "do": {"time": "1s", "crash": "db1"}}"#,
                end,
            ),
            "link: deeds[1]: comes before what was done last",
        ),
        (
            &with("", end).replace("db2", "db1"),
            "link: scenario.node[1].name: \"db1\" is taken already, by node[0].name",
        ),
        (&format!(r#"{{"engine": {}1{}}}"#, "[".repeat(200), "]".repeat(200)), "link:1: not valid JSON: "),
    ] {
        let problems = problems(content);
        assert!(problems.starts_with(told), "{content}\n{problems}");
    }
}

#[test]
fn a_key_that_only_a_newer_laboratory_knows_is_told_as_such() {
    let content = with("", r#""steps": 9, "at": "2s", "until": "3s""#).replacen(": 1,", ": 4000000000,", 1);
    let why = Shared::read(&link(&content)).expect_err("it has an unknown key").to_string();
    assert!(why.starts_with("this link was made by a newer laboratory (its engine is of revision 4000000000"), "{why}");
}

#[test]
fn an_added_server_is_known_to_later_deeds() {
    let added = r#"{"steps": 1, "do": {"time": "1s", "add_node": {"name": "db9"}}}"#;
    let later = r#"{"steps": 2, "do": {"time": "1s", "crash": "db9"}}"#;
    let end = r#""steps": 9, "at": "2s""#;
    assert!(Shared::read(&link(&with(&format!("{added}, {later}"), end))).is_ok());
    assert!(Shared::read(&link(&with(later, end))).is_err());
}

#[test]
fn what_breaks_a_rule_must_be_refused_when_it_is_carried_out() {
    // No server has this name when it is crashed, so that the run refuses it as the shared one did.
    let refused = r#"{"steps": 0, "do": {"time": "0", "crash": "db7"}, "refused": true}"#;
    let shared = Shared::read(&link(&with(refused, r#""steps": 0, "at": "0""#))).expect("it is sound");
    let mut run = crate::sim::Run::new(shared.scenario.setup.clone(), Vec::new(), ()).expect("it is sound");
    assert_eq!(shared.replay().advance(&mut run, shared.moment.at), Ok(()));
    // This one breaks a rule of the format, which a cluster does not mind: no link may do it.
    let accepted = r#"{"steps": 0, "do": {"time": "0", "add_node": {"name": "all"}}, "refused": true}"#;
    let shared = Shared::read(&link(&with(accepted, r#""steps": 0, "at": "0""#))).expect("it is sound");
    let mut run = crate::sim::Run::new(shared.scenario.setup.clone(), Vec::new(), ()).expect("it is sound");
    if let Err(why) = shared.replay().advance(&mut run, shared.moment.at) {
        assert!(why.to_string().contains("was carried out that was refused"), "{why}");
    } else {
        assert!(run.world().node_by_name("all").is_none());
    }
}

#[test]
fn what_unpacks_to_too_much_is_not_unpacked() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b' '; 20 * MAX_CONTENT], 9);
    assert!(bomb.len() < 48_000);
    let mut bytes = (bomb.len() as u16).to_be_bytes().to_vec();
    bytes.extend(crc32c::crc32c(&bomb).to_be_bytes());
    bytes.extend(bomb);
    let link = format!("#run={VERSION}.{}", super::base64url::encode(&bytes));
    assert_eq!(Shared::read(&link), Err(LinkError::Packing));
    let garbage = [0, 3, 0, 0, 0, 0, 0xff, 0xff, 0xff];
    let mut garbage = garbage.to_vec();
    let sum = crc32c::crc32c(&garbage[6..]).to_be_bytes();
    garbage[2..6].copy_from_slice(&sum);
    let link = format!("#run={VERSION}.{}", super::base64url::encode(&garbage));
    assert_eq!(Shared::read(&link), Err(LinkError::Packing));
}
