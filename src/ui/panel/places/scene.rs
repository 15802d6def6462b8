//! What is asked of the model for a picture of places, and how it is drawn.

use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::latents::Latents;
use crate::model::Model;
use crate::noise;
use crate::paint::{self, LABELS, Theme};
use latent_view::{Places, REACH, flat};
use latent_vocabulary::drawing::Drawing;
use latent_vocabulary::numbers::bytes_f32;

/// Points of the test set.
pub const COUNT: u32 = 800;
/// Lines of the net each way, and codes along each.
const LINES: usize = 13;
const STEPS: usize = 37;
/// Codes along the curve of a single latent.
const CURVE: usize = 145;
/// The net reaches so many standard deviations from the middle.
const WIDE: f32 = 2.5;
const SAMPLES: usize = 400;

/// Codes to decode, row-major `[n, latent]`: the net's lines one after the other, samples, and the place of the traversal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    pub z_nd: Vec<f32>,
    /// Codes of each line.
    pub lines: Vec<usize>,
    pub samples: usize,
    /// Whether the last is the traversal's.
    pub here: bool,
}

impl Asked {
    pub fn of(model: &Model, latents: &Latents, code: &[f32]) -> Self {
        let n = model.latent;
        let fits = code.len() == n && n > 0;
        if !(model.vector && fits) {
            let here = if fits { code.to_vec() } else { vec![] };
            return Self { here: !here.is_empty(), z_nd: here, ..Self::default() };
        }
        let mut asked = Self { here: true, ..Self::default() };
        let middle = latents.centre(model.prior);
        let at = |moved: &[(usize, f32)]| {
            let mut z = middle.clone();
            for (d, deviations) in moved {
                let spread = latents.extent.as_ref().filter(|_| model.prior.is_none()).map_or(1.0, |e| e.spread_d[*d]);
                z[*d] += deviations * spread;
            }
            if let Some(choice) = model.choice {
                z[choice.range()].copy_from_slice(&code[choice.range()]);
            }
            latents.tell(code, &mut z);
            z
        };
        let along = |i: usize, n: usize| WIDE * (2.0 * i as f32 / (n - 1) as f32 - 1.0);
        match latents.order[..] {
            [] => {}
            [only] => {
                asked.lines.push(CURVE);
                asked.z_nd.extend((0..CURVE).flat_map(|i| at(&[(only, along(i, CURVE))])));
            }
            [first, second, ..] => {
                for (along_d, across_d) in [(first, second), (second, first)] {
                    for line in 0..LINES {
                        let across = (across_d, along(line, LINES));
                        asked.lines.push(STEPS);
                        asked.z_nd.extend((0..STEPS).flat_map(|i| at(&[(along_d, along(i, STEPS)), across])));
                    }
                }
            }
        }
        if let Some(prior) = model.prior {
            let mut drawn = noise::prior(prior, 1, SAMPLES, n);
            if let Some(choice) = model.choice {
                drawn.chunks_exact_mut(n).enumerate().for_each(|(i, z)| choice.make(z, i % choice.count));
            }
            latents.tell(code, &mut drawn);
            asked.z_nd.extend(drawn);
            asked.samples = SAMPLES;
        }
        asked.z_nd.extend_from_slice(code);
        asked
    }

    fn rows(&self) -> usize {
        self.lines.iter().sum::<usize>() + self.samples + usize::from(self.here)
    }
}

/// What somebody wants to see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    pub net: bool,
    pub copies: bool,
    pub samples: bool,
    /// Of which class alone.
    pub only: Option<u8>,
    /// How space is turned.
    pub turn: [f32; 2],
}

/// Places as numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    dims: usize,
    x_nd: Vec<f32>,
    copy_nd: Vec<f32>,
    label_n: Vec<u8>,
    decoded_nd: Vec<f32>,
}

impl Seen {
    pub fn of(places: &Places) -> Self {
        Self {
            dims: places.dims.max(1) as usize,
            x_nd: bytes_f32(&places.x_nd),
            copy_nd: bytes_f32(&places.copy_nd),
            label_n: places.label_n.to_vec(),
            decoded_nd: bytes_f32(&places.decoded_nd),
        }
    }

    /// The largest label, if there is any point.
    pub fn last_label(&self) -> Option<u8> {
        self.label_n.iter().max().copied()
    }

