//! The common faults, and the way back.

use std::rc::Rc;
use std::sync::Arc;

use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::engine::trace::Life;
use crate::sim::command::{Between, Command};
use crate::sim::setup::Setup;
use crate::sim::view::{ClusterView, NodeView, Role};
use crate::ui::stage::add_node;
use crate::ui::words::{list, running_primary};

#[derive(Properties, PartialEq)]
pub struct FaultsProps {
    pub view: Rc<ClusterView>,
    /// A name for the next server.
    pub free_name: String,
    pub act: Callback<Command>,
}

/// A fault: its words, what it does, and its commands; none when it makes no sense now.
struct Fault {
    label: String,
    hint: String,
    danger: bool,
    commands: Vec<Command>,
}

/// Buttons for the common faults.
#[component]
pub fn Faults(props: &FaultsProps) -> Html {
    let view = &props.view;
    html! {
        <div class="stack">
            <p class="lead">{ "Or act where you look: every card and every link on the stage opens a menu." }</p>
            { group("Break", breaking(view), &props.act) }
            { group("Mend", mending(view), &props.act) }
            { group("Change the cluster", changing(view, &props.free_name), &props.act) }
        </div>
    }
}

fn group(title: &str, faults: Vec<Fault>, act: &Callback<Command>) -> Html {
    html! {
        <section class="stack is-tight">
            <h2 class="caps">{ title.to_owned() }</h2>
            { for faults.into_iter().map(|fault| {
                let (act, disabled) = (act.clone(), fault.commands.is_empty());
                let commands = fault.commands;
                let onclick = Callback::from(move |_: MouseEvent| commands.iter().for_each(|c| act.emit(c.clone())));
                html! {
                    <button type="button" class={classes!("action", fault.danger.then_some("is-danger"))} {disabled} {onclick}>
                        <span>{ fault.label }</span>
                        <small>{ fault.hint }</small>
                    </button>
                }
            }) }
        </section>
    }
}

fn replicas(view: &ClusterView) -> impl Iterator<Item = &NodeView> {
    view.nodes.iter().filter(|n| n.role == Role::Replica && n.life == Life::Running)
}

/// The replica that has most of the log.
fn best_replica(view: &ClusterView) -> Option<&NodeView> {
    // Of equals the first: `max_by_key` would give the last.
    replicas(view).min_by_key(|n| std::cmp::Reverse((n.timeline, n.positions.flush)))
}

/// The server that most wants a copy of the primary: one with an error, one that is gone, or else the last replica.
fn in_need(view: &ClusterView) -> Option<&NodeView> {
    let primary = running_primary(view)?;
    let can = |n: &&NodeView| n.id != primary.id && !matches!(n.life, Life::Paused | Life::Copying | Life::Rewinding);
    let need = |n: &&NodeView| (n.error.is_some(), matches!(n.life, Life::Stopped | Life::Down), n.id);
    view.nodes.iter().filter(can).max_by_key(need)
}

fn breaking(view: &ClusterView) -> Vec<Fault> {
    let primary = running_primary(view);
    let name = primary.map_or("the primary", |n| &*n.name);
    let with_primary = |make: &dyn Fn(Arc<str>) -> Vec<Command>| primary.map_or(Vec::new(), |n| make(n.name.clone()));
    let cut: Vec<Command> = primary.map_or(Vec::new(), |p| {
        replicas(view)
            .map(|r| Command::Partition { between: Between(p.name.clone(), r.name.clone()), one_way: false })
            .collect()
    });
    let slow = replicas(view).next();
    let mut faults = vec![
        Fault {
            label: format!("Crash {name}"),
            hint: "the machine dies; what was not flushed is lost".into(),
            danger: true,
            commands: with_primary(&|node| vec![Command::Crash { node }]),
        },
        Fault {
            label: format!("Cut {name} off from its replicas"),
            hint: "clients still reach it: it goes on alone".into(),
            danger: true,
            commands: cut,
        },
        Fault {
            label: format!("Isolate {name}"),
            hint: "nobody reaches it, though it runs".into(),
            danger: true,
            commands: with_primary(&|who| vec![Command::Isolate { who }]),
        },
        Fault {
            label: format!("Freeze {name}"),
            hint: "as a stalled virtual machine; it will not know".into(),
            danger: true,
            commands: with_primary(&|node| vec![Command::Pause { node }]),
        },
        Fault {
            label: slow.map_or("Slow a replica down".into(), |n| format!("Slow {} down", n.name)),
            hint: "it applies 10 transactions a second".into(),
            danger: true,
            commands: slow
                .map_or(Vec::new(), |n| vec![Command::ApplyRate { node: n.name.clone(), per_second: Some(10) }]),
        },
    ];
    if let Some(manager) = &view.manager {
        let runs = manager.store == Life::Running;
        faults.push(Fault {
            label: "Crash the store".into(),
            hint: "no lease can be renewed any more".into(),
            danger: true,
            commands: runs.then(|| Command::Crash { node: "store".into() }).into_iter().collect(),
        });
    }
    faults
}

