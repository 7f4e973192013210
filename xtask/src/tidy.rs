//! Takes out of what was built what no browser needs: comments, indentation, and the chance in names.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Result;

/// How many hexadecimal digits wasm-bindgen puts behind the name of what it imports.
const DIGITS: usize = 16;

/// Makes the page's module, its glue, its workers and its style sheets smaller; what they do stays as it is.
pub fn tidy(dist: &Path) -> Result<()> {
    let entries = std::fs::read_dir(dist).map_err(|error| format!("cannot list {}: {error}", dist.display()))?;
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let read = |name: &str| std::fs::read(dist.join(name)).map_err(|error| format!("cannot read {name}: {error}"));
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(dist.join(name), bytes).map_err(|error| format!("cannot write {name}: {error}"))
    };
    let text =
        |name: &str| read(name).and_then(|bytes| String::from_utf8(bytes).map_err(|_| format!("{name}: no text")));
    for name in names.iter().filter(|name| name.ends_with(".css")) {
        write(name, lean_lines(&without_css_comments(&text(name)?)).as_bytes())?;
    }
    for name in names.iter().filter(|name| name.ends_with("-worker.js")) {
        write(name, lean_lines(&without_doc_comments(&text(name)?)).as_bytes())?;
    }
    let glue = names.iter().find(|name| name.starts_with("app-") && name.ends_with(".js"));
    let module = names.iter().find(|name| name.ends_with("_bg.wasm"));
    let (Some(glue), Some(module)) = (glue, module) else {
        return Err(format!("{} has no module and its JavaScript", dist.display()));
    };
    let mut js = lean_lines(&without_doc_comments(&text(glue)?)).into_bytes();
    let mut wasm = read(module)?;
    let numbers = numbers(&js);
    number(&mut js, &numbers);
    number(&mut wasm, &numbers);
    write(glue, &js)?;
    write(module, &wasm)
}

/// The places of what looks like the end of an imported name: an underscore and a hash.
fn hashes(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    (1..bytes.len().saturating_sub(DIGITS - 1)).filter(move |at| {
        bytes[at - 1] == b'_'
            && bytes[*at..at + DIGITS].iter().all(is_digit)
            && !bytes.get(at + DIGITS).is_some_and(is_word)
    })
}

/// A number for each hash in the glue. The hashes are as long as they are because they must differ between all crates
/// there are; within one module a number will do, and 280 hashes, told in the glue and in the module, do not compress.
fn numbers(js: &[u8]) -> BTreeMap<Vec<u8>, String> {
    let mut numbers = BTreeMap::new();
    for at in hashes(js) {
        let next = numbers.len();
        numbers.entry(js[at..at + DIGITS].to_vec()).or_insert_with(|| format!("{next:0DIGITS$x}"));
    }
    numbers
}

/// Puts the numbers where the hashes are. They are as long, so nothing in a module moves.
fn number(bytes: &mut [u8], numbers: &BTreeMap<Vec<u8>, String>) {
    let places: Vec<usize> = hashes(bytes).collect();
    for at in places {
        if let Some(number) = numbers.get(&bytes[at..at + DIGITS]) {
            bytes[at..at + DIGITS].copy_from_slice(number.as_bytes());
        }
    }
}

/// JavaScript without the comments that have lines of their own, which are all that wasm-bindgen writes.
fn without_doc_comments(js: &str) -> String {
    let mut inside = false;
    let kept = js.lines().filter(|line| {
        let line = line.trim();
        let is_comment = inside || line.starts_with("/*");
        inside = is_comment && !line.ends_with("*/");
        !is_comment && !line.starts_with("//")
    });
    kept.collect::<Vec<_>>().join("\n") + "\n"
}

/// A style sheet without its comments. A string keeps what looks like one.
fn without_css_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let quote = &from[..1];
        let end = if let Some(comment) = from.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            continue;
        } else if quote == "/" {
            1
        } else {
            from[1..].find(quote).map_or(from.len(), |end| end + 2)
        };
        kept.push_str(&from[..end]);
        rest = &from[end..];
    }
    kept + rest
}

/// Without indentation and empty lines.
fn lean_lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "/**\n * Begins.\n */\nfunction getImports() {\n    // Nobody's.\n    return {\n        \
                        __wbg_get_0123456789abcdef: (a) => a,\n        __wbg_set_fedcba9876543210: \"/* b */\",\n    };\n}\n";

    #[test]
    fn glue_and_module_get_the_same_numbers_and_nothing_moves() {
        let mut module = b"\0asm..__wbg_set_fedcba9876543210\0__wbg_get_0123456789abcdef\0_0123456789abcde0".to_vec();
        let before = module.len();
        let mut js = GLUE.as_bytes().to_vec();
        let numbers = numbers(&js);
        number(&mut js, &numbers);
        number(&mut module, &numbers);
        let js = String::from_utf8(js).unwrap();
        assert!(js.contains("__wbg_get_0000000000000000:") && js.contains("__wbg_set_0000000000000001:"), "{js}");
        let module = String::from_utf8(module).unwrap();
        assert!(module.contains("__wbg_set_0000000000000001\0__wbg_get_0000000000000000\0"), "{module}");
        // What is no name of the glue's stays.
        assert!(module.ends_with("_0123456789abcde0"), "{module}");
        assert_eq!(module.len(), before);
    }

    #[test]
    fn comments_and_indentation_go_and_strings_stay() {
        let glue = lean_lines(&without_doc_comments(GLUE));
        assert!(glue.starts_with("function getImports() {\nreturn {\n__wbg_get"), "{glue}");
        assert!(glue.contains("\"/* b */\""), "{glue}");
        let css = "/* A */\na::before { /* b\n c */\n    content: \"/* d */\"; background: url('//e/f'); top: calc(1px / 2) }\n/* g";
        let expected = "a::before {\ncontent: \"/* d */\"; background: url('//e/f'); top: calc(1px / 2) }\n";
        assert_eq!(lean_lines(&without_css_comments(css)), expected);
    }
}
