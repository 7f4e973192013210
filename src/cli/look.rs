//! `replication-lab status` and `replication-lab query`: a server at an instant, asked as its operator would.

use serde_json::{Value as Json, json};

use super::arguments::{QueryArguments, ReportFormat, StatusArguments};
use super::output::{self, Failure, Output};
use super::{Verdict, input};
use crate::engine::ids::NodeId;
use crate::engine::settings::nearest;
use crate::engine::storage::{Outcome, SqlError};
use crate::report::diverged_table;
use crate::report::status::{Layout, Printed, View, patronictl_list};
use crate::sim::World;

/// The view of the whole cluster; all others are those of one server.
const PATRONICTL_LIST: &str = "patronictl-list";

/// What a server has logged and the primary has not: no single server can tell.
const DIVERGED: &str = "diverged";

/// Prints what an operator's tool would show.
pub(super) fn status(arguments: &StatusArguments, output: &mut Output) -> Result<Verdict, Failure> {
    if arguments.view == PATRONICTL_LIST {
        let run = input::run_to(&arguments.instant)?;
        let list = patronictl_list(run.world()).ok_or_else(|| {
            Failure::Other(format!("--as {PATRONICTL_LIST}: there is no manager; set failover.mode = \"automatic\""))
        })?;
        output.line(format_args!("{list}"));
        return Ok(Verdict::Held);
    }
    if arguments.view == DIVERGED {
        let run = input::run_to(&arguments.instant)?;
        let world = run.world();
        let node = match &arguments.node {
            Some(name) => node(world, "--node", name)?,
            None => world.nodes().find(|node| world.diverged(*node).is_some()).unwrap_or_else(|| world.primary()),
        };
        output::note(&format!(
            "this is what {} has and {} has not",
            world.name_of(node.into()),
            world.name_of(world.primary().into())
        ));
        let outcome = diverged_table(world, node);
        let layout = if arguments.expanded { Layout::Expanded } else { Layout::Table };
        let flavor = world.setup().flavor;
        output.line(format_args!("{}", Printed { outcome: &outcome, flavor, layout, least: &[] }));
        return Ok(Verdict::Held);
    }
    let view = view(&arguments.view)?;
    let mut run = input::run_to(&arguments.instant)?;
    let world = run.world_mut();
    let flavor = world.setup().flavor;
    if view.flavor() != flavor {
        let has: Vec<&str> = View::of(flavor).map(View::name).collect();
        return Err(Failure::Other(format!(
            "--as {}: a {flavor} server has no such view; it has {}",
            view.name(),
            has.join(", ")
        )));
    }
    let node = match &arguments.node {
        Some(name) => node(world, "--node", name)?,
        None => {
            let node = view.default_node(world);
            if world.view().nodes.iter().filter(|one| one.role == view.role()).count() > 1 {
                output::note(&format!("this is {}; --node asks another server", world.name_of(node.into())));
            }
            node
        }
    };
    let layout = if arguments.expanded { Layout::Expanded } else { view.layout() };
    let outcome = view.outcome(world, node).map_err(refused)?;
    output.line(format_args!("{}", Printed { outcome: &outcome, flavor, layout, least: &[] }));
    Ok(Verdict::Held)
}

/// Runs a query and prints what it gives.
pub(super) fn query(arguments: &QueryArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let mut run = input::run_to(&arguments.instant)?;
    let world = run.world_mut();
    let flavor = world.setup().flavor;
    let node = node(world, "--on", &arguments.on)?;
    let sql = arguments.sql.trim_end();
    let sql = sql.strip_suffix("\\G").or_else(|| sql.strip_suffix("\\gx")).unwrap_or(sql);
    let outcome = world.query(node, sql).map_err(refused)?;
    match arguments.format {
        ReportFormat::Text => {
            // The terminator that mysql's client takes, and psql's word for the same.
            let expanded = sql.len() < arguments.sql.trim_end().len();
            let layout = if expanded { Layout::Expanded } else { Layout::Table };
            output.line(format_args!("{}", Printed { outcome: &outcome, flavor, layout, least: &[] }));
        }
        ReportFormat::Json => output.line(format_args!("{}", json_of(&outcome)?)),
    }
    Ok(Verdict::Held)
}

fn view(name: &str) -> Result<View, Failure> {
    View::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = View::ALL.into_iter().map(View::name).chain([PATRONICTL_LIST, DIVERGED]).collect();
        let meant = nearest(name, names.iter().copied());
        let meant = meant.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
        Failure::Other(format!("--as {name}: there is no such view{meant} (views: {})", names.join(", ")))
    })
}

fn node(world: &World, argument: &str, name: &str) -> Result<NodeId, Failure> {
    world.node_by_name(name).ok_or_else(|| {
        let names: Vec<_> = world.nodes().map(|node| world.name_of(node.into())).collect();
        let meant = nearest(name, names.iter().map(|name| &**name));
        let meant = meant.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default();
        Failure::Other(format!("{argument} {name}: there is no such server then{meant}"))
    })
}

fn refused(error: SqlError) -> Failure {
    Failure::Other(error.to_string())
}

fn json_of(outcome: &Outcome) -> Result<Json, Failure> {
    let mut rows = serde_json::to_value(&outcome.rows).map_err(|error| Failure::Other(error.to_string()))?;
    for row in rows.as_array_mut().into_iter().flatten() {
        for index in &outcome.booleans {
            if let Some(cell) = row.get_mut(*index) {
                match cell.as_str() {
                    Some("t") => *cell = Json::Bool(true),
                    Some("f") => *cell = Json::Bool(false),
                    _ => {}
                }
            }
        }
    }
    Ok(json!({ "columns": outcome.columns, "rows": rows }))
}
