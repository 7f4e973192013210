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

    /// Brings the scenarios into teaching order: by chapter, what names none last; in each from the easy to the hard,
    /// and in the order of the files.
    pub fn arrange(&mut self) {
        let level = |listed: &Listed| super::Level::of(&listed.level);
        // A number that a chapter begins with counts as one: 10 comes after 9.
        let number =
            |chapter: &str| chapter.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse::<u32>().ok());
        let key = |listed: &Listed| {
            let chapter = (number(&listed.chapter).unwrap_or(u32::MAX), listed.chapter.clone());
            (listed.chapter.is_empty(), chapter, level(listed).is_none(), level(listed), listed.file.clone())
        };
        self.scenarios.arrange_by_key(key);
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

    fn listed(file: &str, chapter: &str, level: &str) -> Listed {
        let text = str::to_owned;
        Listed {
            file: text(file),
            title: text(file),
            level: text(level),
            flavor: text("mysql"),
            chapter: text(chapter),
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
            assert_eq!(listed(file, "", "").name(), None, "{file}");
        }
        assert_eq!(listed("assignments/a-1.toml", "", "").name(), Some("a-1"));
    }

    #[test]
    fn chapters_come_in_order_and_the_easy_first() {
        let mut library = Library {
            scenarios: vec![
                listed("e.toml", "", "beginner"),
                listed("d.toml", "2", "advanced"),
                listed("c.toml", "2", "beginner"),
                listed("b.toml", "2", ""),
                listed("a.toml", "1", ""),
                listed("0.toml", "10", ""),
            ],
        };
        library.arrange();
        let files: Vec<&str> = library.scenarios.iter().map(|listed| listed.file.as_str()).collect();
        assert_eq!(files, ["a.toml", "c.toml", "d.toml", "b.toml", "0.toml", "e.toml"]);
        assert_eq!(Library::parse(&library.to_json()), Ok(library.clone()));
        assert!(library.find("c").is_some() && library.find("../c").is_none());
    }
}
