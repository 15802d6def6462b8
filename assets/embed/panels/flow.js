// @ts-check
// New images, carried from noise in a few steps.

import { picture } from "../paint.js";
import { make, playButton, slider, stage } from "../parts.js";
import * as words from "../words.js";

/** @import { Figure } from "../figure.js" */
/** @import { Panel } from "../types.d.ts" */

/** Steps from noise to an image. */
const STEPS = 8;
/** Milliseconds of all steps, and of a rest at the end. */
const DURATION = 2400;
const REST = 1200;

/** @type {(figure: Figure) => Panel} */
export default function flow(figure) {
  const shown = stage(figure);
  const play = playButton(figure);
  /** @type {Float32Array[]} */
  let codes = [];
  const strip = Array.from({ length: STEPS + 1 }, () => make("canvas", { "aria-hidden": "true" }));
  const input = slider(words.STEPS_TAKEN, [0, STEPS, 1], (i) => {
    figure.pause();
    figure.set(codes[i]);
  });
  const paintStrip = () => strip.forEach((canvas, i) => picture(canvas, figure.decode(codes[i]), figure.image, figure.theme));
  const draw = () => {
    codes = [figure.noise()];
    for (let i = 0; i < STEPS; i++) codes.push(figure.step(codes[i], i, STEPS));
    paintStrip();
    input.value = String(STEPS);
    figure.set(codes[STEPS]);
  };
  const another = make("button", { type: "button", onclick: () => (figure.pause(), draw()) }, words.ANOTHER);
  const root = make("div", { className: "split" },
    make("div", { className: "stage" }, shown.canvas),
    make("div", {}, make("div", { className: "strip" }, ...strip), input, make("div", { className: "line" }, another, play.button)));
  return {
    root,
    paint() {
      shown.paint();
      play.paint();
      strip.forEach((canvas, i) => canvas.classList.toggle("near", i === Number(input.value)));
    },
    paintOnce() {
      if (codes.length) paintStrip();
      else draw();
    },
    /** From noise to the image, and again. */
    play(ms) {
      const i = Math.min(STEPS, Math.round(((ms % (DURATION + REST)) / DURATION) * STEPS));
      input.value = String(i);
      return codes[i];
    },
  };
}
