//! MDX: Markdown with elements as JSX has them.

use markdown::mdast::{AttributeContent, AttributeValue, Node};
use markdown::message::Place;
use markdown::{Constructs, MdxSignal, ParseOptions};

use super::{Attribute, COMPONENT, ELEMENT, Embedding, Inline, jsx};

/// A longer document is not read: what reads it takes its time.
const MOST: usize = 1 << 20;

/// What MDX embeds; or the line of what cannot be read, and why.
pub(super) fn embedded(text: &str) -> Result<Vec<Embedding>, (u32, String)> {
    if text.len() > MOST {
        return Err((1, format!("is MDX of more than {} MB", MOST >> 20)));
    }
    let constructs = Constructs {
        frontmatter: true,
        gfm_autolink_literal: false,
        gfm_footnote_definition: true,
        gfm_strikethrough: true,
        gfm_table: true,
        ..Constructs::mdx()
    };
    let esm = |code: &str| match jsx::is_balanced(code) {
        true => MdxSignal::Ok,
        false => MdxSignal::Eof("an import or export has no end".into(), Box::default(), Box::default()),
    };
    let options = ParseOptions { constructs, mdx_esm_parse: Some(Box::new(esm)), ..ParseOptions::default() };
    let tree = markdown::to_mdast(text, &options).map_err(|message| {
        let line = match message.place.as_deref() {
            Some(Place::Point(point)) => point.line,
            Some(Place::Position(position)) => position.start.line,
            None => 1,
        };
        (number(line), format!("cannot be read as MDX: {}", message.reason))
    })?;
    let mut found = Vec::new();
    walk(&tree, text, &mut found);
    Ok(found)
}

/// An element, in a line or as a block.
struct Element<'a> {
    name: &'a str,
    attributes: &'a [AttributeContent],
    children: &'a [Node],
    line: u32,
    offset: usize,
}

impl<'a> Element<'a> {
    fn of(node: &'a Node) -> Option<Element<'a>> {
        let (name, attributes, children, position) = match node {
            Node::MdxJsxFlowElement(it) => (&it.name, &it.attributes, &it.children, &it.position),
            Node::MdxJsxTextElement(it) => (&it.name, &it.attributes, &it.children, &it.position),
            _ => return None,
        };
        let start = position.as_ref().map(|position| &position.start);
        Some(Element {
            name: name.as_deref()?,
            attributes,
            children,
            line: number(start.map_or(1, |start| start.line)),
            offset: start.map_or(0, |start| start.offset),
        })
    }

    fn literal(&self, wanted: &str) -> Option<String> {
        self.attributes.iter().find_map(|attribute| match attribute {
            AttributeContent::Property(it) if it.name.eq_ignore_ascii_case(wanted) => match &it.value {
                Some(AttributeValue::Literal(text)) => Some(text.clone()),
                Some(AttributeValue::Expression(it)) => jsx::literal(&it.value),
                None => Some(String::new()),
            },
            _ => None,
        })
    }
}

fn walk(node: &Node, text: &str, found: &mut Vec<Embedding>) {
    if let Some(element) = Element::of(node).filter(|element| matches!(element.name, ELEMENT | COMPONENT)) {
        found.push(embedding(&element, text));
    }
    for child in node.children().into_iter().flatten() {
        walk(child, text, found);
    }
}

fn embedding(element: &Element<'_>, text: &str) -> Embedding {
    let mut embedding = Embedding { line: element.line, ..Embedding::default() };
    // Only elements have a place in the tree; an attribute's is looked for in the element's text.
    let source = text.get(element.offset..).unwrap_or_default();
    for attribute in element.attributes {
        let AttributeContent::Property(it) = attribute else { continue };
        let value = match &it.value {
            Some(AttributeValue::Literal(text)) => Some(text.clone()),
            Some(AttributeValue::Expression(it)) => jsx::literal(&it.value),
            None => Some(String::new()),
        };
        let before = source.find(&it.name).and_then(|at| source.get(..at)).unwrap_or_default();
        let line = element.line + newlines(before);
        embedding.attributes.push(Attribute { name: it.name.to_ascii_lowercase(), value, line });
    }
    let mut scripts = Vec::new();
    collect_scripts(element.children, &mut scripts);
    for script in scripts {
        match script_text(&script, text) {
            Ok(_) if embedding.inline.is_some() => {
                let why = "a second scenario inside the element, which shows the first";
                embedding.wrong.push((script.line, why.to_owned()));
            }
            Ok(inline) => embedding.inline = Some(inline),
            Err(why) => embedding.wrong.push((script.line, why)),
        }
    }
    embedding
}

fn collect_scripts<'a>(nodes: &'a [Node], scripts: &mut Vec<Element<'a>>) {
    for node in nodes {
        match Element::of(node) {
            Some(element) if element.name == "script" => {
                if element.literal("type").is_some_and(|kind| Inline::is_type(&kind)) {
                    scripts.push(element);
                }
            }
            _ => collect_scripts(node.children().map_or(&[], Vec::as_slice), scripts),
        }
    }
}

/// The text of a script: a template between braces, or given as HTML.
fn script_text(script: &Element<'_>, text: &str) -> Result<Inline, String> {
    let html = script.attributes.iter().find_map(|attribute| match attribute {
        AttributeContent::Property(it) if it.name == "dangerouslySetInnerHTML" => match &it.value {
            Some(AttributeValue::Expression(it)) => Some(it.value.as_str()),
            _ => None,
        },
        _ => None,
    });
    let code = match (html, script.children) {
        (Some(html), _) => html.split_once("__html").and_then(|(_, rest)| rest.trim_start().strip_prefix(':')),
        (None, [Node::MdxFlowExpression(it)]) => Some(it.value.as_str()),
        (None, [Node::MdxTextExpression(it)]) => Some(it.value.as_str()),
        (None, [Node::Paragraph(it)]) => match it.children.as_slice() {
            [Node::MdxTextExpression(it)] => Some(it.value.as_str()),
            _ => None,
        },
        _ => None,
    };
    let why = "MDX reads the text of a <script> as Markdown: put the scenario between {` and `}";
    let code = code.map(|code| code.trim().trim_end_matches('}').trim()).ok_or(why)?;
    let value = jsx::literal(code).ok_or("the scenario inside is the result of a program, which is not run here")?;
    let source = text.get(script.offset..).unwrap_or_default();
    let before = source.find('`').and_then(|at| source.get(..at)).unwrap_or_default();
    Ok(Inline { line: script.line + newlines(before), text: value })
}

fn newlines(text: &str) -> u32 {
    number(text.bytes().filter(|byte| *byte == b'\n').count())
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
