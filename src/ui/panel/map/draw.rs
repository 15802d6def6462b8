//! Painting a map, layer by layer.

use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::density::CELLS;
use super::points::Points;
use crate::paint;
use crate::paint::{LABELS, Pictures, Shape, Theme};
use crate::store::runs::images::long_names;

/// What stands for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    Dots,
    Pictures,
    None,
}

/// What lies under the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Plain,
    /// Pictures decoded all over the plane.
    Manifold,
    /// Where codes are, against where the prior expects them.
    Density,
}

/// Pictures along one side of the map, decoded and in place of dots.
pub const TILES: usize = 14;
pub const THUMBNAILS: usize = 22;
/// One cloud in so many is drawn.
const CLOUD: usize = 8;

/// Everything but the points themselves.
pub struct Scene<'a> {
    pub only: Option<u8>,
    pub marks: Marks,
    pub ground: Ground,
    pub ellipses: bool,
    pub manifold: Option<Pictures<'a>>,
    pub thumbnails: Option<Pictures<'a>>,
    /// The lasso being drawn, on the plane.
    pub lasso: &'a [(f32, f32)],
    pub selected: &'a [usize],
    /// What the labels are called.
    pub classes: &'a [String],
}

pub fn draw(canvas: &HtmlCanvasElement, points: &Points, scene: &Scene, theme: &Theme) {
    let (context, width, height) = paint::fit(canvas);
    match scene.ground {
        Ground::Plain => cross(&context, width, height, theme),
        Ground::Manifold => manifold(&context, scene.manifold, width, height, theme),
        Ground::Density => density(&context, points, width, height, theme),
    }
    if scene.ellipses {
        clouds(&context, points, scene.only, width, height);
    }
    match scene.marks {
        Marks::Dots => dots(&context, points, scene, width, height),
        Marks::Pictures => pictures(&context, points, scene.thumbnails, width, height, theme),
        Marks::None => {}
    }
    names(&context, points, scene, width, height, theme);
    lasso(&context, points, scene.lasso, width, height, theme);
}

fn cross(context: &CanvasRenderingContext2d, width: f64, height: f64, theme: &Theme) {
    context.set_stroke_style_str(&theme.rule);
    context.set_line_width(1.0);
    let (x, y) = ((width / 2.0).round() + 0.5, (height / 2.0).round() + 0.5);
    context.begin_path();
    context.move_to(x, 0.0);
    context.line_to(x, height);
    context.move_to(0.0, y);
    context.line_to(width, y);
    context.stroke();
}

fn manifold(context: &CanvasRenderingContext2d, pictures: Option<Pictures>, width: f64, height: f64, theme: &Theme) {
    let Some(pictures) = pictures else { return };
    // Scaled onto the map.
    let sheet = paint::sheet();
    if pictures.len() == TILES * TILES {
        paint::tiles(&sheet, &pictures.iter().collect::<Vec<_>>(), pictures.shape, TILES as u32, theme);
        // Fails only for a sheet without pixels.
        let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(&sheet, 0.0, 0.0, width, height);
    }
}

fn density(context: &CanvasRenderingContext2d, points: &Points, width: f64, height: f64, theme: &Theme) {
    let Some(density) = &points.density else { return };
    let sheet = paint::sheet();
    let shape = Shape { width: CELLS as u32, height: CELLS as u32, channels: 1 };
    paint::difference(&sheet, &density.excess(), shape, theme);
    let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(&sheet, 0.0, 0.0, width, height);
}

fn clouds(context: &CanvasRenderingContext2d, points: &Points, only: Option<u8>, width: f64, height: f64) {
    context.set_line_width(1.0);
    context.set_global_alpha(0.55);
    let scale = width / (2.0 * f64::from(points.reach));
    for (i, spread) in points.spreads.iter().enumerate().step_by(CLOUD) {
        let label = points.labels.get(i).copied().unwrap_or(0);
        if only.is_some_and(|o| o != label) {
            continue;
        }
        let (x, y) = points.part(points.places[i]);
        let (a, b, angle) = spread.ellipse();
        context.set_stroke_style_str(LABELS[usize::from(label) % LABELS.len()]);
        context.begin_path();
        // The page counts angles clockwise. Half axes are never negative.
        let _ = context.ellipse(
            x * width,
            y * height,
            f64::from(a) * scale,
            f64::from(b) * scale,
            f64::from(-angle),
            0.0,
            std::f64::consts::TAU,
        );
        context.stroke();
    }
    context.set_global_alpha(1.0);
}

