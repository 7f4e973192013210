//! Blocks of a lesson's Markdown, with their lines.

/// A piece of a file.
pub(super) enum Block<'a> {
    /// `# Heading` with its level.
    Heading(usize, &'a str),
    /// A fenced block: the word behind its fence, and its lines.
    Fence(&'a str, Vec<(u32, &'a str)>),
    /// A fenced block without an end.
    Open(&'a str),
    /// Anything else, up to the next of the others.
    Prose(String),
}

/// The blocks of a text, each with its first line.
pub(super) fn blocks(text: &str) -> Vec<(u32, Block<'_>)> {
    let mut blocks = Vec::new();
    let mut prose = (0_u32, String::new());
    let mut lines = (1_u32..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let block = if let Some(word) = line.strip_prefix("```") {
            let word = word.trim();
            let mut inside = Vec::new();
            loop {
                match lines.next() {
                    Some((_, "```")) => break Block::Fence(word, inside),
                    Some(line) => inside.push(line),
                    None => break Block::Open(word),
                }
            }
        } else if let Some(heading) = heading(line) {
            heading
        } else {
            if prose.1.is_empty() {
                prose.0 = number;
            }
            prose.1.push_str(line);
            prose.1.push('\n');
            continue;
        };
        end_prose(&mut blocks, &mut prose);
        blocks.push((number, block));
    }
    end_prose(&mut blocks, &mut prose);
    blocks
}

fn heading(line: &str) -> Option<Block<'_>> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let title = text.strip_prefix(' ')?.trim();
    (level == 1 || level == 2).then_some(Block::Heading(level, title))
}

fn end_prose(blocks: &mut Vec<(u32, Block<'_>)>, prose: &mut (u32, String)) {
    let (line, text) = std::mem::take(prose);
    if !text.trim().is_empty() {
        blocks.push((line, Block::Prose(text.trim().to_owned())));
    }
}
