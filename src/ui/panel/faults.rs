//! The common faults, and the way back.

use std::rc::Rc;
use std::sync::Arc;

use yew::prelude::*;

use crate::engine::flavor::Flavor;
use crate::engine::trace::Life;
use crate::sim::command::{Between, Command};
use crate::sim::setup::Setup;
use crate::sim::view::{ClusterView, NodeView, Role};
use crate::t;
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
            <p class="lead">{ t!("faults.lead") }</p>
            { group(t!("faults.break"), breaking(view), &props.act) }
            { group(t!("faults.mend"), mending(view), &props.act) }
            { group(t!("faults.change"), changing(view, &props.free_name), &props.act) }
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
    let name = primary.map_or(t!("faults.the-primary"), |n| &*n.name);
    let with_primary = |make: &dyn Fn(Arc<str>) -> Vec<Command>| primary.map_or(Vec::new(), |n| make(n.name.clone()));
    let cut: Vec<Command> = primary.map_or(Vec::new(), |p| {
        replicas(view)
            .map(|r| Command::Partition { between: Between(p.name.clone(), r.name.clone()), one_way: false })
            .collect()
    });
    let slow = replicas(view).next();
    let mut faults = vec![
        Fault {
            label: t!("faults.crash", node = name),
            hint: t!("faults.crash-means").into(),
            danger: true,
            commands: with_primary(&|node| vec![Command::Crash { node }]),
        },
        Fault {
            label: t!("faults.cut-off", node = name),
            hint: t!("faults.cut-off-means").into(),
            danger: true,
            commands: cut,
        },
        Fault {
            label: t!("faults.isolate", node = name),
            hint: t!("faults.isolate-means").into(),
            danger: true,
            commands: with_primary(&|who| vec![Command::Isolate { who }]),
        },
        Fault {
            label: t!("faults.freeze", node = name),
            hint: t!("faults.freeze-means").into(),
            danger: true,
            commands: with_primary(&|node| vec![Command::Pause { node }]),
        },
        Fault {
            label: slow.map_or(t!("faults.slow-one").into(), |n| t!("faults.slow", node = n.name)),
            hint: t!("faults.slow-means").into(),
            danger: true,
            commands: slow
                .map_or(Vec::new(), |n| vec![Command::ApplyRate { node: n.name.clone(), per_second: Some(10) }]),
        },
    ];
    if let Some(manager) = &view.manager {
        let runs = manager.store == Life::Running;
        faults.push(Fault {
            label: t!("faults.crash-store").into(),
            hint: t!("faults.crash-store-means").into(),
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
            away.push(t!("faults.the-store"));
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
            label: t!("faults.heal").into(),
            hint: if cut { t!("faults.every-cut").into() } else { t!("faults.no-cut").into() },
            danger: false,
            commands: if cut { vec![Command::Heal { between: None }] } else { Vec::new() },
        },
        Fault {
            label: t!("faults.back").into(),
            hint: if away.is_empty() { t!("faults.all-run").into() } else { list(&away) },
            danger: false,
            commands: restart,
        },
        Fault {
            label: t!("faults.full-speed").into(),
            hint: if slow.is_empty() { t!("faults.none-slow").into() } else { names(&slow) },
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
            label: best.map_or(t!("faults.promote-one").into(), |n| t!("faults.promote", node = n.name)),
            hint: best.map_or(t!("faults.no-replica").into(), |_| match view.manager {
                Some(_) => t!("faults.asks-manager").into(),
                None => t!("faults.most-log").into(),
            }),
            danger: false,
            commands: best.map_or(Vec::new(), |n| vec![Command::Promote { node: n.name.clone() }]),
        },
        Fault {
            label: t!("faults.add", name = fresh),
            hint: if room {
                match view.flavor {
                    Flavor::Postgresql => t!("faults.from-backup").into(),
                    Flavor::Mysql => t!("faults.as-clone").into(),
                }
            } else {
                t!("faults.nine").into()
            },
            danger: false,
            commands: if room { vec![add_node(fresh, None)] } else { Vec::new() },
        },
        Fault {
            label: copied.map_or(t!("faults.copy-one").into(), |n| t!("faults.copy", node = n.name)),
            hint: match (copied, view.flavor) {
                (None, _) => t!("faults.nothing-to-copy").into(),
                (_, Flavor::Postgresql) => t!("faults.by-backup").into(),
                (_, Flavor::Mysql) => t!("faults.by-clone").into(),
            },
            danger: false,
            commands: copied.map_or(Vec::new(), |n| vec![Command::Reclone { node: n.name.clone() }]),
        },
    ]
}