    /// Root of the mean square of how far copies lie from their points.
    pub fn error(&self) -> Option<f32> {
        let n = self.label_n.len();
        let sum: f32 = self.x_nd.iter().zip(&self.copy_nd).map(|(a, b)| (a - b).powi(2)).sum();
        (n > 0).then(|| (sum / n as f32).sqrt())
    }

    /// Numbers place by place; before the first answer there are none.
    fn rows<'a>(&self, values: &'a [f32]) -> std::slice::ChunksExact<'a, f32> {
        values.chunks_exact(self.dims.max(1))
    }

    fn points(&self) -> impl Iterator<Item = (&[f32], &[f32], u8)> {
        let [x_nd, copy_nd] = [&self.x_nd, &self.copy_nd].map(|values| self.rows(values));
        x_nd.zip(copy_nd).zip(&self.label_n).map(|((x_d, copy_d), label)| (x_d, copy_d, *label))
    }

    /// The point that is drawn nearest to a place of the plane, if it is near.
    pub fn nearest(&self, [x, y]: [f32; 2], shown: Shown) -> Option<usize> {
        const NEAR: f32 = 0.2;
        let seen = self.points().enumerate().filter(|(_, (.., label))| shown.only.is_none_or(|only| only == *label));
        let far = seen.map(|(i, (x_d, ..))| {
            let [px, py] = flat(x_d, shown.turn);
            ((px - x).hypot(py - y), i)
        });
        far.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(far, _)| *far < NEAR).map(|(_, i)| i)
    }
}

/// From the plane to the canvas, which is as wide as high.
struct Screen<'a> {
    context: &'a CanvasRenderingContext2d,
    side: f64,
    turn: [f32; 2],
}

impl Screen<'_> {
    fn at(&self, place_d: &[f32]) -> (f64, f64) {
        let [x, y] = flat(place_d, self.turn);
        let part = |v: f32| f64::from(0.5 + 0.5 * v / REACH) * self.side;
        (part(x), part(-y))
    }

    fn dots<'p>(&self, places: impl Iterator<Item = &'p [f32]>, radius: f64) {
        self.context.begin_path();
        for place_d in places {
            let (x, y) = self.at(place_d);
            self.context.move_to(x + radius, y);
            // Fails for a negative radius alone.
            let _ = self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        }
    }

    fn line<'p>(&self, places: impl Iterator<Item = &'p [f32]>) {
        self.context.begin_path();
        for (i, place_d) in places.enumerate() {
            let (x, y) = self.at(place_d);
            if i == 0 { self.context.move_to(x, y) } else { self.context.line_to(x, y) }
        }
        self.context.stroke();
    }
}

/// Draws points that are being drawn, over all else.
pub fn draw_strokes(canvas: &HtmlCanvasElement, drawing: &Drawing) {
    let context = paint::context(canvas);
    let screen = Screen { context: &context, side: f64::from(canvas.client_width()), turn: [0.0; 2] };
    for (class, place) in drawing.places() {
        context.set_fill_style_str(LABELS[usize::from(class) % LABELS.len()]);
        screen.dots(std::iter::once(&place[..]), 4.0);
        context.fill();
    }
}

