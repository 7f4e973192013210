//! A lesson's words: paragraphs, lists, `code`, **weight** and *emphasis*. Everything else is text.

use yew::prelude::*;

/// Markdown of a step.
pub(super) fn prose(text: &str) -> Html {
    html! { <div class="lesson-prose">{ for text.split("\n\n").filter(|block| !block.trim().is_empty()).map(block) }</div> }
}

fn block(text: &str) -> Html {
    let text = text.trim();
    if !text.starts_with("- ") {
        return html! { <p>{ inline(text) }</p> };
    }
    let mut items: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("- "), items.last_mut()) {
            (Some(item), _) => items.push(item.to_owned()),
            (None, Some(item)) => {
                item.push(' ');
                item.push_str(line.trim());
            }
            (None, None) => {}
        }
    }
    html! { <ul>{ for items.iter().map(|item| html! { <li>{ inline(item) }</li> }) }</ul> }
}

/// A line with its marks.
pub(super) fn inline(text: &str) -> Html {
    let mut rest = text;
    let mut parts: Vec<Html> = Vec::new();
    while let Some(at) = rest.find(['`', '*']) {
        let (plain, marked) = rest.split_at(at);
        let mark = if marked.starts_with("**") { "**" } else { &marked[..1] };
        let inside = marked[mark.len()..].split_once(mark).filter(|(inside, _)| !inside.is_empty());
        let Some((inside, after)) = inside else {
            parts.push(html! { { rest[..at + mark.len()].to_owned() } });
            rest = &marked[mark.len()..];
            continue;
        };
        parts.push(html! { { plain.to_owned() } });
        parts.push(match mark {
            "`" => html! { <code>{ inside.to_owned() }</code> },
            "**" => html! { <strong>{ inline(inside) }</strong> },
            _ => html! { <em>{ inside.to_owned() }</em> },
        });
        rest = after;
    }
    parts.push(html! { { rest.to_owned() } });
    parts.into_iter().collect()
}
