//! The little Markdown of descriptions, tasks and lessons, as blocks and pieces: paragraphs, lists, `code`, **bold**,
//! *emphasis*. Whatever else a text holds is text: it may come from a stranger, and none of it becomes markup.
//!
//! It is so little that a parser of all Markdown would be most of the page's prose for nothing: HTML, links and pictures are
//! what must *not* come of a stranger's scenario.

/// A block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Piece>),
    /// A list, an entry each.
    List(Vec<Vec<Piece>>),
}

/// A stretch of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Plain(String),
    /// Between backquotes.
    Code(String),
    /// Between two asterisks; there may be code and emphasis in it.
    Strong(Vec<Piece>),
    /// Between asterisks.
    Emphasis(String),
}

/// The blocks of a text.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    let mut list: Vec<Vec<Piece>> = Vec::new();
    let mut in_list = false;
    for line in text.lines().chain([""]) {
        let line = line.trim();
        let entry = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        if (line.is_empty() || entry.is_some()) && !lines.is_empty() {
            let text = pieces(&lines.join(" "));
            if in_list {
                list.push(text)
            } else {
                blocks.push(Block::Paragraph(text))
            }
            lines.clear();
        }
        if line.is_empty() {
            if !list.is_empty() {
                blocks.push(Block::List(std::mem::take(&mut list)));
            }
            in_list = false;
        } else {
            in_list |= entry.is_some();
            lines.push(entry.unwrap_or(line).to_owned());
        }
    }
    blocks
}

/// The pieces of a line.
#[must_use]
pub fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = line;
    let mut plain = String::new();
    while let Some(at) = rest.find(['`', '*']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let mark = ["`", "**", "*"].into_iter().find(|mark| from.starts_with(mark)).unwrap_or("*");
        let inside = from.get(mark.len()..).unwrap_or_default();
        match inside.split_once(mark).filter(|(text, _)| !text.is_empty() && !text.starts_with(' ')) {
            Some((text, after)) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                pieces.push(match mark {
                    "`" => Piece::Code(text.to_owned()),
                    // There are no two asterisks in it: it goes no deeper.
                    "**" => Piece::Strong(self::pieces(text)),
                    _ => Piece::Emphasis(text.to_owned()),
                });
                rest = after;
            }
            None => {
                plain.push_str(mark);
                rest = inside;
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_lists() {
        let plain = |text: &str| Piece::Plain(text.to_owned());
        assert_eq!(
            blocks("One\nline.\n\nSo that\n\n- a\n  b\n- c\n\nEnd <b>.\n"),
            [
                Block::Paragraph(vec![plain("One line.")]),
                Block::Paragraph(vec![plain("So that")]),
                Block::List(vec![vec![plain("a b")], vec![plain("c")]]),
                Block::Paragraph(vec![plain("End <b>.")]),
            ]
        );
    }

    #[test]
    fn marks_without_an_end_are_text() {
        let plain = |text: &str| Piece::Plain(text.to_owned());
        assert_eq!(
            pieces("**db1** and `ttl` *so* 2 * 3 * 4, `open"),
            [
                Piece::Strong(vec![plain("db1")]),
                plain(" and "),
                Piece::Code("ttl".to_owned()),
                plain(" "),
                Piece::Emphasis("so".to_owned()),
                plain(" 2 * 3 * 4, `open"),
            ]
        );
    }

    /// A line as it was written.
    fn written(pieces: &[Piece]) -> String {
        let one = |piece: &Piece| match piece {
            Piece::Plain(text) => text.clone(),
            Piece::Code(text) => format!("`{text}`"),
            Piece::Strong(inside) => format!("**{}**", written(inside)),
            Piece::Emphasis(text) => format!("*{text}*"),
        };
        pieces.iter().map(one).collect()
    }

    #[test]
    fn bold_may_hold_code_and_emphasis() {
        let inside =
            vec![Piece::Code("ttl".to_owned()), Piece::Plain(" is ".to_owned()), Piece::Emphasis("3 s".to_owned())];
        assert_eq!(
            pieces("**`ttl` is *3 s***"),
            [
                Piece::Strong(vec![Piece::Code("ttl".to_owned()), Piece::Plain(" is *3 s".to_owned()),]),
                Piece::Plain("*".to_owned())
            ]
        );
        assert_eq!(
            pieces("**`ttl` is *3 s* **"),
            [Piece::Strong([inside, vec![Piece::Plain(" ".to_owned())]].concat())]
        );
    }

    #[test]
    fn a_strangers_text_stays_text() {
        for text in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[click](javascript:alert(1))",
            "![](https://example.org/x.png)",
            "# heading",
            "&lt;b&gt; _x_ ~~y~~ \u{202e}",
        ] {
            assert_eq!(pieces(text), [Piece::Plain(text.to_owned())]);
            assert_eq!(blocks(text), [Block::Paragraph(vec![Piece::Plain(text.to_owned())])]);
        }
        assert_eq!(pieces("`<b>`"), [Piece::Code("<b>".to_owned())]);
    }

    #[test]
    fn nothing_is_left_out_whatever_the_marks() {
        let letters = ['*', '`', 'a', ' ', 'ä'];
        let mut lines = vec![String::new()];
        for _ in 0..6 {
            lines = lines.iter().flat_map(|line| letters.map(|letter| format!("{line}{letter}"))).collect();
            for line in &lines {
                assert_eq!(written(&pieces(line)), *line);
            }
        }
    }
}
