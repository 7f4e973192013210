//! Parts of the page that a lesson points at.

/// A part of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The card of a server, a client, the proxy or the store.
    Card(String),
    /// The link between two of them.
    Link(String, String),
    /// A tab of the instruments or of the panel.
    Tab(String),
    /// A setting, by its name.
    Setting(String),
    /// Play and pause.
    Play,
    /// How fast time passes.
    Speed,
    /// Play, speed and the time line.
    Transport,
    /// The stage.
    Stage,
    /// The instruments below the stage.
    Instruments,
    /// The panel beside the stage.
    Panel,
    /// The sums in the header.
    Tally,
}

/// The tabs: those of the instruments, then those of the panel.
const TABS: [&str; 11] =
    ["sequence", "logs", "tables", "lag", "ledger", "findings", "events", "status", "write", "settings", "faults"];

/// A tab's key, if there is such a tab.
pub(super) fn tab(name: &str) -> Result<String, String> {
    let name = name.to_ascii_lowercase();
    match TABS.contains(&name.as_str()) {
        true => Ok(name),
        false => Err(format!("there is no tab {name:?}; there are {}", TABS.join(", "))),
    }
}

impl Place {
    /// Reads a line of a `show` block.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Place, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Ok(match words.as_slice() {
            ["card", name] => Place::Card((*name).to_owned()),
            ["link", a, b] => Place::Link((*a).to_owned(), (*b).to_owned()),
            ["tab", name] => Place::Tab(tab(name)?),
            ["setting", name] => Place::Setting((*name).to_owned()),
            ["play"] => Place::Play,
            ["speed"] => Place::Speed,
            ["transport"] => Place::Transport,
            ["stage"] => Place::Stage,
            ["instruments"] => Place::Instruments,
            ["panel"] => Place::Panel,
            ["tally"] => Place::Tally,
            _ => {
                return Err(format!(
                    "{line:?} is no part of the page; write card NAME, link NAME NAME, tab NAME, setting NAME, play, speed, \
                     transport, stage, instruments, panel or tally"
                ));
            }
        })
    }

    /// The tab of the panel behind which it is, if it is behind one.
    #[must_use]
    pub fn is_panel_tab(key: &str) -> bool {
        matches!(key, "write" | "settings" | "faults")
    }
}
