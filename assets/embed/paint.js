// @ts-check
// Pictures on canvases, in the colours of a theme.

/** @import { ImageShape, Rgb, Scheme, Theme } from "./types.d.ts" */
/** @typedef {HTMLCanvasElement} Canvas */

/** Colours of the labels 0–9: Matthew Petroff's ten-colour cycle, chosen for colour-vision deficiencies. */
export const LABELS = ["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"];

/** @type {(text: string) => Rgb} */
const rgb = (text) => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));

/** The colours that canvases need, by scheme. @type {Record<Scheme, Theme>} */
export const THEMES = {
  light: { ink: "#1d2026", soft: "#62676f", rule: "#dfdcd3", accent: "#1f5fa8", paper: rgb("#f4f2ec"), mark: rgb("#15171c"), up: rgb("#ad4612"), down: rgb("#2368b5") },
  dark: { ink: "#e9e6df", soft: "#9a9fa8", rule: "#2e323a", accent: "#86b7ee", paper: rgb("#1b1e24"), mark: rgb("#f6f3ec"), up: rgb("#f09a5c"), down: rgb("#7fb2ea") },
};

/** @type {(a: number, b: number, t: number) => number} */
const mix = (a, b, t) => a + (b - a) * t;

/** @type {(canvas: Canvas) => CanvasRenderingContext2D} */
const flat = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** @type {(canvas: Canvas, width: number, height: number, colour: (pixel: number, channel: number) => number) => void} */
function put(canvas, width, height, colour) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const data = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data.data[4 * i + c] = colour(i, c);
    data.data[4 * i + 3] = 255;
  }
  flat(canvas).putImageData(data, 0, 0);
}

/**
 * Paints bytes `[channels, height, width]`: grey ones as ink on paper, three channels as they are.
 * @type {(canvas: Canvas, bytes: Uint8Array, shape: ImageShape, theme: Theme) => void}
 */
export function picture(canvas, bytes, [channels, height, width], theme) {
  const plane = height * width;
  put(canvas, width, height, (i, c) => (channels === 3 ? bytes[c * plane + i] : mix(theme.paper[c], theme.mark[c], bytes[i] / 255)));
}

/**
 * Paints numbers of either sign: what brightens in one colour, what darkens in another; three channels around grey.
 * @type {(canvas: Canvas, values: Float32Array, shape: ImageShape, theme: Theme) => void}
 */
export function signed(canvas, values, [channels, height, width], theme) {
  const plane = height * width;
  const most = values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
  put(canvas, width, height, (i, c) => {
    if (channels === 3) return 128 + (127 * values[c * plane + i]) / most;
    // A few strong pixels must not make the rest of a stroke invisible.
    const v = values[i] / most;
    return mix(theme.paper[c], (v > 0 ? theme.up : theme.down)[c], Math.sqrt(Math.abs(v)));
  });
}

/**
 * Paints a part of a picture: `[top, left, height, width]` in pixels.
 * @type {(canvas: Canvas, bytes: Uint8Array, shape: ImageShape, box: number[], theme: Theme) => void}
 */
export function part(canvas, bytes, [channels, height, width], [top, left, h, w], theme) {
  const plane = height * width;
  const cut = new Uint8Array(channels * h * w);
  for (let i = 0; i < cut.length; i++) {
    const [c, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    cut[i] = bytes[c * plane + (top + y) * width + left + x];
  }
  picture(canvas, cut, [channels, h, w], theme);
}

/** Fits a drawing canvas to its size on the page; returns its context in CSS pixels, and that size. @param {Canvas} canvas */
export function fit(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = devicePixelRatio;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = flat(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}
