//! The packets' shapes: each kind has its own, so that none is told by colour alone.

use std::f64::consts::{PI, TAU};

use web_sys::CanvasRenderingContext2d;

use super::palette::Palette;
use crate::engine::message::MessageKind;
use crate::ui::plan::Point;

/// Draws one packet; `angle` is its direction of travel.
pub fn packet(ctx: &CanvasRenderingContext2d, kind: MessageKind, p: Point, angle: f64, palette: &Palette) {
    ctx.begin_path();
    ctx.set_line_width(1.5);
    ctx.set_stroke_style_str(&palette.ground);
    match kind {
        MessageKind::Log => {
            ctx.set_fill_style_str(&palette.log);
            let _ = ctx.round_rect_with_f64(p.x - 7.5, p.y - 5.0, 15.0, 10.0, 2.5);
            ctx.fill();
            ctx.stroke();
        }
        MessageKind::Acknowledgement => {
            let _ = ctx.arc(p.x, p.y, 4.2, 0.0, TAU);
            ctx.set_fill_style_str(&palette.ground);
            ctx.fill();
            ctx.set_stroke_style_str(&palette.ack);
            ctx.set_line_width(2.2);
            ctx.stroke();
        }
        MessageKind::Query => {
            ctx.set_fill_style_str(&palette.query);
            polygon(ctx, p, &[0.0, 0.5 * PI, PI, 1.5 * PI], 6.2);
            ctx.fill();
            ctx.stroke();
        }
        MessageKind::Result => {
            ctx.set_fill_style_str(&palette.result);
            polygon(ctx, p, &[angle, angle + 2.4, angle - 2.4], 7.2);
            ctx.fill();
            ctx.stroke();
        }
        MessageKind::Cancel => {
            ctx.set_stroke_style_str(&palette.query);
            ctx.set_line_width(2.2);
            cross(ctx, p, 4.0);
            ctx.stroke();
        }
        MessageKind::Backup => {
            ctx.rect(p.x - 5.0, p.y - 5.0, 10.0, 10.0);
            ctx.set_fill_style_str(&palette.log);
            ctx.fill();
            ctx.set_stroke_style_str(&palette.ground);
            ctx.set_line_width(1.2);
            ctx.stroke();
        }
        MessageKind::Handshake | MessageKind::Connection => {
            ctx.rect(p.x - 4.0, p.y - 4.0, 8.0, 8.0);
            ctx.set_fill_style_str(&palette.ground);
            ctx.fill();
            ctx.set_stroke_style_str(&palette.quiet);
            ctx.set_line_width(1.6);
            ctx.stroke();
        }
        MessageKind::Lease => {
            ctx.set_fill_style_str(&palette.lease);
            star(ctx, p, 7.0);
            ctx.fill();
            ctx.stroke();
        }
        MessageKind::Heartbeat => {
            ctx.set_fill_style_str(&palette.quiet);
            let _ = ctx.arc(p.x, p.y, 2.2, 0.0, TAU);
            ctx.fill();
        }
    }
}

/// A ring around the reader's own statement.
pub fn halo(ctx: &CanvasRenderingContext2d, p: Point, palette: &Palette) {
    ctx.begin_path();
    ctx.set_stroke_style_str(&palette.own);
    ctx.set_line_width(1.6);
    let _ = ctx.arc(p.x, p.y, 11.0, 0.0, TAU);
    ctx.stroke();
}

/// A ring around a message that a cut link holds back.
pub fn held(ctx: &CanvasRenderingContext2d, p: Point, palette: &Palette) {
    ctx.begin_path();
    ctx.set_stroke_style_str(&palette.held);
    ctx.set_line_width(1.6);
    ctx.rect(p.x - 9.0, p.y - 7.5, 18.0, 15.0);
    ctx.stroke();
}

/// How many more messages a cut link holds back.
pub fn count(ctx: &CanvasRenderingContext2d, p: Point, more: u32, palette: &Palette) {
    ctx.set_font("600 11px system-ui, sans-serif");
    ctx.set_text_align("center");
    ctx.set_text_baseline("middle");
    ctx.set_line_width(4.0);
    ctx.set_stroke_style_str(&palette.ground);
    ctx.set_fill_style_str(&palette.held);
    let text = format!("+{more}");
    let _ = ctx.stroke_text(&text, p.x, p.y);
    let _ = ctx.fill_text(&text, p.x, p.y);
}

/// Where a message was lost; `strength` falls from 1 to 0.
pub fn lost(ctx: &CanvasRenderingContext2d, p: Point, strength: f64, palette: &Palette) {
    ctx.set_global_alpha(strength.clamp(0.0, 1.0));
    for (colour, width) in [(&palette.ground, 5.5), (&palette.lost, 2.6)] {
        ctx.begin_path();
        ctx.set_stroke_style_str(colour);
        ctx.set_line_width(width);
        cross(ctx, p, 6.0);
        ctx.stroke();
    }
    ctx.set_global_alpha(1.0);
}

fn polygon(ctx: &CanvasRenderingContext2d, p: Point, angles: &[f64], radius: f64) {
    for (i, angle) in angles.iter().enumerate() {
        let (x, y) = (p.x + radius * angle.cos(), p.y + radius * angle.sin());
        if i == 0 { ctx.move_to(x, y) } else { ctx.line_to(x, y) }
    }
    ctx.close_path();
}

/// A star of five rays, one of them upwards.
fn star(ctx: &CanvasRenderingContext2d, p: Point, radius: f64) {
    for i in 0..10_u8 {
        let reach = if i % 2 == 0 { radius } else { radius * 0.48 };
        let angle = f64::from(i) * PI / 5.0 - 0.5 * PI;
        let (x, y) = (p.x + reach * angle.cos(), p.y + reach * angle.sin());
        if i == 0 { ctx.move_to(x, y) } else { ctx.line_to(x, y) }
    }
    ctx.close_path();
}

fn cross(ctx: &CanvasRenderingContext2d, p: Point, arm: f64) {
    ctx.move_to(p.x - arm, p.y - arm);
    ctx.line_to(p.x + arm, p.y + arm);
    ctx.move_to(p.x + arm, p.y - arm);
    ctx.line_to(p.x - arm, p.y + arm);
}
