//! Cards: servers, clients and the proxy, as SVG whose place the scene sets.

use web_sys::{KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::card_id;
use super::store::ring;
use crate::engine::ids::Addr;
use crate::t;
use crate::ui::faces::{Cell, ClientFace, NodeFace, ProxyFace, clip, clip_name};
use crate::ui::leases::LeaseFace;
use crate::ui::plan::{Density, Rect};
use crate::ui::words::Tone;

/// What a reader does with a card.
#[derive(Clone)]
pub enum CardEvent {
    /// A pointer came down.
    Down(PointerEvent),
    /// A pointer that came down moves.
    Move(PointerEvent),
    /// A pointer went up.
    Up,
    /// The browser took the pointer away, as for scrolling.
    Cancel,
    /// A key.
    Key(KeyboardEvent),
}

/// The frame of every card: takes the focus, pointers and keys.
#[derive(Properties, PartialEq)]
pub struct CardProps {
    pub prefix: AttrValue,
    pub who: Addr,
    /// Classes for its role and state.
    pub class: AttrValue,
    /// What it is, in words.
    pub label: AttrValue,
    pub width: f64,
    pub height: f64,
    /// Whether its menu is open.
    pub open: bool,
    pub on_event: Callback<(Addr, CardEvent)>,
    pub children: Html,
}

/// The height of a card's header.
pub const HEAD: f64 = 28.0;

#[component]
pub fn Card(props: &CardProps) -> Html {
    let CardProps { who, width: w, height: h, .. } = *props;
    let on = props.on_event.clone();
    let emit = move |wrap: fn(PointerEvent) -> CardEvent| {
        let on = on.clone();
        Callback::from(move |event: PointerEvent| on.emit((who, wrap(event))))
    };
    let key = props.on_event.reform(move |event: KeyboardEvent| (who, CardEvent::Key(event)));
    let up = props.on_event.reform(move |_: PointerEvent| (who, CardEvent::Up));
    let cancel = props.on_event.reform(move |_: PointerEvent| (who, CardEvent::Cancel));
    let head = format!("M0 {HEAD}V9Q0 0 9 0H{:.1}Q{w:.1} 0 {w:.1} 9V{HEAD}Z", w - 9.0);
    html! {
        <g id={card_id(&props.prefix, who)} class={classes!("card", props.class.to_string())} onpointerdown={emit(CardEvent::Down)}
            onpointermove={emit(CardEvent::Move)} onpointerup={up} onpointercancel={cancel} onkeydown={key}>
            <g aria-hidden="true">
                <rect class="card-focus" x="-4" y="-4" width={px(w + 8.0)} height={px(h + 8.0)} rx="12" />
                <rect class="card-body" width={px(w)} height={px(h)} rx="9" />
                <path class="card-head" d={head} />
                <rect class="card-line" width={px(w)} height={px(h)} rx="9" />
                { props.children.clone() }
            </g>
            // The button has no text of its own: what the card says changes too often to be a name. It lies above all, to be pressed.
            <rect class="card-button" width={px(w)} height={px(h)} rx="9" tabindex="0" role="button"
                aria-haspopup="menu" aria-expanded={props.open.to_string()} aria-label={props.label.clone()} />
        </g>
    }
}

fn px(n: f64) -> String {
    format!("{n:.1}")
}

/// A card's header: whose it is, what it is now, and the lease that it has.
pub fn title(name: &str, word: &str, lease: Option<&LeaseFace>, w: f64) -> Html {
    let word_width = word.chars().count() as f64 * 8.6;
    let room = w - 24.0 - word_width - 8.0 - if lease.is_some() { 24.0 } else { 0.0 };
    html! {
        <>
            <text class="card-name" x="12" y="19">{ clip_name(name, room) }</text>
            if let Some(lease) = lease {
                { ring(lease, w - 12.0 - word_width - 13.0, 14.5) }
            }
            <text class="card-role" x={px(w - 12.0)} y="18.5" text-anchor="end">{ word.to_owned() }</text>
        </>
    }
}

fn tone_class(tone: Option<Tone>) -> &'static str {
    tone.map_or("", Tone::class)
}

#[derive(Properties, PartialEq)]
pub struct NodeCardProps {
    pub prefix: AttrValue,
    pub face: NodeFace,
    pub rect: Rect,
    pub density: Density,
    pub open: bool,
    pub on_event: Callback<(Addr, CardEvent)>,
}