/// Draws all; the decoded places only where they are the answer to what was `asked`.
pub fn draw(canvas: &HtmlCanvasElement, seen: &Seen, asked: &Asked, shown: Shown, theme: &Theme) {
    let (context, side, _) = paint::fit(canvas);
    let screen = Screen { context: &context, side, turn: shown.turn };
    let decoded: Vec<&[f32]> = seen.rows(&seen.decoded_nd).collect();
    let fits = decoded.len() == asked.rows();
    let mut rest = &decoded[..];
    let net = rest.split_off(..asked.lines.iter().sum::<usize>().min(rest.len())).unwrap_or_default();
    let samples = rest.split_off(..asked.samples.min(rest.len())).unwrap_or_default();

    for (label, colour) in (0u8..).zip(LABELS) {
        let mine = || seen.points().filter(move |(.., l)| usize::from(*l) % LABELS.len() == usize::from(label));
        if mine().next().is_none() {
            continue;
        }
        let bright = shown.only.is_none_or(|only| only == label);
        context.set_fill_style_str(colour);
        context.set_stroke_style_str(colour);
        context.set_line_width(1.0);
        if shown.copies && bright {
            context.set_global_alpha(0.45);
            for (x_d, copy_d, _) in mine() {
                screen.line([x_d, copy_d].into_iter());
            }
            screen.dots(mine().map(|(_, copy_d, _)| copy_d), 2.4);
            context.stroke();
        }
        context.set_global_alpha(if bright { 0.75 } else { 0.1 });
        screen.dots(mine().map(|(x_d, ..)| x_d), 2.0);
        context.fill();
    }
    if shown.net && fits {
        context.set_global_alpha(0.6);
        context.set_stroke_style_str(&theme.ink);
        context.set_line_width(1.0);
        let mut from = 0;
        for n in &asked.lines {
            screen.line(net[from..from + n].iter().copied());
            from += n;
        }
    }
    context.set_global_alpha(0.7);
    if shown.samples && fits {
        context.set_fill_style_str(theme.term(1));
        screen.dots(samples.iter().copied(), 1.8);
        context.fill();
    }
    context.set_global_alpha(1.0);
    if let Some(here) = rest.last().filter(|_| fits && asked.here) {
        const ARM: f64 = 9.0;
        let (x, y) = screen.at(here);
        for (colour, width) in [(&theme.paper, 5.0), (&theme.ink, 2.0)] {
            context.set_stroke_style_str(colour);
            context.set_line_width(width);
            context.begin_path();
            context.move_to(x - ARM, y);
            context.line_to(x + ARM, y);
            context.move_to(x, y - ARM);
            context.line_to(x, y + ARM);
            context.stroke();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_protocol::PlanInfo;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::numbers::f32_bytes;
    use serde_bytes::ByteBuf;

    fn model(kind: CodeKind, count: u32) -> (Model, Latents) {
        let code = vec![CodeGroup { kind, count }];
        let latents = Latents::of(&code);
        (Model::new(Some(&PlanInfo { code, channels: 2, height: 1, width: 1, ..PlanInfo::default() }), None), latents)
    }

    #[test]
    fn the_net_is_of_the_two_latents_that_carry_most() {
        let (model, latents) = model(CodeKind::Gaussian, 3);
        let latents = latents.with_kl(&[0.1, 2.0, 1.0], false);
        let asked = Asked::of(&model, &latents, &[9.0; 3]);
        assert_eq!((asked.lines.len(), asked.rows() * 3), (2 * LINES, asked.z_nd.len()));
        let net: Vec<&[f32]> = asked.z_nd.chunks_exact(3).take(2 * LINES * STEPS).collect();
        assert!(net.iter().all(|z| z[0] == 0.0), "the third stays in the middle");
        assert_eq!((net[0], net[STEPS - 1]), (&[0.0, -WIDE, -WIDE][..], &[0.0, WIDE, -WIDE][..]));
        assert_eq!(asked.z_nd[asked.z_nd.len() - 3..], [9.0; 3]);
    }

    #[test]
    fn a_single_latent_is_a_curve_and_what_has_no_prior_no_samples() {
        let (model, latents) = model(CodeKind::Point, 1);
        let asked = Asked::of(&model, &latents, &[0.5]);
        assert_eq!((asked.lines.as_slice(), asked.samples, asked.rows()), (&[CURVE][..], 0, CURVE + 1));
        assert_eq!(Asked::of(&model, &latents, &[]), Asked::default(), "no model yet");
    }

    #[test]
    fn the_nearest_point_is_found_where_it_is_drawn() {
        let places = Places {
            dims: 2,
            x_nd: f32_bytes(&[0.0, 0.0, 1.0, 1.0]),
            copy_nd: f32_bytes(&[0.0, 0.0, 1.0, 2.0]),
            label_n: ByteBuf::from(vec![0, 1]),
            decoded_nd: ByteBuf::new(),
        };
        let (seen, mut shown) = (Seen::of(&places), Shown { net: true, copies: true, samples: true, only: None, turn: [0.0; 2] });
        assert_eq!((seen.nearest([0.9, 1.05], shown), seen.nearest([0.5, 0.5], shown)), (Some(1), None));
        shown.only = Some(0);
        assert_eq!(seen.nearest([0.9, 1.05], shown), None, "it is hidden");
        assert_eq!(seen.error(), Some(0.5f32.sqrt()));
        let none = Seen::default();
        assert_eq!((none.nearest([0.0; 2], shown), none.error(), none.last_label()), (None, None, None), "no answer yet");
    }
}