fn mending(view: &ClusterView) -> Vec<Fault> {
    let cut = view.links.iter().any(|l| l.cut_there || l.cut_back);
    let gone: Vec<&NodeView> = view.nodes.iter().filter(|n| matches!(n.life, Life::Down | Life::Stopped)).collect();
    let frozen: Vec<&NodeView> = view.nodes.iter().filter(|n| n.life == Life::Paused).collect();
    let slow: Vec<&NodeView> = view.nodes.iter().filter(|n| n.apply_rate.is_some() || n.fsync_us > 1_000).collect();
    let names = |nodes: &[&NodeView]| list(&nodes.iter().map(|n| &*n.name).collect::<Vec<_>>());
    let mut restart: Vec<Command> = gone.iter().map(|n| Command::Restart { node: n.name.clone() }).collect();
    restart.extend(frozen.iter().map(|n| Command::Resume { node: n.name.clone() }));
    let mut away: Vec<&str> = gone.iter().chain(&frozen).map(|n| &*n.name).collect();
    match view.manager.as_ref().map(|manager| manager.store) {
        None | Some(Life::Running) => {}
        Some(life) => {
            let node = || "store".into();
            let frozen = life == Life::Paused;
            restart.push(if frozen { Command::Resume { node: node() } } else { Command::Restart { node: node() } });
            away.push("the store");
        }
    }
    let faster: Vec<Command> = slow
        .iter()
        .flat_map(|n| {
            [
                Command::ApplyRate { node: n.name.clone(), per_second: None },
                Command::SlowDisk { node: n.name.clone(), fsync_us: 1_000 },
            ]
        })
        .collect();
    vec![
        Fault {
            label: "Heal all links".into(),
            hint: if cut { "every cut is mended".into() } else { "no link is cut".into() },
            danger: false,
            commands: if cut { vec![Command::Heal { between: None }] } else { Vec::new() },
        },
        Fault {
            label: "Bring servers back".into(),
            hint: if away.is_empty() { "all of them run".into() } else { list(&away) },
            danger: false,
            commands: restart,
        },
        Fault {
            label: "Full speed again".into(),
            hint: if slow.is_empty() { "none is slowed down".into() } else { names(&slow) },
            danger: false,
            commands: faster,
        },
    ]
}

fn changing(view: &ClusterView, fresh: &str) -> Vec<Fault> {
    let best = best_replica(view);
    let room = view.nodes.len() < Setup::MAX_NODES;
    let copied = in_need(view);
    vec![
        Fault {
            label: best.map_or("Promote a replica".into(), |n| format!("Promote {}", n.name)),
            hint: best.map_or("no replica runs".into(), |_| match view.manager {
                Some(_) => "the manager is asked: patronictl failover".into(),
                None => "the replica with most of the log".into(),
            }),
            danger: false,
            commands: best.map_or(Vec::new(), |n| vec![Command::Promote { node: n.name.clone() }]),
        },
        Fault {
            label: format!("Add replica {fresh}"),
            hint: if room {
                match view.flavor {
                    Flavor::Postgresql => "from a base backup of the primary".into(),
                    Flavor::Mysql => "as a clone of the source".into(),
                }
            } else {
                "nine are the most".into()
            },
            danger: false,
            commands: if room { vec![add_node(fresh, None)] } else { Vec::new() },
        },
        Fault {
            label: copied.map_or("Copy a replica anew".into(), |n| format!("Copy {} anew", n.name)),
            hint: match (copied, view.flavor) {
                (None, _) => "there is none, or nothing to copy".into(),
                (_, Flavor::Postgresql) => "by a base backup of the primary; what it has is thrown away".into(),
                (_, Flavor::Mysql) => "by a clone of the source; what it has is thrown away".into(),
            },
            danger: false,
            commands: copied.map_or(Vec::new(), |n| vec![Command::Reclone { node: n.name.clone() }]),
        },
    ]
}