/// A server's card.
#[component]
pub fn NodeCard(props: &NodeCardProps) -> Html {
    let face = &props.face;
    let (w, h) = (props.rect.w, props.rect.h);
    let inner = w - 24.0;
    // Toned text is bold, and so wider; a short line cannot hope for narrow letters.
    let bold = if inner < 140.0 { 7.9 } else { 7.0 };
    let small = |tone: Option<Tone>| (inner / if tone.is_some() { bold } else { 6.2 }) as usize;
    let state = face.badge.word.to_lowercase();
    let state = if face.lease.is_some() { t!("card-label.holds-lease", state = state) } else { state };
    let label = format!("{}, {state}, {}, {}", face.name, face.figure, face.note);
    let figure_class = classes!("card-text", tone_class(face.figure_tone));
    let note_class = classes!("card-text", tone_class(face.note_tone));
    let body = match props.density {
        Density::Full => {
            let room = inner - face.timeline.chars().count() as f64 * 7.3 - 8.0;
            let long = format!("{} {}", face.position_label, face.position).trim_start().to_owned();
            let position = if long.chars().count() as f64 * 7.3 <= room { long } else { face.position.clone() };
            let room = small(face.figure_tone);
            let figure = if face.figure.chars().count() > room && !face.figure_short.is_empty() {
                &face.figure_short
            } else {
                &face.figure
            };
            html! {
                <>
                    { strip(&face.cells, 12.0, 38.0, inner, 17.0) }
                    <text class="card-mono" x="12" y="73">{ position }</text>
                    <text class="card-mono is-quiet" x={px(w - 12.0)} y="73" text-anchor="end">{ &face.timeline }</text>
                    <text class={figure_class} x="12" y="92">{ clip(figure, room) }</text>
                    <text class={note_class} x="12" y="110">{ clip(&face.note, small(face.note_tone)) }</text>
                </>
            }
        }
        Density::Compact => {
            let (text, class) =
                if face.note_tone.is_some() { (&face.note, note_class) } else { (&face.figure, figure_class) };
            html! {
                <>
                    { strip(&face.cells, 12.0, 34.0, inner, 14.0) }
                    <text class="card-mono" x="12" y="63">{ &face.position }</text>
                    <text class="card-mono is-quiet" x={px(w - 12.0)} y="63" text-anchor="end">{ &face.timeline }</text>
                    <text {class} x="12" y="80">{ clip(text, small(face.note_tone.or(face.figure_tone))) }</text>
                </>
            }
        }
        Density::Mini => {
            let trouble = face.note_tone.filter(|t| *t == Tone::Trouble);
            let (text, class) = match trouble {
                Some(_) => (&face.note, note_class),
                None => (&face.figure_short, figure_class),
            };
            let strip_width = inner * 0.56;
            html! {
                <>
                    { strip(&face.cells, 12.0, 36.0, strip_width, 13.0) }
                    <text {class} x={px(w - 12.0)} y="47" text-anchor="end">
                        { clip(text, ((inner - strip_width - 8.0) / 6.4) as usize) }
                    </text>
                </>
            }
        }
    };
    html! {
        <Card prefix={props.prefix.clone()} who={Addr::Node(face.id)} width={w} height={h} open={props.open}
            class={format!("is-node {}", face.badge.tone.class())} {label} on_event={props.on_event.clone()}>
            { title(&face.name, face.badge.word, face.lease.as_ref(), w) }
            { body }
        </Card>
    }
}

/// A server's newest records.
fn strip(cells: &[Cell], x: f64, y: f64, width: f64, height: f64) -> Html {
    const MOST: usize = crate::sim::view::NodeView::STRIP;
    let gap = if width < 140.0 { 2.0 } else { 3.0 };
    let cell = (width - gap * (MOST as f64 - 1.0)) / MOST as f64;
    let from = cells.len().saturating_sub(MOST);
    html! {
        <g class="strip">
            { for cells[from..].iter().enumerate().map(|(i, state)| {
                // Half a pixel inwards, so that the outline is not wider than the cell.
                let left = x + i as f64 * (cell + gap) + 0.5;
                html! {
                    <rect class={state.class()} x={px(left)} y={px(y + 0.5)} width={px((cell - 1.0).max(0.0))} height={px(height - 1.0)} rx="2.5" />
                }
            }) }
        </g>
    }
}

#[derive(Properties, PartialEq)]
pub struct ClientCardProps {
    pub prefix: AttrValue,
    pub face: ClientFace,
    pub rect: Rect,
    pub open: bool,
    pub on_event: Callback<(Addr, CardEvent)>,
}

/// A client's card.
#[component]
pub fn ClientCard(props: &ClientCardProps) -> Html {
    let face = &props.face;
    let (w, h) = (props.rect.w, props.rect.h);
    let outstanding = match face.outstanding {
        0 => String::new(),
        n => t!("card-label.open", n = n),
    };
    html! {
        <Card prefix={props.prefix.clone()} who={Addr::Client(face.id)} width={w} height={h} open={props.open}
            class="is-other" label={t!("card-label.client", name = face.name, load = face.load)} on_event={props.on_event.clone()}>
            { title(&face.name, "CLIENT", None, w) }
            <text class="card-text" x="12" y="45">{ clip(&face.load, ((w - 24.0) / 6.2) as usize) }</text>
            if w > 150.0 {
                <text class="card-text is-quiet" x={px(w - 12.0)} y="45" text-anchor="end">{ outstanding }</text>
            }
        </Card>
    }
}

#[derive(Properties, PartialEq)]
pub struct ProxyCardProps {
    pub prefix: AttrValue,
    pub face: ProxyFace,
    pub rect: Rect,
    pub open: bool,
    pub on_event: Callback<(Addr, CardEvent)>,
}

/// The proxy's card.
#[component]
pub fn ProxyCard(props: &ProxyCardProps) -> Html {
    let face = &props.face;
    let (w, h) = (props.rect.w, props.rect.h);
    let chars = ((w - 24.0) / 6.2) as usize;
    let writes = if face.no_primary { "card-text is-trouble" } else { "card-text is-strong" };
    html! {
        <Card prefix={props.prefix.clone()} who={Addr::Proxy} width={w} height={h} open={props.open}
            class="is-other" label={format!("proxy, {}, {}", face.reads, face.writes)} on_event={props.on_event.clone()}>
            { title("proxy", "PROXY", None, w) }
            <text class="card-text" x="12" y="46">{ clip(&face.reads, chars) }</text>
            <text class={writes} x="12" y="63">{ clip(&face.writes, chars) }</text>
        </Card>
    }
}
