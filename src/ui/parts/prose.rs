//! A description, a task or a step of a lesson, drawn. All of it is text nodes.

use yew::prelude::*;

use crate::ui::prose::{Block, Piece, blocks, pieces};

#[derive(Properties, PartialEq)]
pub struct ProseProps {
    /// The little Markdown that [`crate::ui::prose`] knows.
    pub text: AttrValue,
}

/// Paragraphs and lists.
#[component]
pub fn Prose(props: &ProseProps) -> Html {
    use_memo(props.text.clone(), |text| prose(text)).as_ref().clone()
}

/// The same, for what is drawn seldom.
pub fn prose(text: &str) -> Html {
    let drawn = |block: &Block| match block {
        Block::Paragraph(pieces) => html! { <p>{ draw(pieces) }</p> },
        Block::List(entries) => {
            html! { <ul class="prose-list">{ for entries.iter().map(|pieces| html! { <li>{ draw(pieces) }</li> }) }</ul> }
        }
    };
    html! { <div class="prose stack is-tight">{ for blocks(text).iter().map(drawn) }</div> }
}

/// A single line, for where only words may stand.
pub fn line(text: &str) -> Html {
    draw(&pieces(text))
}

fn draw(pieces: &[Piece]) -> Html {
    let one = |piece: &Piece| match piece {
        Piece::Plain(text) => html! { <>{ text.clone() }</> },
        Piece::Code(text) => html! { <code>{ text.clone() }</code> },
        Piece::Strong(inside) => html! { <strong>{ draw(inside) }</strong> },
        Piece::Emphasis(text) => html! { <em>{ text.clone() }</em> },
    };
    pieces.iter().map(one).collect()
}
