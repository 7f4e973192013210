//! What was seen since a step began: the recording is asked, not the page.

use serde_json::Value;

use super::session::Began;
use crate::engine::ids::ClientId;
use crate::engine::time::SimTime;
use crate::scenario::lesson::{Asked, Seen, Wanted};
use crate::ui::lab::{Lab, Typed};

/// The newest typed statements that are looked at.
const TYPED: usize = 40;

/// Which of the wanted things were done; beside the recording, whether a finding was clicked and which tabs were open.
pub(super) fn done<'w>(
    lab: &Lab,
    began: &Began,
    since: Option<SimTime>,
    (finding, tabs): (bool, &[String]),
    wanted: impl Iterator<Item = &'w Wanted>,
) -> Vec<bool> {
    let snapshot = lab.snapshot();
    lab.with(|simulation| {
        let now = simulation.now();
        let typed: Vec<(Typed, String)> = simulation
            .answers(TYPED)
            .into_iter()
            .filter(|typed| typed.number >= began.typed)
            .map(|typed| {
                let names = simulation.names();
                let by = match (typed.session.client, typed.served_by) {
                    (ClientId::OPERATOR, Some(node)) => names.node(node),
                    (ClientId::OPERATOR, None) => String::new(),
                    (client, _) => names.client(client),
                };
                (typed, by)
            })
            .collect();
        let seen = Seen {
            deeds: simulation.deeds().iter().skip(began.deeds.len()).map(|deed| &deed.command).collect(),
            asked: typed
                .iter()
                .map(|(typed, by)| Asked { sql: &typed.sql, by, succeeded: matches!(&typed.answer, Some((_, Ok(_)))) })
                .collect(),
            playing: snapshot.playing,
            now_us: now.0,
            passed_us: since.map_or(0, |since| now.0.saturating_sub(since.0)),
            jumped: snapshot.jumps != began.jumps,
            went_back: now < began.at,
            tabs,
            finding,
        };
        wanted.map(|wanted| wanted.is_done(&seen)).collect()
    })
}

/// The number of the next statement that is typed.
pub(super) fn next_typed(lab: &Lab) -> u64 {
    lab.with(|simulation| simulation.answers(1).first().map_or(0, |typed| typed.number + 1))
}

/// The live report.
pub(super) fn report(lab: &Lab) -> Value {
    serde_json::to_value(lab.with(|simulation| simulation.report())).unwrap_or_default()
}

/// The names of all servers.
pub(super) fn nodes(lab: &Lab) -> Vec<String> {
    let begun = lab.opening().setup.nodes.iter().map(|node| node.name.to_string());
    let snapshot = lab.snapshot();
    let mut names: Vec<String> = begun.collect();
    for node in &snapshot.view.nodes {
        if !names.contains(&node.name.to_string()) {
            names.push(node.name.to_string());
        }
    }
    names
}
