//! A poster: the stage at an instant as an SVG file that stands still. It holds a widget's place before the widget
//! comes, where there are no scripts, and in print.
//!
//! It stands where the page's plan puts it and says what the page's faces say. It has no script, asks no other host for
//! anything, and says in `<title>` and `<desc>` what it shows. Its colours are attributes, and dark ones a style sheet
//! inside it, so that it can be seen also where a host's policy forbids style sheets.

mod cards;
mod paint;
mod summary;
mod xml;

use crate::engine::flavor::Flavor;
use crate::scenario::Scenario;
use crate::sim::view::ClusterView;
use crate::ui::faces::{LinkFace, clip, link_faces, shape};
use crate::ui::plan::{Curve, Plan, Size, plan, route};
use paint::{Ink, Paint, Palette};
use xml::Xml;

pub use summary::summary;

/// Room above a narrow stage for the title; a wide one has it.
const TITLE: f64 = 34.0;

/// What a poster is made of.
#[derive(Clone, Copy, Debug)]
pub struct Poster<'a> {
    /// The scenario, for its title and its settings.
    pub scenario: &'a Scenario,
    /// The cluster at the poster's instant.
    pub view: &'a ClusterView,
    /// How large it is at least: a cluster that does not fit makes it larger.
    pub room: Size,
}

impl Poster<'_> {
    /// The picture, and how large it is.
    #[must_use]
    pub fn draw(&self) -> (String, Size) {
        let view = self.view;
        let narrow = self.room.w < crate::ui::plan::NARROW_BELOW;
        let down = if narrow { TITLE } else { 0.0 };
        let plan = plan(&shape(view), Size { w: self.room.w, h: (self.room.h - down).max(0.0) });
        let size = Size { w: plan.size.w.ceil(), h: (plan.size.h + down).ceil() };
        let title = self.title();
        let mut xml = Xml::new(self.prefix());
        xml.open(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("viewBox", &format!("0 0 {} {}", size.w, size.h)),
                ("width", &size.w.to_string()),
                ("height", &size.h.to_string()),
                ("role", "img"),
                ("aria-labelledby", &format!("{0}title {0}desc", xml.prefix())),
            ],
        );
        for (name, text) in [("title", title.as_str()), ("desc", &summary(self.scenario, view))] {
            xml.open(name, &[("id", &format!("{}{name}", xml.prefix()))]);
            xml.text(text);
            xml.close();
        }
        let mut palette = Palette::default();
        let mut body = Xml::new(self.prefix());
        let mut ink = Ink { xml: &mut body, palette: &mut palette };
        ink.shape("rect", &[("width", "100%"), ("height", "100%")], Some(Paint::Stage), None);
        let room = ((size.w - 56.0) / 8.4).max(4.0) as usize;
        ink.words((28.0, 30.0), &clip(&title, room), Paint::Ink, "font-size=15 font-weight=650");
        if down > 0.0 {
            ink.xml.open("g", &[("transform", &format!("translate(0 {down})"))]);
        }
        links(&mut ink, &plan, &link_faces(view));
        cards::draw(&mut ink, &plan, view);
        if down > 0.0 {
            ink.xml.close();
        }
        if !narrow {
            ink.words((28.0, size.h - 14.0), &self.caption(), Paint::Ink2, "font-size=12");
        }
        xml.open("style", &[]);
        xml.text(&palette.dark_style(xml.prefix()));
        xml.close();
        xml.append(body);
        xml.close();
        (xml.finish(), size)
    }

    /// What it shows, in a line.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.scenario.title.trim();
        if title.is_empty() { format!("Replication in {}", system(self.view.flavor)) } else { title.to_owned() }
    }

    fn caption(&self) -> String {
        let n = self.view.nodes.len();
        let plural = if n == 1 { "" } else { "s" };
        format!("{} · {n} server{plural} · after {}", system(self.view.flavor), summary::seconds(self.view.now))
    }

    /// What every id and class begins with, so that two posters in one page do not meet: made from the scenario.
    fn prefix(&self) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in self.scenario.to_json().to_string().bytes().chain(self.view.now.0.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("rl-{:08x}-", hash >> 32)
    }
}

/// The system, as its makers write it.
fn system(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "PostgreSQL",
        Flavor::Mysql => "MySQL",
    }
}

fn links(ink: &mut Ink<'_>, plan: &Plan, faces: &[LinkFace]) {
    let ends: Vec<_> = faces.iter().map(|face| face.ends).collect();
    for (face, curve) in faces.iter().zip(route(&ends, &plan.cards, plan.narrow)) {
        if let Some(curve) = curve {
            link(ink, face, &curve);
        }
    }
}

fn link(ink: &mut Ink<'_>, face: &LinkFace, curve: &Curve) {
    let has = |class: &str| face.class.split(' ').any(|one| one == class);
    let cut = face.cut_there || face.cut_back;
    let (paint, width, dashes) = match () {
        () if cut => (Paint::Trouble, "1.8", "2 7"),
        () if has("is-broken") => (Paint::LineStrong, "1.6", "1.5 6"),
        () if has("is-sync") => (Paint::Accent, "2.2", ""),
        () if has("is-async") => (Paint::Replica, "1.8", "7 5"),
        () if has("is-lease") => (Paint::Lease, "1.3", "1.5 5"),
        () => (Paint::LineStrong, "1.3", ""),
    };
    let d = curve.svg();
    let mut attributes = vec![("d", d.as_str()), ("stroke-width", width)];
    if !dashes.is_empty() {
        attributes.push(("stroke-dasharray", dashes));
    }
    ink.shape("path", &attributes, None, Some(paint));
    if cut {
        let (p, angle) = curve.at(0.5);
        let turn = format!("translate({:.1} {:.1}) rotate({:.1})", p.x, p.y, angle.to_degrees());
        ink.xml.open("g", &[("transform", &turn)]);
        ink.shape("circle", &[("r", "10"), ("stroke-width", "1.4")], Some(Paint::TroubleSoft), Some(Paint::Trouble));
        let mark = match (face.cut_there, face.cut_back) {
            (true, true) => "M-4 -4L4 4M4 -4L-4 4",
            (true, false) => "M-6 0H2M-1 -3L2 0L-1 3M5 -5V5",
            _ => "M6 0H-2M1 -3L-2 0L1 3M-5 -5V5",
        };
        ink.shape("path", &[("d", mark), ("stroke-width", "2")], None, Some(Paint::Trouble));
        ink.xml.close();
    }
}

#[cfg(test)]
mod tests;
