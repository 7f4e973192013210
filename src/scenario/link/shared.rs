//! A run that is shared.

use super::error::LinkError;
use super::replay::Replay;
use super::{MARK, MAX_DEEDS, MAX_STEPS, VERSION, content, envelope};
use crate::order::Arrange;
use crate::scenario::problems::Problems;
use crate::scenario::scenario::Scenario;
use crate::sim::REVISION;
use crate::sim::recording::{Deed, Moment};

/// A run at an instant, as it is sent to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The scenario, with its title, its description and what it expects.
    pub scenario: Scenario,
    /// What was done to the run besides, in its order.
    pub deeds: Vec<Deed>,
    /// Where the run stands.
    pub moment: Moment,
    /// The hash of the trace there, so that whoever opens it can tell whether it is the same run.
    pub trace_hash: Option<u64>,
    /// The revision of the engine that made the run.
    pub engine: u32,
}

impl Shared {
    /// A run of this engine.
    #[must_use]
    pub fn new(scenario: Scenario, deeds: Vec<Deed>, moment: Moment, trace_hash: Option<u64>) -> Shared {
        Shared { scenario, deeds, moment, trace_hash, engine: REVISION }
    }

    /// The fragment of an address that holds this run: `#run=1.…`. What is handed out can be opened: it has been read
    /// back and compared.
    ///
    /// # Errors
    /// When the run is too large for a link, or is none that a link may hold.
    pub fn fragment(&self) -> Result<String, LinkError> {
        if self.deeds.len() > MAX_DEEDS {
            return Err(LinkError::TooManyDeeds { deeds: self.deeds.len() });
        }
        if self.moment.steps > MAX_STEPS {
            return Err(LinkError::TooManySteps { steps: self.moment.steps });
        }
        let content = content::write(self);
        let again = content::read(&content)?;
        if again != *self {
            let deed = self.deeds.iter().zip(&again.deeds).position(|(own, read)| own != read);
            let path = deed.map(|index| format!("deeds[{index}]")).unwrap_or_default();
            let message = "cannot be said in the words of a scenario; please report this";
            return Err(LinkError::Content(Problems::one("link", None, &path, message)));
        }
        let letters = envelope::seal(content.as_bytes())?;
        Ok(format!("{MARK}{VERSION}.{letters}"))
    }

    /// Reads a link: a whole address, or what begins with `#run=`.
    ///
    /// # Errors
    /// Why it cannot be opened, in words for whoever tries.
    pub fn read(link: &str) -> Result<Shared, LinkError> {
        let (_, run) = link.split_once(MARK).ok_or(LinkError::NotALink)?;
        let (version, letters) = run.trim_end().split_once('.').ok_or(LinkError::NotALink)?;
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(LinkError::NotALink);
        }
        match version.parse() {
            Ok(VERSION) => {}
            Ok(0) => return Err(LinkError::NotALink),
            Ok(found) => return Err(LinkError::Newer { found }),
            Err(_) => return Err(LinkError::Newer { found: u32::MAX }),
        }
        let content = String::from_utf8(envelope::open(letters)?).map_err(|_| LinkError::Packing)?;
        content::read(&content)
    }

    /// Whether a text looks like a link, so that it is no file's name.
    #[must_use]
    pub fn is_link(text: &str) -> bool {
        text.contains(MARK)
    }

    /// What carries the run out again, up to its instant and beyond.
    #[must_use]
    pub fn replay(&self) -> Replay {
        Replay::of(self)
    }

    /// The scenario with the deeds among what it does by itself, so that it can be read and changed as a file. Between
    /// events of one microsecond a file knows no order, so that the run can differ; what the run refused is left out.
    #[must_use]
    pub fn to_scenario(&self) -> Scenario {
        let refused = content::against_the_rules(&self.scenario, &self.deeds);
        let mut scenario = self.scenario.clone();
        let deeds = self.deeds.iter().zip(refused).filter(|(_, refused)| !refused);
        scenario.schedule.extend(deeds.map(|(deed, _)| (deed.moment.at, deed.command.clone())));
        // Stable: what the scenario does comes first at equal times.
        scenario.schedule.arrange_by_key(|(at, _)| *at);
        let last = scenario.schedule.last().map_or(0, |(at, _)| at.0);
        scenario.duration_us = scenario.duration_us.max(last).max(self.moment.at.0);
        scenario
    }
}
