//! What is drawn, as shapes: a canvas and an SVG file show the same.

use crate::ui::plan::{Point, Rect};

/// Colours by what they mean; the style sheet says which they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paint {
    /// Log.
    Log,
    /// Acknowledgements.
    Ack,
    /// Statements.
    Query,
    /// Results.
    Result,
    /// Leases.
    Lease,
    /// What is in the background.
    Quiet,
    /// What was lost.
    Trouble,
    /// What waits.
    Warning,
    /// A primary.
    Primary,
    /// A replica.
    Replica,
    /// Words.
    Ink,
    /// Lesser words.
    Ink2,
    /// The least words.
    Ink3,
    /// Lines of the ground.
    Grid,
    /// Lanes.
    Lane,
    /// The present.
    Present,
    /// The ground.
    Ground,
}

impl Paint {
    /// All.
    pub const ALL: [Paint; 17] = [
        Paint::Log,
        Paint::Ack,
        Paint::Query,
        Paint::Result,
        Paint::Lease,
        Paint::Quiet,
        Paint::Trouble,
        Paint::Warning,
        Paint::Primary,
        Paint::Replica,
        Paint::Ink,
        Paint::Ink2,
        Paint::Ink3,
        Paint::Grid,
        Paint::Lane,
        Paint::Present,
        Paint::Ground,
    ];

    /// The custom property that has the colour.
    #[must_use]
    pub fn property(self) -> &'static str {
        match self {
            Paint::Log => "--packet-log",
            Paint::Ack => "--packet-ack",
            Paint::Query => "--packet-query",
            Paint::Result => "--packet-result",
            Paint::Lease => "--lease",
            Paint::Quiet => "--packet-quiet",
            Paint::Trouble => "--trouble",
            Paint::Warning => "--warning",
            Paint::Primary | Paint::Present => "--accent",
            Paint::Replica => "--replica",
            Paint::Ink => "--ink",
            Paint::Ink2 => "--ink-2",
            Paint::Ink3 => "--ink-3",
            Paint::Grid => "--line",
            Paint::Lane => "--line-strong",
            Paint::Ground => "--surface",
        }
    }
}

/// How a line is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dash {
    /// It is not.
    #[default]
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
}

impl Dash {
    /// Lengths of strokes and gaps, in pixels.
    #[must_use]
    pub fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[5.0, 3.5],
            Dash::Dotted => &[1.5, 3.5],
        }
    }
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Style {
    /// From 1 to 100: how strong.
    pub strength: u8,
    /// The colour.
    pub paint: Paint,
    /// In tenths of a pixel.
    pub width: u8,
    /// How it is broken.
    pub dash: Dash,
}

impl Style {
    /// A solid line at full strength.
    #[must_use]
    pub fn line(paint: Paint, width: u8) -> Style {
        Style { strength: 100, paint, width, dash: Dash::Solid }
    }
}

/// One thing to draw.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Lines of one style.
    Lines(Style, Vec<(Point, Point)>),
    /// Rectangles of one colour, filled, with round corners of this radius.
    Rects(Paint, u8, f64, Vec<Rect>),
    /// Dots of one colour and radius.
    Dots(Paint, u8, f64, Vec<Point>),
    /// Words: where their baseline begins, their colour and strength, and whether they are figures.
    Text {
        /// The baseline's beginning, or its end.
        at: Point,
        /// The words.
        text: String,
        /// The colour.
        paint: Paint,
        /// From 1 to 100.
        strength: u8,
        /// The font.
        font: Font,
        /// Whether `at` is where they end.
        to_left: bool,
    },
}

/// Fonts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    /// Names of lanes.
    Name,
    /// Labels and figures, of equal width.
    Figure,
}

impl Font {
    /// Its size in pixels.
    #[must_use]
    pub fn size(self) -> f64 {
        match self {
            Font::Name => 13.0,
            Font::Figure => 10.5,
        }
    }

    /// As CSS has it.
    #[must_use]
    pub fn css(self) -> &'static str {
        match self {
            Font::Name => {
                "600 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
            }
            Font::Figure => {
                "10.5px ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
            }
        }
    }

    /// About how wide a text is.
    #[must_use]
    pub fn width(self, text: &str) -> f64 {
        let each = if self == Font::Name { 7.9 } else { 6.4 };
        text.chars().count() as f64 * each
    }
}

/// Everything that is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// From the ground up.
    pub shapes: Vec<Shape>,
    /// The room.
    pub size: (f64, f64),
    /// Messages in view.
    pub messages: usize,
    /// How many of them are drawn; fewer where one line stands for several.
    pub drawn: usize,
}
