//! The packets' shapes: each kind has its own, so that none is told by colour alone.

use std::f64::consts::PI;

use super::palette::Palette;
use super::pen::Pen;
use crate::engine::message::MessageKind;
use crate::ui::plan::Point;

/// Draws one packet; `angle` is its direction of travel.
pub fn packet(pen: &dyn Pen, kind: MessageKind, p: Point, angle: f64, palette: &Palette) {
    pen.begin();
    match kind {
        MessageKind::Log => {
            pen.rect(p, (15.0, 10.0), 2.5);
            pen.fill(&palette.log);
            pen.stroke(&palette.ground, 1.5);
        }
        MessageKind::Acknowledgement => {
            pen.circle(p, 4.2);
            pen.fill(&palette.ground);
            pen.stroke(&palette.ack, 2.2);
        }
        MessageKind::Query => {
            polygon(pen, p, &[0.0, 0.5 * PI, PI, 1.5 * PI], 6.2);
            pen.fill(&palette.query);
            pen.stroke(&palette.ground, 1.5);
        }
        MessageKind::Result => {
            polygon(pen, p, &[angle, angle + 2.4, angle - 2.4], 7.2);
            pen.fill(&palette.result);
            pen.stroke(&palette.ground, 1.5);
        }
        MessageKind::Cancel => {
            cross(pen, p, 4.0);
            pen.stroke(&palette.query, 2.2);
        }
        MessageKind::Backup => {
            pen.rect(p, (10.0, 10.0), 0.0);
            pen.fill(&palette.log);
            pen.stroke(&palette.ground, 1.2);
        }
        MessageKind::Handshake | MessageKind::Connection => {
            pen.rect(p, (8.0, 8.0), 0.0);
            pen.fill(&palette.ground);
            pen.stroke(&palette.quiet, 1.6);
        }
        MessageKind::Lease => {
            star(pen, p, 7.0);
            pen.fill(&palette.lease);
            pen.stroke(&palette.ground, 1.5);
        }
        MessageKind::Heartbeat => {
            pen.circle(p, 2.2);
            pen.fill(&palette.quiet);
        }
    }
}

/// A ring around the reader's own statement.
pub fn halo(pen: &dyn Pen, p: Point, palette: &Palette) {
    pen.begin();
    pen.circle(p, 11.0);
    pen.stroke(&palette.own, 1.6);
}

/// A frame around a message that a cut link holds back.
pub fn held(pen: &dyn Pen, p: Point, palette: &Palette) {
    pen.begin();
    pen.rect(p, (18.0, 15.0), 0.0);
    pen.stroke(&palette.held, 1.6);
}

/// How many more messages a cut link holds back.
pub fn count(pen: &dyn Pen, p: Point, more: u32, palette: &Palette) {
    pen.say(&format!("+{more}"), p, &palette.held, &palette.ground);
}

/// Where a message was lost; `strength` falls from 1 to 0.
pub fn lost(pen: &dyn Pen, p: Point, strength: f64, palette: &Palette) {
    pen.fade(strength.clamp(0.0, 1.0));
    for (colour, width) in [(&palette.ground, 5.5), (&palette.lost, 2.6)] {
        pen.begin();
        cross(pen, p, 6.0);
        pen.stroke(colour, width);
    }
    pen.fade(1.0);
}

fn polygon(pen: &dyn Pen, p: Point, angles: &[f64], radius: f64) {
    for (i, angle) in angles.iter().enumerate() {
        let (x, y) = (p.x + radius * angle.cos(), p.y + radius * angle.sin());
        if i == 0 { pen.move_to(x, y) } else { pen.line_to(x, y) }
    }
    pen.close();
}

/// A star of five rays, one of them upwards.
fn star(pen: &dyn Pen, p: Point, radius: f64) {
    for i in 0..10_u8 {
        let reach = if i % 2 == 0 { radius } else { radius * 0.48 };
        let angle = f64::from(i) * PI / 5.0 - 0.5 * PI;
        let (x, y) = (p.x + reach * angle.cos(), p.y + reach * angle.sin());
        if i == 0 { pen.move_to(x, y) } else { pen.line_to(x, y) }
    }
    pen.close();
}

fn cross(pen: &dyn Pen, p: Point, arm: f64) {
    pen.move_to(p.x - arm, p.y - arm);
    pen.line_to(p.x + arm, p.y + arm);
    pen.move_to(p.x + arm, p.y - arm);
    pen.line_to(p.x - arm, p.y + arm);
}
