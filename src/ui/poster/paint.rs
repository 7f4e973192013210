//! A poster's colours: those of the page's style sheet, light as attributes, dark in a style sheet of its own.

use super::xml::Xml;

macro_rules! paints {
    ($($name:ident = $css:literal, $light:literal, $dark:literal;)*) => {
        /// A colour by its purpose, named as in the style sheet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Paint {
            $($name,)*
        }

        impl Paint {
            /// Its name, as light, as dark.
            fn colours(self) -> (&'static str, &'static str, &'static str) {
                match self {
                    $(Paint::$name => ($css, $light, $dark),)*
                }
            }
        }

        /// Every colour with its name, for the test that holds them against the style sheet.
        #[cfg(test)]
        pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
            [$(Paint::$name,)*].into_iter().map(Paint::colours)
        }
    };
}

paints! {
    Stage = "stage", "#f7f6f2", "#0f131a";
    Surface = "surface", "#ffffff", "#171c25";
    Sunken = "sunken", "#f1f0eb", "#10151d";
    LineStrong = "line-strong", "#a6a69f", "#5b6675";
    Ink = "ink", "#1b2130", "#e9edf4";
    Ink2 = "ink-2", "#4c5466", "#b4bdca";
    Accent = "accent", "#2a5bd0", "#8aabff";
    AccentSoft = "accent-soft", "#e8eefc", "#1b2744";
    PrimaryLight = "primary-light", "#b9cbf5", "#39508a";
    Replica = "replica", "#0a7368", "#52c7b8";
    ReplicaSoft = "replica-soft", "#e2f2ef", "#12302d";
    ReplicaLight = "replica-light", "#a9d6cf", "#255b54";
    Lease = "lease", "#6a3fbf", "#bb9dff";
    // The style sheet mixes these from others.
    LeaseSoft = "lease-soft", "#f0ecf9", "#27293b";
    Warning = "warning", "#8f5200", "#f0b45c";
    WarningSoft = "warning-soft", "#fbf0dc", "#35280f";
    WarningLight = "warning-light", "#d8c2a6", "#635138";
    Trouble = "trouble", "#b3261e", "#ff8d84";
    TroubleSoft = "trouble-soft", "#fbe9e7", "#3b1917";
    TroubleLight = "trouble-light", "#e4b3b0", "#684346";
}

impl Paint {
    fn light(self) -> &'static str {
        self.colours().1
    }
}

/// Which colours were used, and for what.
#[derive(Debug, Default)]
pub(super) struct Palette {
    used: Vec<(Paint, Way)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Fill,
    Stroke,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Fill => "fill",
            Way::Stroke => "stroke",
        }
    }
}

impl Palette {
    /// The class that makes it dark where its reader wants that.
    fn class(&mut self, prefix: &str, paint: Paint, way: Way) -> String {
        if !self.used.contains(&(paint, way)) {
            self.used.push((paint, way));
        }
        format!("{prefix}{}-{}", way.name(), paint.colours().0)
    }

    /// The style sheet for dark surroundings. Paper is light.
    pub fn dark_style(mut self, prefix: String) -> String {
        self.used.sort_unstable();
        let rule = |(paint, way): &(Paint, Way)| {
            let (name, _, dark) = paint.colours();
            format!(".{prefix}{0}-{name}{{{0}:{dark}}}", way.name())
        };
        let rules: String = self.used.iter().map(rule).collect();
        format!("@media screen and (prefers-color-scheme:dark){{{rules}}}")
    }
}

/// Draws shapes and words in colours.
pub(super) struct Ink<'a> {
    pub xml: &'a mut Xml,
    pub palette: &'a mut Palette,
}

const SANS: &str = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif";
const MONO: &str = "ui-monospace,'SF Mono','Cascadia Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace";

impl Ink<'_> {
    /// A shape, filled and outlined as said.
    pub fn shape(
        &mut self,
        name: &'static str,
        attributes: &[(&str, &str)],
        fill: Option<Paint>,
        stroke: Option<Paint>,
    ) {
        let mut classes = Vec::new();
        let mut all = attributes.to_vec();
        all.push(("fill", fill.map_or("none", Paint::light)));
        if let Some(fill) = fill {
            classes.push(self.palette.class(&self.xml.prefix(), fill, Way::Fill));
        }
        if let Some(stroke) = stroke {
            all.push(("stroke", stroke.light()));
            classes.push(self.palette.class(&self.xml.prefix(), stroke, Way::Stroke));
        }
        let classes = classes.join(" ");
        if !classes.is_empty() {
            all.push(("class", &classes));
        }
        self.xml.empty(name, &all);
    }

    /// Words at a place; how they look as `name=value`s.
    pub fn words(&mut self, (x, y): (f64, f64), text: &str, paint: Paint, look: &str) {
        let (x, y) = (format!("{x:.1}"), format!("{y:.1}"));
        let class = self.palette.class(&self.xml.prefix(), paint, Way::Fill);
        let is_mono = look.contains("mono");
        let mut all = vec![
            ("x", x.as_str()),
            ("y", y.as_str()),
            ("font-family", if is_mono { MONO } else { SANS }),
            ("fill", paint.light()),
            ("class", &class),
        ];
        all.extend(look.split(' ').filter_map(|one| one.split_once('=')));
        self.xml.open("text", &all);
        self.xml.text(text);
        self.xml.close();
    }
}
