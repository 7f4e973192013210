//! The index of the scenario library: what there is, without the scenarios themselves.

use serde::{Deserialize, Serialize};

use super::Scenario;
use crate::engine::flavor::Flavor;
use crate::order::Arrange;

/// No file of the library has a longer name.
const LONGEST_NAME: usize = 100;

/// The scenarios of a library, in teaching order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// One for each file.
    pub scenarios: Vec<Listed>,
}

/// A scenario as the index has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The file, relative to the index.
    pub file: String,
    /// Its title.
    pub title: String,
    /// Whom it is for, in the format's word; empty where it does not say so.
    pub level: String,
    /// Whose servers it runs, in the format's word.
    pub flavor: String,
    /// The part of the library that it belongs to; empty where it does not say so.
    pub chapter: String,
    /// The first paragraph of its description, in the little Markdown of descriptions.
    pub summary: String,
}

impl Library {
    /// Reads an index.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Library, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The index as a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Brings the scenarios into the order of these names; what is not among them comes last.
    pub fn arrange(&mut self, order: &[&str]) {
        self.scenarios.arrange_by_key(|listed| {
            let place = order.iter().position(|name| listed.name() == Some(name));
            (place.unwrap_or(usize::MAX), listed.file.clone())
        });
    }

    /// The scenario of a name, if it is a name and there is such a scenario.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Listed> {
        self.scenarios.iter().find(|listed| listed.name() == Some(name))
    }
}

impl Listed {
    /// A file of the library.
    #[must_use]
    pub fn of(file: &str, scenario: &Scenario) -> Listed {
        let paragraph = scenario.description.trim().split("\n\n").next().unwrap_or_default();
        Listed {
            file: file.to_owned(),
            title: scenario.title.clone(),
            level: scenario.level.map(|level| level.as_str().to_owned()).unwrap_or_default(),
            flavor: scenario.setup.flavor.to_string(),
            chapter: scenario.chapter.clone(),
            summary: paragraph.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    /// What the scenario is called in addresses: its file without folder and ending. None for a file that no library has.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let file = self.file.strip_prefix("assignments/").unwrap_or(&self.file);
        file.strip_suffix(".toml").filter(|name| is_name(name))
    }

    /// Whose servers it runs.
    #[must_use]
    pub fn is_of(&self, flavor: Flavor) -> bool {
        self.flavor == flavor.to_string()
    }
}

/// Whether a text can be the name of a scenario in a library: it may come from a stranger's address, and leads to a file.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() < LONGEST_NAME && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(file: &str) -> Listed {
        let text = str::to_owned;
        Listed {
            file: text(file),
            title: text(file),
            level: String::new(),
            flavor: text("mysql"),
            chapter: String::new(),
            summary: String::new(),
        }
    }

    #[test]
    fn names_lead_to_no_other_file() {
        for name in ["", "../secret", "a/b", "A", "a.toml", "a b", "ä", "a%2fb", "//evil", "a\0"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_name("read-scaling-2") && !is_name(&"a".repeat(LONGEST_NAME)));
        for file in ["../a.toml", "/a.toml", "https://a.toml", "other/a.toml", "assignments/../a.toml", "a.md"] {
            assert_eq!(listed(file).name(), None, "{file}");
        }
        assert_eq!(listed("assignments/a-1.toml").name(), Some("a-1"));
    }

    #[test]
    fn the_order_is_the_given_one() {
        let files = ["d.toml", "b.toml", "assignments/c.toml", "a.toml"];
        let mut library = Library { scenarios: files.map(listed).into() };
        library.arrange(&["c", "b"]);
        let files: Vec<&str> = library.scenarios.iter().map(|listed| listed.file.as_str()).collect();
        assert_eq!(files, ["assignments/c.toml", "b.toml", "a.toml", "d.toml"]);
        assert_eq!(Library::parse(&library.to_json()), Ok(library.clone()));
        assert!(library.find("c").is_some() && library.find("../c").is_none());
    }
}
