//! A picture as an SVG file of its own, for slides and papers.

use std::fmt::Write;

use super::picture::{Font, Paint, Picture, Shape, Style};

/// Writes elements; every value goes through here, and none can end an attribute or begin a tag.
struct Writer(String);

impl Writer {
    fn open(&mut self, tag: &'static str, attributes: &[(&'static str, String)]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.escaped(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    fn close(&mut self, tag: &'static str) {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push_str(">\n");
    }

    fn element(&mut self, tag: &'static str, attributes: &[(&'static str, String)], text: &str) {
        self.open(tag, attributes);
        self.escaped(text);
        self.close(tag);
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // XML has no place for these, not even as references.
                c if c.is_control() && !matches!(c, '\n' | '\t') => self.0.push('\u{fffd}'),
                '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
    }
}

/// The picture as a file; `colour` says which colour is which, `title` and `words` are for those who do not see it.
#[must_use]
pub fn svg(picture: &Picture, title: &str, words: &str, colour: impl Fn(Paint) -> String) -> String {
    let (w, h) = picture.size;
    let mut out = Writer(String::with_capacity(4_096));
    let size = [
        ("xmlns", "http://www.w3.org/2000/svg".to_owned()),
        ("width", px(w)),
        ("height", px(h)),
        ("viewBox", format!("0 0 {} {}", px(w), px(h))),
        ("role", "img".to_owned()),
    ];
    out.open("svg", &size);
    out.element("title", &[], title);
    out.element("desc", &[], words);
    let ground = [("width", px(w)), ("height", px(h)), ("fill", colour(Paint::Ground))];
    out.element("rect", &ground, "");
    for shape in &picture.shapes {
        match shape {
            Shape::Lines(style, lines) => {
                let mut d = String::new();
                for (a, b) in lines {
                    let _ = write!(d, "M{} {}L{} {}", px(a.x), px(a.y), px(b.x), px(b.y));
                }
                let mut attributes = stroke(style, &colour);
                attributes.push(("d", d));
                out.element("path", &attributes, "");
            }
            Shape::Rects(paint, strength, round, rects) => {
                for r in rects {
                    let mut attributes = fill(*paint, *strength, &colour);
                    attributes.extend([("x", px(r.x)), ("y", px(r.y)), ("width", px(r.w)), ("height", px(r.h))]);
                    attributes.push(("rx", px(*round)));
                    out.element("rect", &attributes, "");
                }
            }
            Shape::Dots(paint, strength, radius, dots) => {
                for p in dots {
                    let mut attributes = fill(*paint, *strength, &colour);
                    attributes.extend([("cx", px(p.x)), ("cy", px(p.y)), ("r", px(*radius))]);
                    out.element("circle", &attributes, "");
                }
            }
            Shape::Text { at, text, paint, strength, font, to_left } => {
                let mut attributes = fill(*paint, *strength, &colour);
                attributes.extend([("x", px(at.x)), ("y", px(at.y)), ("font-size", px(font.size()))]);
                attributes.push(("font-family", family(*font).to_owned()));
                if *font == Font::Name {
                    attributes.push(("font-weight", "600".to_owned()));
                }
                if *to_left {
                    attributes.push(("text-anchor", "end".to_owned()));
                }
                if *font == Font::Figure {
                    attributes.extend([("stroke", colour(Paint::Ground)), ("stroke-width", "3".to_owned())]);
                    attributes.push(("paint-order", "stroke".to_owned()));
                }
                out.element("text", &attributes, text);
            }
        }
    }
    out.close("svg");
    out.0
}

fn family(font: Font) -> &'static str {
    match font {
        Font::Name => "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
        Font::Figure => "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    }
}

fn fill(paint: Paint, strength: u8, colour: &impl Fn(Paint) -> String) -> Vec<(&'static str, String)> {
    let mut attributes = vec![("fill", colour(paint))];
    if strength < 100 {
        attributes.push(("opacity", format!("{:.2}", f64::from(strength) / 100.0)));
    }
    attributes
}

fn stroke(style: &Style, colour: &impl Fn(Paint) -> String) -> Vec<(&'static str, String)> {
    let mut attributes = vec![("fill", "none".to_owned()), ("stroke", colour(style.paint))];
    attributes.push(("stroke-width", px(f64::from(style.width) / 10.0)));
    attributes.push(("stroke-linecap", "round".to_owned()));
    let dash: Vec<String> = style.dash.pattern().iter().map(|length| px(*length)).collect();
    if !dash.is_empty() {
        attributes.push(("stroke-dasharray", dash.join(" ")));
    }
    if style.strength < 100 {
        attributes.push(("opacity", format!("{:.2}", f64::from(style.strength) / 100.0)));
    }
    attributes
}

/// A number with one digit, without one where it is whole.
fn px(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
