//! Lays the widget out: `dist/widget/` holds all that `<replication-lab>` wants, to be copied to any host.

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use crate::Result;
use crate::project::Project;

/// Files that go as they are.
const SOURCES: [&str; 2] = ["replication-lab-loader.js", "replication-lab.d.ts"];
/// What stands in the element's file before what it belongs to is known.
const VERSION_PLACE: &str = "const VERSION = \"\";";

/// Where wasm-bindgen's glue takes the module's functions, tidied and as it was written, and what stands there in a widget:
/// the element puts its own around them.
const EXPORTS_PLACES: [&str; 2] = [
    "wasmInstance = instance;\nwasm = instance.exports;\n",
    "    wasmInstance = instance;\n    wasm = instance.exports;\n",
];
const EXPORTS: &str = "    wasm = guard(instance.exports);\n";
const GUARD: &str = "let guard = (exports) => exports;\nexport function guardWith(one) {\n    guard = one;\n}\n";

/// Writes `dist/widget/`, from the page that was built and from `www/widget/`.
pub fn lay_out(project: &Project) -> Result<()> {
    let (dist, www) = (project.dist(), project.root().join("www"));
    let widget = dist.join("widget");
    make_folder(&widget)?;
    // What draws on canvases comes with the glue: in other people's pages there may be no worker that would.
    let glue = guarded(&text(&built(&dist, ".js", "app-")?)?)? + &text(&dist.join("paint-worker.js"))?;
    let wasm = read(&built(&dist, "_bg.wasm", "app-")?)?;
    let css = style_sheet(&text(&www.join("style.css"))?, &text(&www.join("widget/widget.css"))?)?;
    let element = text(&www.join("widget/replication-lab.js"))?;
    let mut hasher = DefaultHasher::new();
    for part in [glue.as_bytes(), &wasm, css.as_bytes()] {
        hasher.write(part);
    }
    let version = format!("const VERSION = \"{:016x}\";", hasher.finish());
    if !element.contains(VERSION_PLACE) {
        return Err(format!("www/widget/replication-lab.js has no `{VERSION_PLACE}` to put the version into"));
    }
    write(&widget.join("replication-lab.js"), element.replace(VERSION_PLACE, &version).as_bytes())?;
    write(&widget.join("lab.js"), glue.as_bytes())?;
    write(&widget.join("lab.wasm"), &wasm)?;
    write(&widget.join("lab.css"), css.as_bytes())?;
    for name in SOURCES {
        let source = www.join("widget").join(name);
        if source.is_file() {
            write(&widget.join(name), &read(&source)?)?;
        }
    }
    for folder in ["text", "scenarios"] {
        copy_folder(&dist.join(folder), &widget.join(folder))?;
    }
    Ok(())
}

/// The glue with a place for a guard.
fn guarded(glue: &str) -> Result<String> {
    let Some(place) = EXPORTS_PLACES.iter().find(|place| glue.contains(**place)) else {
        return Err(format!("wasm-bindgen's JavaScript has no `{}`; see xtask/src/widget.rs", EXPORTS_PLACES[0]));
    };
    Ok(glue.replacen(place, EXPORTS, 1) + GUARD)
}

/// The one file of `dist/` with this beginning and this end.
fn built(dist: &Path, end: &str, beginning: &str) -> Result<PathBuf> {
    let entries = std::fs::read_dir(dist).map_err(|error| format!("cannot list {}: {error}", dist.display()))?;
    let fits = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(beginning) && name.ends_with(end)
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(fits)
        .ok_or_else(|| format!("{} holds no {beginning}…{end}", dist.display()))
}

/// The page's style sheet as it is in a widget, and what the widget adds to it.
fn style_sheet(page: &str, own: &str) -> Result<String> {
    let css = containers(page)?;
    let order = "@layer tokens, base, parts, layout, narrow;";
    if !css.contains(order) {
        return Err(format!("www/style.css does not begin with `{order}`"));
    }
    let css = css.replacen(order, "@layer tokens, base, parts, layout, narrow, widget;", 1);
    Ok(format!("{}\n{own}", open_tokens(&css)?))
}

