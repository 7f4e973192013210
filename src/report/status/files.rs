//! The cluster's settings as configuration files, to copy; and a file that is pasted in.

use crate::engine::flavor::Flavor;
use crate::engine::settings::{Settings, conf};
use crate::sim::World;

/// The name of a flavor's configuration file.
#[must_use]
pub fn file_name(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "postgresql.conf",
        Flavor::Mysql => "my.cnf",
    }
}

/// What the servers' configuration files say: first what all have, then, for each server that differs, what it has
/// beside that. Only what differs from the system's own defaults is said.
#[must_use]
pub fn configuration(world: &World) -> String {
    let flavor = world.setup().flavor;
    let defaults = Settings::defaults(flavor);
    let mut common = defaults.clone();
    for (name, value) in &world.setup().settings {
        // Whatever stands in a set-up was accepted when it got there.
        let _ = common.set(name, value);
    }
    let group = if flavor == Flavor::Mysql { "[mysqld]\n" } else { "" };
    let section = |who: &str, lines: &str| format!("# {}: {who}\n{group}{lines}", file_name(flavor));
    let lines = conf::write(&common, &defaults);
    let nothing = "# nothing that is not the default\n";
    let mut text = section("every server", if lines.is_empty() { nothing } else { &lines });
    for node in world.nodes() {
        if let Some(settings) = world.configured(node) {
            let lines = conf::write(settings, &common);
            if !lines.is_empty() {
                text.push('\n');
                text.push_str(&section(&format!("{} alone", world.name_of(node.into())), &lines));
            }
        }
    }
    text
}
