//! What packets are drawn with: the canvas, or an SVG group for a file.

use std::cell::RefCell;
use std::fmt::Write;

use web_sys::{Document, Element};

use crate::ui::parts::dom::SVG;
use crate::ui::parts::ink::Ink;
use crate::ui::plan::Point;

/// Draws one path after the other.
pub trait Pen {
    /// A new path.
    fn begin(&self);
    /// Goes to a point.
    fn move_to(&self, x: f64, y: f64);
    /// A line to a point.
    fn line_to(&self, x: f64, y: f64);
    /// A line back to where the path began.
    fn close(&self);
    /// A circle.
    fn circle(&self, middle: Point, radius: f64);
    /// A rectangle with round corners.
    fn rect(&self, middle: Point, size: (f64, f64), radius: f64);
    /// Fills the path.
    fn fill(&self, colour: &str);
    /// Draws the path's line.
    fn stroke(&self, colour: &str, width: f64);
    /// Draws what follows so strong, from 0 to 1; a file has everything at full strength.
    fn fade(&self, _strength: f64) {}
    /// Writes a few words around a point; not into files.
    fn say(&self, _text: &str, _middle: Point, _colour: &str, _ground: &str) {}
}

impl Pen for Ink {
    fn begin(&self) {
        self.path();
    }

    fn move_to(&self, x: f64, y: f64) {
        self.write(&[2.0, x, y]);
    }

    fn line_to(&self, x: f64, y: f64) {
        self.write(&[3.0, x, y]);
    }

    fn close(&self) {
        self.write(&[4.0]);
    }

    fn circle(&self, middle: Point, radius: f64) {
        Ink::circle(self, middle.x, middle.y, radius);
    }

    fn rect(&self, middle: Point, (w, h): (f64, f64), radius: f64) {
        Ink::rect(self, middle.x - w / 2.0, middle.y - h / 2.0, (w, h), radius);
    }

    fn fill(&self, colour: &str) {
        Ink::fill(self, colour);
    }

    fn fade(&self, strength: f64) {
        Ink::fade(self, strength);
    }

    fn stroke(&self, colour: &str, width: f64) {
        self.write(&[8.0, self.word(colour), width]);
    }

    fn say(&self, text: &str, p: Point, colour: &str, ground: &str) {
        Ink::say(self, text, (p.x, p.y), ["600 11px system-ui, sans-serif", "center", "middle"], (ground, 4.0), colour);
    }
}

/// Draws into an element of an SVG document.
pub struct SvgPen {
    document: Document,
    group: Element,
    path: RefCell<String>,
}

impl SvgPen {
    /// Draws into this group.
    #[must_use]
    pub fn new(document: Document, group: Element) -> SvgPen {
        SvgPen { document, group, path: RefCell::default() }
    }

    fn write(&self, words: std::fmt::Arguments<'_>) {
        let _ = self.path.borrow_mut().write_fmt(words);
    }

    fn put(&self, attributes: [(&str, &str); 3]) {
        let Ok(path) = self.document.create_element_ns(Some(SVG), "path") else { return };
        let _ = path.set_attribute("d", &self.path.borrow());
        for (name, value) in attributes {
            let _ = path.set_attribute(name, value);
        }
        let _ = self.group.append_child(&path);
    }
}

impl Pen for SvgPen {
    fn begin(&self) {
        self.path.borrow_mut().clear();
    }

    fn move_to(&self, x: f64, y: f64) {
        self.write(format_args!("M{x:.1} {y:.1}"));
    }

    fn line_to(&self, x: f64, y: f64) {
        self.write(format_args!("L{x:.1} {y:.1}"));
    }

    fn close(&self) {
        self.write(format_args!("Z"));
    }

    fn circle(&self, Point { x, y }: Point, r: f64) {
        let d = 2.0 * r;
        self.write(format_args!("M{:.1} {y:.1}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 {:.1} 0Z", x - r, -d));
    }

    fn rect(&self, middle: Point, (w, h): (f64, f64), r: f64) {
        let (x, y) = (middle.x - w / 2.0, middle.y - h / 2.0);
        let (across, down) = (w - 2.0 * r, h - 2.0 * r);
        self.write(format_args!(
            "M{:.1} {y:.1}h{across}a{r} {r} 0 0 1 {r} {r}v{down}a{r} {r} 0 0 1 {:.1} {r}h{:.1}a{r} {r} 0 0 1 {:.1} {:.1}v{:.1}a{r} {r} 0 0 1 {r} {:.1}Z",
            x + r, -r, -across, -r, -r, -down, -r
        ));
    }

    fn fill(&self, colour: &str) {
        self.put([("fill", colour), ("stroke", "none"), ("stroke-width", "0")]);
    }

    fn stroke(&self, colour: &str, width: f64) {
        self.put([("fill", "none"), ("stroke", colour), ("stroke-width", &format!("{width}"))]);
    }
}
