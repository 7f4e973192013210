//! A scenario as a document embeds it.

/// A scenario as a document embeds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Embedding {
    /// The line where the element begins, counted from 1.
    pub line: u32,
    /// What its attributes say; none twice.
    pub attributes: Vec<Attribute>,
    /// The scenario inside.
    pub inline: Option<Inline>,
    /// What is wrong with it as an element, and where.
    pub wrong: Vec<(u32, String)>,
}

/// An attribute of the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Attribute {
    /// Its name, in small letters.
    pub name: String,
    /// What it says; none where a program says it when the page is made or shown.
    pub value: Option<String>,
    /// Its line.
    pub line: u32,
}

/// A scenario's text inside the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Inline {
    /// The line that its first character stands on.
    pub line: u32,
    /// Its text.
    pub text: String,
}

impl Embedding {
    /// An attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

impl Inline {
    /// Whether a `<script>` of this type holds a scenario.
    pub fn is_type(kind: &str) -> bool {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        ["application/toml", "application/json"].iter().any(|ours| kind.eq_ignore_ascii_case(ours))
    }

    /// The text with so many empty lines before it that its lines are those of the document.
    pub fn in_place(&self) -> String {
        "\n".repeat(self.line.saturating_sub(1) as usize) + &self.text
    }
}
