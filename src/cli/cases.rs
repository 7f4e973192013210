//! What there is to check: scenarios, lessons, links, and what documents embed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::documents::{self, Embedding, Kind};
use super::input::read;
use super::output::Failure;
use crate::scenario::Source;
use crate::scenario::link::{MARK, Shared};

/// The index of a folder's scenarios, which is none itself.
const INDEX: &str = "library.json";

/// One thing to check.
pub(super) enum Case {
    /// A scenario's file.
    File(PathBuf),
    /// A lesson's file.
    Lesson(PathBuf),
    /// A link, its line in a file, and the name that it has there.
    Link { place: String, name: Option<String>, link: String },
    /// A line of a file of links that is none.
    NoLink { place: String },
    /// A scenario that a document embeds.
    Embedded(Embedded),
    /// A document that cannot be told what it embeds.
    NoDocument { path: PathBuf, failure: Failure },
}

/// A scenario that a document embeds.
pub(super) struct Embedded {
    /// The document.
    pub document: PathBuf,
    /// How it is embedded.
    pub embedding: Embedding,
}

impl Case {
    /// Where it stands, and whose it is.
    pub fn place(&self) -> (String, Option<String>) {
        match self {
            Case::File(path) | Case::Lesson(path) => (path.display().to_string(), None),
            Case::Link { place, name, .. } => (place.clone(), name.clone()),
            Case::NoLink { place } => (place.clone(), None),
            Case::Embedded(Embedded { document, embedding, .. }) => {
                let name = embedding.attribute("scenario").and_then(|attribute| attribute.value.clone());
                let name = name.filter(|name| !Shared::is_link(name) && !name.is_empty());
                (format!("{}:{}", document.display(), embedding.line), name)
            }
            Case::NoDocument { path, .. } => (path.display().to_string(), None),
        }
    }
}

/// What there is to check among paths, files in folders sorted by name.
pub(super) fn cases(paths: &[PathBuf]) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for path in paths {
        if let Some(link) = path.to_str().filter(|text| Shared::is_link(text)) {
            cases.push(Case::Link { place: "link".to_owned(), name: None, link: link.to_owned() });
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            let Source { origin, text, .. } = read(path, Vec::new())?;
            let before = cases.len();
            cases.extend(links(&origin, &text));
            if cases.len() == before {
                return Err(Failure::Other(format!("{origin}: holds no link")));
            }
        } else if path.is_dir() {
            cases.extend(in_folder(path)?);
        } else {
            match Kind::of(path) {
                Some(Kind::Markdown) if is_lesson(path) => cases.push(Case::Lesson(path.clone())),
                Some(kind) => {
                    let before = cases.len();
                    cases.extend(in_document(path, kind));
                    if cases.len() == before {
                        return Err(Failure::Other(format!("{}: embeds no scenario", path.display())));
                    }
                }
                None => cases.push(Case::File(path.clone())),
            }
        }
    }
    Ok(cases)
}

/// The lines of a file of links.
fn links(origin: &str, text: &str) -> impl Iterator<Item = Case> {
    text.lines().enumerate().filter_map(move |(index, line)| {
        let line = line.trim();
        if line.is_empty() || line == "#" || line.starts_with("# ") {
            return None;
        }
        let place = format!("{origin}:{}", index + 1);
        let Some(mark) = line.find(MARK) else { return Some(Case::NoLink { place }) };
        // The address before the mark is a part of the link; what stands before a blank is its name.
        let name =
            line.get(..mark).and_then(|before| before.rsplit_once(char::is_whitespace)).map(|(name, _)| name.trim());
        let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        Some(Case::Link { place, name, link: line.get(mark..).unwrap_or_default().to_owned() })
    })
}

/// What there is to check in a folder, sorted by name: scenarios, lessons, and what documents embed.
fn in_folder(folder: &Path) -> Result<Vec<Case>, Failure> {
    let mut files = Vec::new();
    walk(folder, &mut files).map_err(|error| Failure::Other(format!("{}: {error}", folder.display())))?;
    let has_documents = files.iter().any(|path| Kind::of(path).is_some());
    let found = files.into_iter().map(|path| match Kind::of(&path) {
        Some(_) if is_in_lessons(&path) => vec![Case::Lesson(path)],
        Some(kind) => in_document(&path, kind),
        None => vec![Case::File(path)],
    });
    let mut cases: Vec<Case> = found.flatten().collect();
    // Beside documents that embed scenarios there are other programs' files of these formats.
    if cases.iter().any(|case| matches!(case, Case::Embedded(_) | Case::NoDocument { .. })) {
        cases.retain(|case| !matches!(case, Case::File(path) if !names_nodes(path)));
    }
    if cases.is_empty() {
        let documents = if has_documents { ", and no document that embeds a scenario" } else { "" };
        return Err(Failure::Other(format!("{}: holds no *.toml and no *.json{documents}", folder.display())));
    }
    Ok(cases)
}

fn in_document(path: &Path, kind: Kind) -> Vec<Case> {
    match documents::read(path, kind) {
        Err(failure) => vec![Case::NoDocument { path: path.to_owned(), failure }],
        Ok(list) => {
            let case = |embedding| Embedded { document: path.to_owned(), embedding };
            list.into_iter().map(|embedding| Case::Embedded(case(embedding))).collect()
        }
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        // A link to a folder is not followed: it could lead back here.
        if entry.file_type()?.is_dir() {
            // Nobody wrote what is there.
            if name != "node_modules" && !name.to_string_lossy().starts_with('.') {
                walk(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "toml" || extension == "json") && name != INDEX
            || Kind::of(&path).is_some()
        {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file of a folder is a lesson: only those in folders that are called lessons are.
fn is_in_lessons(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
        && path.parent().is_some_and(|folder| folder.ends_with("lessons"))
}

/// Whether a file that was named is a lesson, and no document: it says so in a block of its own.
fn is_lesson(path: &Path) -> bool {
    is_in_lessons(path)
        || read(path, Vec::new()).is_ok_and(|source| source.text.lines().any(|line| line.trim_end() == "```lesson"))
}

/// Whether a file can be a scenario, which has servers. What cannot be read may be one.
fn names_nodes(path: &Path) -> bool {
    read(path, Vec::new()).map_or(true, |source| match source.text.trim_start().starts_with('{') {
        true => source.text.contains("\"node\""),
        false => source.text.lines().any(|line| line.trim_start().starts_with("[[node]]")),
    })
}
