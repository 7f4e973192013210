//! `patronictl list`: the cluster as the failover manager's store has it.

use crate::engine::facts::Facts;
use crate::engine::failover::{ClusterView, Member, MemberRole, SynchronousMode, Tags};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::order::Arrange;
use crate::sim::World;

/// One member's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberLine {
    /// `Member`, `Host`, `Role`, `State`, `TL`, `Lag in MB`, `Tags`.
    pub cells: [String; 7],
}

/// The columns of `patronictl list`; the last is there when somebody has tags.
pub const MEMBER_HEADS: [&str; 7] = ["Member", "Host", "Role", "State", "TL", "Lag in MB", "Tags"];
/// Columns of figures are set to the right.
const FIGURES: [bool; 7] = [false, false, false, false, true, true, false];

/// The members by name, as `patronictl list` prints them. `None` where there is
/// no manager.
#[must_use]
pub fn members(world: &World) -> Option<Vec<MemberLine>> {
    let view = world.store_view()?;
    let mut lines: Vec<MemberLine> =
        view.members.iter().map(|(node, member)| line(world, view, *node, member)).collect();
    lines.arrange_by(|a, b| a.cells[0].cmp(&b.cells[0]));
    Some(lines)
}

fn line(world: &World, view: &ClusterView, node: NodeId, member: &Member) -> MemberLine {
    let leads = view.leader.is_some_and(|leader| leader.node == node);
    let role = match world.setup().failover.synchronous_mode {
        _ if leads => "Leader",
        SynchronousMode::On if view.sync.standbys.contains(&node) => "Sync Standby",
        SynchronousMode::Quorum if view.sync.standbys.contains(&node) => "Quorum Standby",
        _ => "Replica",
    };
    let state = match member {
        Member { running: false, .. } => "stopped",
        Member { role: MemberRole::Replica, streaming: true, .. } => "streaming",
        Member { .. } => "running",
    };
    // Whole megabytes, as patronictl rounds them. Positions of MySQL's servers are no bytes.
    let lag = match world.setup().flavor == Flavor::Mysql || leads {
        true => String::new(),
        false => (view.last_position.saturating_sub(member.position) / (1 << 20)).to_string(),
    };
    let Tags { nofailover, failover_priority } = member.tags;
    let mut tags = Vec::new();
    if nofailover {
        tags.push("nofailover: true".to_owned());
    }
    if failover_priority != Tags::default().failover_priority {
        tags.push(format!("failover_priority: {failover_priority}"));
    }
    let name = world.name_of(node.into()).to_string();
    let host = Facts::address(node);
    let cells = [name, host, role.into(), state.into(), member.timeline.to_string(), lag, tags.join(", ")];
    MemberLine { cells }
}

/// The whole table.
#[must_use]
pub fn patronictl_list(world: &World) -> Option<String> {
    let lines = members(world)?;
    // The column of tags is there when somebody has one.
    let columns = if lines.iter().any(|line| !line.cells[6].is_empty()) { 7 } else { 6 };
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line.cells[column].chars().count());
        cells.chain([MEMBER_HEADS[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let rule = widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("+");
    let rule = format!("+{rule}+");
    let title = "+ Cluster: lab ";
    let rest: String = rule.chars().skip(title.len()).collect();
    let row = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).zip(FIGURES).map(|((cell, width), figure)| match figure {
            true => format!(" {cell:>width$} "),
            false => format!(" {cell:<width$} "),
        });
        format!("|{}|", cells.collect::<Vec<_>>().join("|"))
    };
    let mut text = vec![format!("{title}{rest}"), row(&MEMBER_HEADS.map(str::to_owned)), rule.clone()];
    text.extend(lines.iter().map(|line| row(&line.cells)));
    text.push(rule);
    Some(text.join("\n"))
}
