//! The pad to draw on.

use leptos::html;
use leptos::prelude::*;
use web_sys::{CanvasRenderingContext2d, PointerEvent};

use super::file;
use crate::paint;
use crate::paint::Shape;
use crate::panel::draw::words;
use crate::react::react;
use crate::store::codes::Codes;
use crate::store::look::Look;

/// Width of the pen, as a part of the pad: that of the strokes of MNIST.
const PEN: f64 = 0.085;

/// A stroke: places on the pad, 0 to 1.
type Stroke = Vec<(f64, f64)>;

fn ink(context: &CanvasRenderingContext2d, strokes: &[Stroke], width: f64, height: f64) {
    context.set_line_width(PEN * width);
    context.set_line_cap("round");
    context.set_line_join("round");
    for stroke in strokes {
        context.begin_path();
        for (i, (x, y)) in stroke.iter().enumerate() {
            let (x, y) = (x * width, y * height);
            if i == 0 { context.move_to(x, y) } else { context.line_to(x, y) }
        }
        // A dot is a line without length.
        if let [(x, y)] = stroke[..] {
            context.line_to(x * width, y * height);
        }
        context.stroke();
    }
}

/// How far to shift the strokes so that their ink is centred, as it is in MNIST.
fn centring(strokes: &[Stroke]) -> (f64, f64) {
    let (mut mass, mut x, mut y) = (0.0, 0.0, 0.0);
    for pair in strokes.iter().flat_map(|s| s.windows(2)) {
        let [(x0, y0), (x1, y1)] = pair else { continue };
        let length = (x1 - x0).hypot(y1 - y0);
        (mass, x, y) = (mass + length, x + length * (x0 + x1) / 2.0, y + length * (y0 + y1) / 2.0);
    }
    if mass > 0.0 { (0.5 - x / mass, 0.5 - y / mass) } else { (0.0, 0.0) }
}

/// The strokes as bright ink on black, `[channels, height, width]`.
fn raster(strokes: &[Stroke], shape: Shape, centred: bool) -> Result<Vec<u8>, String> {
    let canvas = file::canvas(shape);
    let context = paint::context(&canvas);
    let (width, height) = (f64::from(shape.width), f64::from(shape.height));
    context.fill_rect(0.0, 0.0, width, height);
    let (dx, dy) = if centred { centring(strokes) } else { (0.0, 0.0) };
    let _ = context.translate(dx * width, dy * height);
    context.set_stroke_style_str("#fff");
    ink(&context, strokes, width, height);
    let _ = context.reset_transform();
    file::pixels(&context, shape)
}

#[component]
pub fn Pad(shape: Memo<Shape>, take: impl Fn(Vec<u8>) + Copy + 'static) -> impl IntoView {
    let (look, codes) = (Look::get(), Codes::get());
    let canvas = NodeRef::<html::Canvas>::new();
    let strokes = RwSignal::new(Vec::<Stroke>::new());
    let drawing = RwSignal::new(false);
    let centred = RwSignal::new(true);
    react(move || {
        let theme = look.theme.get();
        let Some(canvas) = canvas.get() else { return };
        let (context, width, height) = paint::fit(&canvas);
        context.set_stroke_style_str(&theme.ink);
        strokes.with(|strokes| ink(&context, strokes, width, height));
    });
    let settle = move || {
        let drawn = strokes.with_untracked(|s| (!s.is_empty()).then(|| raster(s, shape.get_untracked(), centred.get_untracked())));
        if let Some(Ok(x)) = drawn {
            take(x);
        }
    };
    let place = move |e: &PointerEvent| {
        let canvas = canvas.get_untracked()?;
        let part = |at: i32, of: i32| f64::from(at) / f64::from(of.max(1));
        Some((part(e.offset_x(), canvas.client_width()), part(e.offset_y(), canvas.client_height())))
    };
    let down = move |e: PointerEvent| {
        e.prevent_default();
        if let (Some(canvas), Some(at)) = (canvas.get_untracked(), place(&e)) {
            // Without it a stroke would end at the pad's edge; refused only for a pointer that is gone.
            let _ = canvas.set_pointer_capture(e.pointer_id());
            drawing.set(true);
            strokes.update(|s| s.push(vec![at]));
            settle();
        }
    };
    let moved = move |e: PointerEvent| {
        if !drawing.get_untracked() {
            return;
        }
        if let Some(at) = place(&e) {
            strokes.update(|s| {
                if let Some(stroke) = s.last_mut() {
                    stroke.push(at);
                }
            });
            settle();
        }
    };
    let clear = move |_| {
        strokes.set(Vec::new());
        codes.own.set(None);
    };
    let undo = move |_| {
        strokes.update(|s| drop(s.pop()));
        if strokes.with_untracked(Vec::is_empty) { codes.own.set(None) } else { settle() }
    };
    let empty = Memo::new(move |_| strokes.with(Vec::is_empty));
    view! {
        <div class="pad">
            <canvas node_ref=canvas data-testid="pad" role="img" aria-label=words::PAD
                on:pointerdown=down on:pointermove=moved
                on:pointerup=move |_| drawing.set(false) on:pointercancel=move |_| drawing.set(false)></canvas>
            <p class="empty" class:gone=move || !empty.get()>{words::PAD_EMPTY}</p>
        </div>
        <div class="draw-tools">
            <button class="small" data-testid="pad-clear" on:click=clear>{words::PAD_CLEAR}</button>
            <button class="small" aria-disabled=move || empty.get().to_string() on:click=undo>{words::PAD_UNDO}</button>
            <label class="check"><input type="checkbox" prop:checked=move || centred.get()
                on:change=move |e| { centred.set(event_target_checked(&e)); settle() } />{words::PAD_CENTRE}</label>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_centred_by_its_mass() {
        // A long stroke at the left outweighs a short one at the right.
        let strokes = vec![vec![(0.2, 0.0), (0.2, 0.6)], vec![(0.8, 0.3), (0.8, 0.5)]];
        let (dx, dy) = centring(&strokes);
        assert!((dx - 0.15).abs() < 1e-9 && (dy - 0.175).abs() < 1e-9, "{dx} {dy}");
        assert_eq!(centring(&[vec![(0.9, 0.9)]]), (0.0, 0.0));
    }
}
