//! The custom element is JavaScript and has its own list of what attributes may say: it is the same as ours, and so are
//! its types and its documentation.
#![cfg(not(target_arch = "wasm32"))]

use std::path::Path;

use replication_lab::embed::options::{ATTRIBUTES, AUTOPLAY, CONTROLS, HEIGHTS, INSTRUMENTS, THEMES};

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

const WORDS: [(&str, &[&str]); 4] =
    [("controls", &CONTROLS), ("instrument", &INSTRUMENTS), ("theme", &THEMES), ("autoplay", &AUTOPLAY)];

fn quoted(words: &[&str], between: &str) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(between)
}

#[test]
fn the_element_allows_what_we_allow() {
    let element = file("www/widget/replication-lab.js");
    for (name, words) in WORDS {
        let line = format!("  {name}: [{}],", quoted(words, ", "));
        assert!(element.contains(&line), "www/widget/replication-lab.js has no `{line}`");
    }
    let line = format!("const ATTRIBUTES = [{}];", quoted(&ATTRIBUTES, ", "));
    assert!(element.contains(&line), "www/widget/replication-lab.js has no `{line}`");
    let line = format!("const HEIGHTS = [{}, {}];", HEIGHTS.0, HEIGHTS.1);
    assert!(element.contains(&line), "www/widget/replication-lab.js has no `{line}`");
}

#[test]
fn types_and_documentation_name_every_attribute_and_word() {
    let (types, documentation) = (file("www/widget/replication-lab.d.ts"), file("docs/EMBED.md"));
    for name in ATTRIBUTES {
        assert!(types.contains(&format!("\n  {name}: ")), "the types have no `{name}`");
        assert!(documentation.contains(&format!("| `{name}` |")), "docs/EMBED.md has no row for `{name}`");
    }
    for (name, words) in WORDS {
        let line = format!("\n  {name}: {};", quoted(words, " | "));
        assert!(types.contains(&line), "the types have no `{}`", line.trim());
        let row = documentation.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap_or_default();
        for word in words {
            assert!(row.contains(&format!("`{word}`")), "docs/EMBED.md does not say that {name} may be `{word}`");
        }
    }
}

#[test]
fn what_the_element_reports_is_documented() {
    let (element, types, documentation) =
        (file("www/widget/replication-lab.js"), file("www/widget/replication-lab.d.ts"), file("docs/EMBED.md"));
    let codes = element.split("new Failure(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let codes: Vec<&str> = codes.chain(["attribute", "missing"]).collect();
    assert!(codes.len() > 8, "there are hardly any: {codes:?}");
    for code in codes {
        assert!(types.contains(&format!("| \"{code}\"")), "the types have no `{code}`");
        assert!(documentation.contains(&format!("| `{code}` |")), "docs/EMBED.md does not explain `{code}`");
    }
}
