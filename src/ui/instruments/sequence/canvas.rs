//! A picture on a canvas.

use web_sys::Element;

use crate::ui::exchange::{Font, Paint, Shape};
use crate::ui::parts::ink::{self, Ink};

/// The colours that hold for an element now.
#[derive(Clone, Default)]
pub struct Colours(Vec<String>);

impl Colours {
    /// Reads them.
    pub fn read(element: &Element) -> Colours {
        let style = web_sys::window().and_then(|w| w.get_computed_style(element).ok().flatten());
        let read = |paint: Paint| {
            let value = style.as_ref().and_then(|s| s.get_property_value(paint.property()).ok()).unwrap_or_default();
            let value = value.trim();
            if value.is_empty() { "#808080".to_owned() } else { value.to_owned() }
        };
        Colours(Paint::ALL.into_iter().map(read).collect())
    }

    /// One of them.
    pub fn of(&self, paint: Paint) -> &str {
        self.0.get(paint as usize).map_or("#808080", String::as_str)
    }
}

/// What is written for a canvas, its size in pixels of the screen, and how many of these a CSS pixel is.
pub struct Board<'a> {
    ink: &'a Ink,
    size: (u32, u32),
    ratio: f64,
}

impl<'a> Board<'a> {
    /// Begins to draw on a canvas of this size in CSS pixels; what was on it stays if it had that size.
    pub fn new(ink: &'a Ink, (w, h): (f64, f64)) -> Board<'a> {
        let ratio = ink::ratio();
        let size = ((w * ratio) as u32, (h * ratio) as u32);
        ink.begin(size, ratio);
        Board { ink, size, ratio }
    }

    /// Takes everything away.
    pub fn clear(&self) {
        self.ink.clear();
    }

    /// Draws shapes over what is there.
    pub fn draw(&self, shapes: &[Shape], colours: &Colours) {
        shapes.iter().for_each(|shape| draw(self.ink, shape, colours));
        self.ink.fade(1.0);
    }

    /// Ends.
    pub fn show(self) {
        self.ink.show();
    }

    /// Copies what is to the right of `gutter` on another canvas, moved to the left by whole pixels of the screen, so
    /// that nothing of it blurs.
    pub fn copy(&self, other: &Ink, (w, h): (f64, f64), gutter: f64, moved: f64) {
        let at = (gutter * self.ratio).round();
        let from = at + (moved * self.ratio).round();
        let w = (f64::from(self.size.0) - at).min((w * self.ratio).floor() - from);
        let h = f64::from(self.size.1).min((h * self.ratio).floor());
        if w >= 1.0 && h >= 1.0 {
            self.ink.copy(other, from, at, (w, h));
        }
    }
}

fn draw(ink: &Ink, shape: &Shape, colours: &Colours) {
    let strong = |strength: u8| ink.fade(f64::from(strength) / 100.0);
    match shape {
        Shape::Lines(style, lines) => {
            strong(style.strength);
            ink.pen(colours.of(style.paint), f64::from(style.width) / 10.0);
            ink.dash(style.dash.pattern());
            lines.iter().for_each(|(a, b)| ink.line([a.x, a.y, b.x, b.y]));
            ink.dash(&[]);
        }
        Shape::Rects(paint, strength, round, rects) => {
            strong(*strength);
            ink.path();
            for r in rects {
                ink.rect(r.x, r.y, (r.w, r.h), if r.w < 2.0 * round { 0.0 } else { *round });
            }
            ink.fill(colours.of(*paint));
        }
        Shape::Dots(paint, strength, radius, dots) => {
            strong(*strength);
            ink.path();
            dots.iter().for_each(|p| ink.circle(p.x, p.y, *radius));
            ink.fill(colours.of(*paint));
        }
        Shape::Text { at, text, paint, strength, font, to_left } => {
            strong(*strength);
            let looks = [font.css(), if *to_left { "right" } else { "left" }, "alphabetic"];
            let wide = if *font == Font::Figure { 3.0 } else { 0.0 };
            ink.say(text, (at.x, at.y), looks, (colours.of(Paint::Ground), wide), colours.of(*paint));
        }
    }
}
