//! Cards, as `ui/stage` draws them.

use super::paint::{Ink, Paint};
use crate::engine::ids::Addr;
use crate::sim::view::{ClusterView, NodeView};
use crate::ui::faces::{Cell, NodeFace, client_face, clip, clip_name, node_face, proxy_face};
use crate::ui::leases::store_face;
use crate::ui::plan::{Density, Plan, Rect};
use crate::ui::words::Tone;

/// The height of a card's header.
const HEAD: f64 = 28.0;
const TEXT: &str = "font-size=12";
const BOLD: &str = "font-size=12 font-weight=650";
const MONO: &str = "font-size=12 mono";

/// The colours of a card.
#[derive(Clone, Copy)]
struct Look {
    role: Paint,
    soft: Paint,
    light: Paint,
}

fn look(tone: Option<Tone>) -> Look {
    let (role, soft, light) = match tone {
        Some(Tone::Primary) => (Paint::Accent, Paint::AccentSoft, Paint::PrimaryLight),
        Some(Tone::Replica) => (Paint::Replica, Paint::ReplicaSoft, Paint::ReplicaLight),
        Some(Tone::Lease) => (Paint::Lease, Paint::LeaseSoft, Paint::LineStrong),
        Some(Tone::Warning) => (Paint::Warning, Paint::WarningSoft, Paint::WarningLight),
        Some(Tone::Trouble) => (Paint::Trouble, Paint::TroubleSoft, Paint::TroubleLight),
        Some(Tone::Gone) => (Paint::Ink2, Paint::Stage, Paint::LineStrong),
        None => (Paint::Ink2, Paint::Sunken, Paint::LineStrong),
    };
    Look { role, soft, light }
}

fn toned(tone: Option<Tone>) -> (Paint, &'static str) {
    match tone {
        None => (Paint::Ink2, TEXT),
        Some(tone) => (look(Some(tone)).role, BOLD),
    }
}

/// Draws everybody.
pub(super) fn draw(ink: &mut Ink<'_>, plan: &Plan, view: &ClusterView) {
    let density = plan.density.unwrap_or(Density::Compact);
    for (who, rect) in &plan.cards {
        ink.xml.open("g", &[("transform", &format!("translate({:.1} {:.1})", rect.x, rect.y))]);
        match who {
            Addr::Node(id) => {
                if let Some(node) = view.nodes.iter().find(|node| node.id == *id) {
                    server(ink, node, view, *rect, density);
                }
            }
            Addr::Client(id) => {
                if let Some(client) = view.clients.iter().find(|client| client.id == *id) {
                    let face = client_face(client);
                    frame(ink, *rect, None, &face.name, "CLIENT");
                    ink.words((12.0, 45.0), &clip(&face.load, chars(*rect, 6.2)), Paint::Ink2, TEXT);
                }
            }
            Addr::Proxy => {
                if let Some(proxy) = &view.proxy {
                    let face = proxy_face(proxy, view);
                    frame(ink, *rect, None, "proxy", "PROXY");
                    ink.words((12.0, 46.0), &clip(&face.reads, chars(*rect, 6.2)), Paint::Ink2, TEXT);
                    let paint = if face.no_primary { Paint::Trouble } else { Paint::Accent };
                    ink.words((12.0, 63.0), &clip(&face.writes, chars(*rect, 6.8)), paint, BOLD);
                }
            }
            Addr::Store => {
                if let Some(face) = store_face(view) {
                    frame(ink, *rect, Some(face.badge.tone), "store", face.badge.word);
                    let (paint, bold) = face.line_tone.map_or((Paint::Lease, BOLD), |tone| toned(Some(tone)));
                    ink.words((12.0, 46.0), &clip(&face.line, chars(*rect, 7.0)), paint, bold);
                    ink.words((12.0, 63.0), &clip(&face.more, chars(*rect, 6.2)), Paint::Ink2, TEXT);
                }
            }
            _ => {}
        }
        ink.xml.close();
    }
}

fn chars(rect: Rect, each: f64) -> usize {
    ((rect.w - 24.0) / each) as usize
}

/// A card's body and header.
fn frame(ink: &mut Ink<'_>, rect: Rect, tone: Option<Tone>, name: &str, word: &str) {
    let look = look(tone);
    let (w, h) = (px(rect.w), px(rect.h));
    let body = if tone == Some(Tone::Gone) { Paint::Stage } else { Paint::Surface };
    ink.shape("rect", &[("width", &w), ("height", &h), ("rx", "9")], Some(body), None);
    let head = format!("M0 {HEAD}V9Q0 0 9 0H{:.1}Q{w} 0 {w} 9V{HEAD}Z", rect.w - 9.0);
    ink.shape("path", &[("d", &head)], Some(look.soft), None);
    let mut outline = vec![("width", w.as_str()), ("height", h.as_str()), ("rx", "9")];
    let line = match tone {
        Some(Tone::Trouble) => {
            outline.push(("stroke-width", "2"));
            Paint::Trouble
        }
        Some(Tone::Gone) => {
            outline.push(("stroke-dasharray", "5 4"));
            Paint::LineStrong
        }
        _ => Paint::LineStrong,
    };
    ink.shape("rect", &outline, None, Some(line));
    let room = rect.w - 32.0 - word.chars().count() as f64 * 8.6;
    ink.words((12.0, 19.0), &clip_name(name, room), Paint::Ink, "font-size=14 font-weight=650");
    ink.words(
        (rect.w - 12.0, 18.5),
        word,
        look.role,
        "font-size=11 font-weight=700 letter-spacing=0.55 text-anchor=end",
    );
}

