//! A picture on a canvas.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

use crate::ui::exchange::{Font, Paint, Shape};

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

/// A canvas and how many of its pixels a CSS pixel is.
pub struct Board<'a> {
    canvas: &'a HtmlCanvasElement,
    ctx: CanvasRenderingContext2d,
    ratio: f64,
}

impl<'a> Board<'a> {
    /// A canvas of this size in CSS pixels; what was on it stays if it had that size.
    pub fn new(canvas: &'a HtmlCanvasElement, (w, h): (f64, f64)) -> Option<Board<'a>> {
        let ctx = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
        let ratio = web_sys::window().map_or(1.0, |w| w.device_pixel_ratio()).clamp(1.0, 2.5);
        let (w, h) = ((w * ratio) as u32, (h * ratio) as u32);
        if canvas.width() != w || canvas.height() != h {
            canvas.set_width(w);
            canvas.set_height(h);
        }
        let _ = ctx.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        Some(Board { canvas, ctx, ratio })
    }

    /// Takes everything away.
    pub fn clear(&self) {
        self.ctx.clear_rect(0.0, 0.0, f64::from(self.canvas.width()), f64::from(self.canvas.height()));
    }

    /// Draws shapes over what is there.
    pub fn draw(&self, shapes: &[Shape], colours: &Colours) {
        shapes.iter().for_each(|shape| draw(&self.ctx, shape, colours));
        self.ctx.set_global_alpha(1.0);
    }

    /// Copies what is to the right of `gutter` on another canvas, moved to the left by whole pixels of the screen, so
    /// that nothing of it blurs.
    pub fn copy(&self, other: &HtmlCanvasElement, gutter: f64, moved: f64) {
        let at = (gutter * self.ratio).round();
        let from = at + (moved * self.ratio).round();
        let w = (f64::from(self.canvas.width()) - at).min(f64::from(other.width()) - from);
        let h = f64::from(self.canvas.height()).min(f64::from(other.height()));
        if w < 1.0 || h < 1.0 {
            return;
        }
        let _ = self.ctx.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        let _ = self.ctx.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            other, from, 0.0, w, h, at, 0.0, w, h,
        );
        let _ = self.ctx.set_transform(self.ratio, 0.0, 0.0, self.ratio, 0.0, 0.0);
    }
}

fn draw(ctx: &CanvasRenderingContext2d, shape: &Shape, colours: &Colours) {
    match shape {
        Shape::Lines(style, lines) => {
            ctx.set_global_alpha(f64::from(style.strength) / 100.0);
            ctx.set_stroke_style_str(colours.of(style.paint));
            ctx.set_line_width(f64::from(style.width) / 10.0);
            let _ = ctx.set_line_dash(&numbers(style.dash.pattern()));
            // One by one: without a graphics card a path of many lines takes several times as long.
            for (a, b) in lines {
                ctx.begin_path();
                ctx.move_to(a.x, a.y);
                ctx.line_to(b.x, b.y);
                ctx.stroke();
            }
            let _ = ctx.set_line_dash(&Array::new());
        }
        Shape::Rects(paint, strength, round, rects) => {
            ctx.set_global_alpha(f64::from(*strength) / 100.0);
            ctx.set_fill_style_str(colours.of(*paint));
            ctx.begin_path();
            for r in rects {
                if r.w < 2.0 * round {
                    ctx.rect(r.x, r.y, r.w, r.h);
                } else {
                    let _ = ctx.round_rect_with_f64(r.x, r.y, r.w, r.h, *round);
                }
            }
            ctx.fill();
        }
        Shape::Dots(paint, strength, radius, dots) => {
            ctx.set_global_alpha(f64::from(*strength) / 100.0);
            ctx.set_fill_style_str(colours.of(*paint));
            ctx.begin_path();
            for p in dots {
                ctx.move_to(p.x + radius, p.y);
                let _ = ctx.arc(p.x, p.y, *radius, 0.0, std::f64::consts::TAU);
            }
            ctx.fill();
        }
        Shape::Text { at, text, paint, strength, font, to_left } => {
            ctx.set_global_alpha(f64::from(*strength) / 100.0);
            ctx.set_font(font.css());
            ctx.set_text_align(if *to_left { "right" } else { "left" });
            ctx.set_text_baseline("alphabetic");
            if *font == Font::Figure {
                ctx.set_stroke_style_str(colours.of(Paint::Ground));
                ctx.set_line_width(3.0);
                let _ = ctx.stroke_text(text, at.x, at.y);
            }
            ctx.set_fill_style_str(colours.of(*paint));
            let _ = ctx.fill_text(text, at.x, at.y);
        }
    }
}

fn numbers(all: &[f64]) -> JsValue {
    let array = Array::new();
    for one in all {
        array.push(&JsValue::from_f64(*one));
    }
    array.into()
}