/// Questions about the window's width become questions about the widget's; what also asks something else is said twice.
fn containers(css: &str) -> Result<String> {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("@media ") {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let open = from.find('{').ok_or("a media query of www/style.css has no block")?;
        let end = block_end(from, open)?;
        let (block, after) = (&from[open..end], &from[end..]);
        let parts: Vec<&str> = from["@media ".len()..open].split(',').map(str::trim).collect();
        let (widths, others): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(|part| only_widths(part));
        for width in widths {
            out.push_str(&format!("@container rl {width} {block}\n  "));
        }
        if !others.is_empty() {
            out.push_str(&format!("@media {} {block}", others.join(", ")));
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn only_widths(query: &str) -> bool {
    query.split(" and ").all(|term| {
        let term = term.trim();
        term.starts_with("(max-width:") || term.starts_with("(min-width:")
    })
}

/// Behind the brace that closes the one at `open`.
fn block_end(css: &str, open: usize) -> Result<usize> {
    let mut depth = 0_usize;
    for (at, c) in css[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(open + at + 1);
        }
    }
    Err("a block of www/style.css is not closed".to_owned())
}

/// Every token takes its value from outside, where one is given: `--accent: blue` becomes `--accent: var(--rl-accent, blue)`.
fn open_tokens(css: &str) -> Result<String> {
    let layer = "@layer tokens {";
    let start = css.find(layer).ok_or("www/style.css has no layer of tokens")?;
    let end = block_end(css, start + layer.len() - 1)?;
    let opened = |line: &str| {
        let declaration = line.trim().strip_prefix("--").and_then(|rest| rest.strip_suffix(';')?.split_once(':'));
        let indent = &line[..line.len() - line.trim_start().len()];
        declaration.map(|(name, value)| format!("{indent}--{name}: var(--rl-{name}, {});", value.trim()))
    };
    let tokens: Vec<String> =
        css[start..end].lines().map(|line| opened(line).unwrap_or_else(|| line.to_owned())).collect();
    Ok(format!("{}{}{}", &css[..start], tokens.join("\n"), &css[end..]))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|error| format!("cannot make {}: {error}", path.display()))
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    make_folder(to)?;
    let entries = std::fs::read_dir(from).map_err(|error| format!("cannot list {}: {error}", from.display()))?;
    for entry in entries.flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            write(&target, &read(&path)?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_become_the_widgets_and_other_questions_stay() {
        let css = "a {}\n@media (max-width: 10px), (pointer: coarse) { b { c: d } }\n@media (min-width: 5px) and (max-width: 9px) { e {} }\n@media print { f {} }";
        assert_eq!(
            containers(css).unwrap(),
            "a {}\n@container rl (max-width: 10px) { b { c: d } }\n  @media (pointer: coarse) { b { c: d } }\n\
             @container rl (min-width: 5px) and (max-width: 9px) { e {} }\n  \n@media print { f {} }"
        );
        assert!(containers("@media (max-width: 1px) { a {").is_err());
    }

    #[test]
    fn tokens_can_be_set_from_outside() {
        let css = "x\n@layer tokens {\n  .rl {\n    color: red;\n    --a: #fff;\n  }\n}\n.y {\n  --b: 1;\n}";
        assert_eq!(
            open_tokens(css).unwrap(),
            "x\n@layer tokens {\n  .rl {\n    color: red;\n    --a: var(--rl-a, #fff);\n  }\n}\n.y {\n  --b: 1;\n}"
        );
    }

    #[test]
    fn the_projects_own_style_sheet_can_be_made_into_a_widgets() {
        let www = Project::of_sources().root().join("www");
        let css = style_sheet(&text(&www.join("style.css")).unwrap(), &text(&www.join("widget/widget.css")).unwrap());
        let css = css.unwrap();
        assert!(css.contains("--accent: var(--rl-accent, #2a5bd0);"));
        assert!(css.contains("@container rl (max-width: 639.98px)"));
        assert!(!css.contains("@media (max-width"));
    }
}
