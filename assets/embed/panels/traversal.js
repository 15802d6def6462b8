// @ts-check
// A slider for each of the numbers that say most.

import { picture } from "../paint.js";
import { drawing, inTurn, kindsOf, make, playButton, slider, stage, thumbs, toldOf } from "../parts.js";
import * as words from "../words.js";

/** @import { Figure } from "../figure.js" */
/** @import { Panel } from "../types.d.ts" */

/** Reach of a slider, in standard deviations. */
const REACH = 3;
/** Milliseconds for there and back. */
const PERIOD = 4000;

/** @type {(figure: Figure) => Panel} */
export default function traversal(figure) {
  const { centre, spread, order } = figure;
  const ends = (/** @type {number} */ d) => [-1, 1].map((side) => centre[d] + side * REACH * spread[d]);
  const at = (/** @type {number} */ d, /** @type {number} */ value) => figure.code.map((v, k) => (k === d ? value : v));
  const shown = stage(figure);
  const play = playButton(figure);
  const rows = order.slice(0, figure.latents).map((d) => {
    const [low, high] = ends(d);
    const canvases = [drawing(words.low(d)), drawing(words.high(d))];
    const input = slider(words.latent(d), [low, high, (high - low) / 120], (value) => {
      figure.pause();
      figure.set(at(d, value));
    });
    return { d, input, canvases, root: make("div", { className: "row" }, canvases[0], input, canvases[1]) };
  });
  /** @type {(d: number, value: number, canvas: HTMLCanvasElement) => () => void} */
  const end = (d, value, canvas) => () => picture(canvas, figure.decode(at(d, value)), figure.image, figure.theme);
  const paintEnds = inTurn(rows.flatMap(({ d, canvases }) => ends(d).map((value, i) => end(d, value, canvases[i]))));
  const kinds = kindsOf(figure);
  const told = toldOf(figure);
  const shelf = thumbs(figure, words.START, (i) => figure.show(i));
  const root = make("div", {},
    make("div", { className: "split" },
      make("div", { className: "stage" }, shown.canvas, make("div", {}, play.button)),
      make("div", { className: "rows" }, ...rows.map((row) => row.root))),
    ...(kinds ? [kinds.root] : []),
    ...(told ? [told.root] : []),
    shelf.root);
  return {
    root,
    paint() {
      shown.paint();
      play.paint();
      kinds?.paint();
      told?.paint();
      for (const { d, input } of rows) input.value = String(figure.code[d]);
      paintEnds();
    },
    paintOnce() {
      shelf.paint();
      shelf.choose(figure.shown);
    },
    /** The first number sways from end to end. */
    play(ms) {
      const d = order[0];
      return at(d, centre[d] + REACH * spread[d] * Math.sin((2 * Math.PI * ms) / PERIOD));
    },
  };
}
