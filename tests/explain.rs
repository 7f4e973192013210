//! Everything that the page explains has an explanation in every language: each state of a server, each kind of message,
//! each setting and each column. A new one without words fails here.
#![cfg(not(target_arch = "wasm32"))]

use std::path::Path;

use replication_lab::engine::facts;
use replication_lab::engine::failover::FailoverSetup;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::message::MessageKind;
use replication_lab::engine::settings::registry;
use replication_lab::report::status::{MEMBER_HEADS, View};
use replication_lab::ui::explain::{GLOSSARY, State, Topic, entry, glossary_term, source};
use replication_lab::ui::text::{self, Language};

const FLAVORS: [Flavor; 2] = [Flavor::Postgresql, Flavor::Mysql];

/// Runs a check in every language.
fn in_every_language(check: impl Fn(&str)) {
    for language in Language::ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("www/text/{}.txt", language.code()));
        text::speak(language, &std::fs::read_to_string(&path).unwrap()).unwrap();
        check(language.code());
    }
    text::speak_english();
}

fn explained(topic: &Topic, flavor: Flavor, language: &str) {
    let said = topic.text(flavor).unwrap_or_else(|| panic!("{language}: nothing explains {topic:?} of {flavor:?}"));
    assert!(said.len() > 8, "{language}: {topic:?}: {said}");
    assert!(glossary_term(topic).is_none_or(|term| entry(term).is_some()), "{topic:?}");
}

#[test]
fn every_state_of_a_server() {
    in_every_language(|language| {
        for flavor in FLAVORS {
            for state in State::ALL.into_iter().filter(|state| state.is_of(flavor)) {
                explained(&state.topic(), flavor, language);
                assert!(glossary_term(&state.topic()).is_some(), "{state:?} leads to no term");
            }
        }
    });
}

#[test]
fn every_kind_of_message_with_the_name_that_the_documentation_has_for_it() {
    use MessageKind::*;
    let all = [Query, Result, Cancel, Handshake, Log, Acknowledgement, Heartbeat, Connection, Backup, Lease];
    // A kind that is added stands behind the last.
    assert_eq!(all.map(|kind| kind as usize), std::array::from_fn::<usize, 10, _>(|index| index));
    in_every_language(|language| {
        for flavor in FLAVORS {
            for kind in all {
                explained(&Topic::message(kind), flavor, language);
                assert!(source(&Topic::message(kind), flavor).is_some(), "{kind:?} of {flavor:?} has no source");
            }
        }
    });
}

#[test]
fn every_setting_of_servers_proxy_and_manager() {
    let manager = serde_json::to_value(FailoverSetup::default()).unwrap();
    let manager: Vec<String> = manager
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| *name != "automatic")
        .map(|name| name.trim_end_matches("_us").to_owned())
        .collect();
    assert!(manager.contains(&"ttl".to_owned()));
    let proxy = ["read_policy", "causal_reads", "max_replication_lag", "no_replica"];
    in_every_language(|language| {
        for flavor in FLAVORS {
            for spec in registry(flavor) {
                explained(&Topic::setting(spec.name), flavor, language);
                assert_eq!(source(&Topic::setting(spec.name), flavor), Some(spec.source));
            }
            for name in manager.iter().cloned().chain(proxy.map(str::to_owned)) {
                explained(&Topic::setting(name), flavor, language);
            }
        }
    });
}

/// The columns of a status view; for the counters of semi-synchronous replication also the counters.
fn columns(view: View) -> Vec<String> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match view {
        View::StatReplication | View::StatWalReceiver | View::ReplicationSlots => {
            let view = facts::View::find(Flavor::Postgresql, view.name()).unwrap();
            view.columns.iter().map(|(name, _)| (*name).to_owned()).collect()
        }
        View::ReplicaStatus => names(facts::mysql::REPLICA_STATUS),
        View::BinaryLogs => names(&["Log_name", "File_size", "Encrypted"]),
        View::SemiSync => names(&["Variable_name", "Value"]),
    }
}

#[test]
fn every_column_of_every_status_view() {
    in_every_language(|language| {
        for view in View::ALL {
            let columns = columns(view);
            assert!(columns.len() >= 2, "{view:?}");
            for column in columns {
                let topic = Topic::column(view.name(), column);
                explained(&topic, view.flavor(), language);
                assert!(source(&topic, view.flavor()).is_some(), "{topic:?} has no source");
            }
        }
        for head in MEMBER_HEADS {
            explained(&Topic::column("patronictl-list", head), Flavor::Postgresql, language);
        }
    });
}

#[test]
fn every_counter_of_semi_synchronous_replication() {
    let source = include_str!("../src/engine/commit/semi_sync/status.rs");
    let counters: Vec<&str> =
        source.split('"').filter(|text| text.starts_with("Rpl_semi_sync") && text.is_ascii()).collect();
    assert!(counters.len() >= 14, "{counters:?}");
    in_every_language(|language| {
        for counter in counters.iter().copied().chain(["Rpl_semi_sync_replica_status"]) {
            explained(&Topic::column("semi-sync", counter), Flavor::Mysql, language);
        }
    });
}

/// Topics that the page's own regions ask for, as the code has them: `Topic::column("ledger", "fate")`.
#[test]
fn every_column_of_the_instruments() {
    let mut asked = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui")];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                for call in source.split("head(\"").skip(1) {
                    let mut parts = call.split('"');
                    let (area, between, name) = (parts.next(), parts.next(), parts.next());
                    if let (Some(area), Some(", "), Some(name)) = (area, between, name) {
                        asked.push((area.to_owned(), name.to_owned()));
                    }
                }
            }
        }
    }
    assert!(asked.len() >= 20, "{asked:?}");
    in_every_language(|language| {
        for (area, name) in &asked {
            let topic = Topic::column(Box::leak(area.clone().into_boxed_str()), name.clone());
            for flavor in FLAVORS {
                explained(&topic, flavor, language);
            }
        }
    });
}

#[test]
fn every_term_of_the_glossary_has_both_names_and_what_it_is() {
    in_every_language(|language| {
        for id in GLOSSARY {
            let one = entry(id).unwrap_or_else(|| panic!("{language}: the glossary lacks {id}, or a part of it"));
            assert!(!one.term.is_empty() && !one.postgresql.is_empty() && !one.mysql.is_empty(), "{language}: {id}");
            assert!(one.text.ends_with('.') && one.text.len() > 20 && !one.text.contains('|'), "{language}: {id}");
        }
        let terms = text::find("glossary.term.lsn");
        assert!(terms.is_some());
    });
    let english = include_str!("../www/text/en.txt").split_once("[glossary.term]\n").unwrap().1;
    let there = english.lines().take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once(" = "));
    for (id, _) in there {
        assert!(GLOSSARY.contains(&id), "the page does not list {id}");
    }
}
