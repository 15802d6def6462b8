// @ts-check
// The way between two images.

import { picture } from "../paint.js";
import { make, playButton, slider, stage, thumbs } from "../parts.js";
import * as words from "../words.js";

/** @import { Figure } from "../figure.js" */
/** @import { Panel } from "../types.d.ts" */

const POINTS = 9;
/** Images to choose an end from. */
const CHOICE = 10;
/** Codes between which the slider chooses. */
const FINE = 97;
/** Milliseconds from one end to the other. */
const DURATION = 3000;

/** @type {(figure: Figure) => Panel} */
export default function path(figure) {
  const shown = stage(figure);
  const play = playButton(figure);
  let [from, to, arc] = [figure.shown, (figure.shown + 4) % Math.min(CHOICE, figure.images.length), false];
  /** @type {Float32Array[]} */
  let codes = [];
  const route = () => {
    const flat = figure.path(figure.encode(from), figure.encode(to), FINE, arc);
    codes = Array.from({ length: FINE }, (_, i) => flat.slice(i * figure.latent, (i + 1) * figure.latent));
    strip.forEach((canvas, i) => picture(canvas, figure.decode(codes[i * 12]), figure.image, figure.theme));
    figure.set(codes[Number(input.value)]);
  };
  const strip = Array.from({ length: POINTS }, () => make("canvas", { "aria-hidden": "true" }));
  const input = slider(words.ALONG, [0, FINE - 1, 1], (i) => {
    figure.pause();
    figure.set(codes[i]);
  });
  input.value = String((FINE - 1) / 2);
  const ends = [
    thumbs(figure, words.FROM, (i) => ((from = i), figure.say("select", { from, to }), route()), CHOICE),
    thumbs(figure, words.TO, (i) => ((to = i), figure.say("select", { from, to }), route()), CHOICE),
  ];
  const ways = [words.STRAIGHT, words.ARC].map((name, i) =>
    make("button", { type: "button", "aria-pressed": String(i === 0), onclick: () => {
      arc = i === 1;
      ways.forEach((way, k) => way.setAttribute("aria-pressed", String(k === i)));
      route();
    } }, name));
  const root = make("div", {},
    make("div", { className: "split" },
      make("div", { className: "stage" }, shown.canvas),
      make("div", {}, make("div", { className: "strip" }, ...strip), input, make("div", { className: "line" }, ...ways, play.button))),
    ...ends.map((end) => end.root));
  return {
    root,
    paint() {
      shown.paint();
      play.paint();
      const near = Math.round(Number(input.value) / 12);
      strip.forEach((canvas, i) => canvas.classList.toggle("near", i === near));
    },
    paintOnce() {
      ends.forEach((end, i) => {
        end.paint();
        end.choose([from, to][i]);
      });
      route();
    },
    /** There and back again. */
    play(ms) {
      const t = (ms / DURATION) % 2;
      const i = Math.round((t < 1 ? t : 2 - t) * (FINE - 1));
      input.value = String(i);
      return codes[i];
    },
  };
}
