//! The little Markdown of descriptions and tasks, as blocks and pieces: paragraphs, lists, `code`, **bold**, *emphasis*.
//! Whatever else a text holds is text: it may come from a stranger, and none of it becomes markup.

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
    /// Between two asterisks.
    Strong(String),
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
                let text = text.to_owned();
                pieces.push(match mark {
                    "`" => Piece::Code(text),
                    "**" => Piece::Strong(text),
                    _ => Piece::Emphasis(text),
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
                Piece::Strong("db1".to_owned()),
                plain(" and "),
                Piece::Code("ttl".to_owned()),
                plain(" "),
                Piece::Emphasis("so".to_owned()),
                plain(" 2 * 3 * 4, `open"),
            ]
        );
    }
}