fn px(n: f64) -> String {
    format!("{n:.1}")
}

fn server(ink: &mut Ink<'_>, node: &NodeView, view: &ClusterView, rect: Rect, density: Density) {
    let face = node_face(node, view);
    let look = look(Some(face.badge.tone));
    frame(ink, rect, Some(face.badge.tone), &face.name, face.badge.word);
    let inner = rect.w - 24.0;
    let right = "font-size=12 mono text-anchor=end";
    let bold = if inner < 140.0 { 7.9 } else { 7.0 };
    let room = |tone: Option<Tone>| (inner / if tone.is_some() { bold } else { 6.2 }) as usize;
    let line = |ink: &mut Ink<'_>, y: f64, text: &str, tone: Option<Tone>| {
        let (paint, style) = toned(tone);
        ink.words((12.0, y), &clip(text, room(tone)), paint, style);
    };
    match density {
        Density::Full => {
            strip(ink, &face, look, (12.0, 38.0), (inner, 17.0));
            let left = inner - face.timeline.chars().count() as f64 * 7.3 - 8.0;
            let long = format!("{} {}", face.position_label, face.position).trim_start().to_owned();
            let position = if long.chars().count() as f64 * 7.3 <= left { &long } else { &face.position };
            ink.words((12.0, 73.0), position, Paint::Ink, MONO);
            ink.words((rect.w - 12.0, 73.0), &face.timeline, Paint::Ink2, right);
            line(ink, 92.0, &face.figure, face.figure_tone);
            line(ink, 110.0, &face.note, face.note_tone);
        }
        Density::Compact => {
            strip(ink, &face, look, (12.0, 34.0), (inner, 14.0));
            ink.words((12.0, 63.0), &face.position, Paint::Ink, MONO);
            ink.words((rect.w - 12.0, 63.0), &face.timeline, Paint::Ink2, right);
            match face.note_tone {
                Some(tone) => line(ink, 80.0, &face.note, Some(tone)),
                None => line(ink, 80.0, &face.figure, face.figure_tone),
            }
        }
        Density::Mini => {
            let width = inner * 0.56;
            strip(ink, &face, look, (12.0, 36.0), (width, 13.0));
            let trouble = face.note_tone.filter(|tone| *tone == Tone::Trouble);
            let (text, tone) =
                if trouble.is_some() { (&face.note, trouble) } else { (&face.figure_short, face.figure_tone) };
            let (paint, style) = toned(tone);
            let style = format!("{style} text-anchor=end");
            ink.words((rect.w - 12.0, 47.0), &clip(text, ((inner - width - 8.0) / 6.4) as usize), paint, &style);
        }
    }
}

/// A server's newest records.
fn strip(ink: &mut Ink<'_>, face: &NodeFace, look: Look, (x, y): (f64, f64), (width, height): (f64, f64)) {
    const MOST: usize = NodeView::STRIP;
    let gap = if width < 140.0 { 2.0 } else { 3.0 };
    let cell = (width - gap * (MOST as f64 - 1.0)) / MOST as f64;
    let newest = face.cells.get(face.cells.len().saturating_sub(MOST)..).unwrap_or_default();
    for (i, state) in newest.iter().enumerate() {
        let left = px(x + i as f64 * (cell + gap) + 0.5);
        let (top, w, h) = (px(y + 0.5), px(cell - 1.0), px(height - 1.0));
        let mut attributes = vec![
            ("x", left.as_str()),
            ("y", &top),
            ("width", &w),
            ("height", &h),
            ("rx", "2.5"),
            ("stroke-width", "1.1"),
        ];
        let (fill, stroke) = match state {
            Cell::Applied => (Some(look.role), look.role),
            Cell::Flushed => (Some(look.light), look.role),
            Cell::Volatile => {
                attributes.push(("stroke-dasharray", "2.5 1.5"));
                (None, look.role)
            }
            Cell::Missing => {
                attributes.push(("stroke-dasharray", "1.2 2.4"));
                (None, Paint::LineStrong)
            }
        };
        ink.shape("rect", &attributes, fill, Some(stroke));
    }
}