fn dots(context: &CanvasRenderingContext2d, points: &Points, scene: &Scene, width: f64, height: f64) {
    let radius = (width / 190.0).clamp(1.7, 2.8);
    let chosen = |i: usize| scene.selected.is_empty() || scene.selected.binary_search(&i).is_ok();
    for (label, colour) in (0u8..).zip(LABELS) {
        context.set_fill_style_str(colour);
        for bright in [false, true] {
            context.set_global_alpha(if bright { 0.8 } else { 0.08 });
            context.begin_path();
            for (i, place) in points.places.iter().enumerate() {
                let mine = points.labels.get(i).is_none_or(|l| usize::from(*l) % LABELS.len() == usize::from(label));
                if !mine || bright != (scene.only.is_none_or(|o| o == label) && chosen(i)) {
                    continue;
                }
                let (x, y) = points.part(*place);
                let (x, y) = (x * width, y * height);
                context.move_to(x + radius, y);
                let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
            }
            context.fill();
        }
    }
    context.set_global_alpha(1.0);
}

fn pictures(
    context: &CanvasRenderingContext2d,
    points: &Points,
    pictures: Option<Pictures>,
    width: f64,
    height: f64,
    theme: &Theme,
) {
    let Some(pictures) = pictures else { return };
    // Scaled onto the map.
    let sheet = paint::sheet();
    let spaced = points.spaced(THUMBNAILS);
    // An answer to an earlier choice: the next one is on its way.
    if spaced.len() != pictures.len() {
        return;
    }
    let shape = pictures.shape;
    paint::tiles(&sheet, &pictures.iter().collect::<Vec<_>>(), shape, 1, theme);
    let (w, h) = (f64::from(shape.width), f64::from(shape.height));
    let (cw, ch) = (width / THUMBNAILS as f64, height / THUMBNAILS as f64);
    for (k, (_, cell)) in spaced.into_iter().enumerate() {
        let (x, y) = ((cell % THUMBNAILS) as f64 * cw, (cell / THUMBNAILS) as f64 * ch);
        let _ = context.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            &sheet,
            0.0,
            k as f64 * h,
            w,
            h,
            x,
            y,
            cw,
            ch,
        );
    }
}

/// What a label is called, so that colour is not the only key.
fn names(context: &CanvasRenderingContext2d, points: &Points, scene: &Scene, width: f64, height: f64, theme: &Theme) {
    context.set_font(if long_names(scene.classes) { "600 13px system-ui, sans-serif" } else { "600 17px system-ui, sans-serif" });
    context.set_text_align("center");
    context.set_text_baseline("middle");
    context.set_line_join("round");
    context.set_line_width(4.0);
    for (label, name) in (0..10u8).zip(scene.classes).filter(|(l, _)| scene.only.is_none_or(|o| o == *l)) {
        let Some((x, y)) = points.median(label).map(|p| points.part(p)) else { continue };
        context.set_stroke_style_str(&theme.paper);
        context.set_fill_style_str(&theme.ink);
        let _ = context.stroke_text(name, x * width, y * height);
        let _ = context.fill_text(name, x * width, y * height);
    }
}

fn lasso(context: &CanvasRenderingContext2d, points: &Points, polygon: &[(f32, f32)], width: f64, height: f64, theme: &Theme) {
    if polygon.len() < 2 {
        return;
    }
    context.set_stroke_style_str(&theme.ink);
    context.set_line_width(1.5);
    context.begin_path();
    for (i, place) in polygon.iter().enumerate() {
        let (x, y) = points.part(*place);
        if i == 0 { context.move_to(x * width, y * height) } else { context.line_to(x * width, y * height) }
    }
    context.close_path();
    context.stroke();
}
