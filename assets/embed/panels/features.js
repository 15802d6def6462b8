// @ts-check
// The features that make up an image, to turn up or down.

import { fit, signed } from "../paint.js";
import { ARROWS, drawing, make, slider, stage, thumbs } from "../parts.js";
import * as words from "../words.js";

/** @import { Figure } from "../figure.js" */
/** @import { Panel } from "../types.d.ts" */

/** Features in the list, and features to add. */
const LISTED = 6;
const OFFERED = 20;

/** @type {(figure: Figure) => Panel} */
export default function features(figure) {
  const { density, patch } = figure;
  const size = density.length;
  const [channels, height, width] = figure.image;
  const [rows, columns] = [height / patch[0], width / patch[1]];
  const shown = stage(figure);
  const atom = (/** @type {HTMLCanvasElement} */ canvas, /** @type {number} */ f) => signed(canvas, figure.atom(f, typical), [channels, patch[0], patch[1]], figure.theme);
  // Often used first; what never fires is no help.
  const known = Array.from(density.keys()).filter((f) => density[f] > 0).sort((a, b) => density[b] - density[a]);
  let place = Math.floor(rows / 2) * columns + Math.floor(columns / 2);
  /** @type {ReturnType<typeof row>[]} */
  let listed = [];

  const strength = (/** @type {number} */ f) => figure.code[place * size + f];
  const turn = (/** @type {number} */ f, /** @type {number} */ value) => {
    const code = Float32Array.from(figure.code);
    code[place * size + f] = value;
    figure.set(code);
  };
  const list = make("div", { className: "rows feature" });
  const offer = make("div", { className: "palette", role: "group", "aria-label": words.ADD });
  const row = (/** @type {number} */ f) => {
    const canvas = drawing(words.feature(f));
    const most = Math.max(2 * strength(f), typical);
    const input = slider(words.feature(f), [0, most, most / 100], (value) => turn(f, value));
    const output = make("output");
    return { f, canvas, input, output, root: make("div", { className: "row" }, canvas, input, output) };
  };
  // As strong as the strongest feature of the first image: what a feature that does not fire is turned up to.
  let typical = 1;
  /** Lists what fires at the present place, strongest first. */
  const enlist = (/** @type {number[]} */ more = []) => {
    const firing = known.filter((f) => strength(f) > 0).sort((a, b) => strength(b) - strength(a));
    typical = Math.max(1e-3, firing.length ? strength(firing[0]) : typical);
    listed = [...new Set([...more, ...firing])].slice(0, LISTED).map(row);
    list.replaceChildren(...listed.map((row) => row.root));
    listed.forEach(({ canvas, f }) => atom(canvas, f));
    const others = known.filter((f) => !listed.some((row) => row.f === f)).slice(0, OFFERED);
    offer.replaceChildren(...others.map((f) => {
      const canvas = drawing(words.feature(f));
      atom(canvas, f);
      return make("button", { type: "button", onclick: () => {
        figure.say("select", { feature: f, place });
        turn(f, typical);
        enlist([f]);
      } }, canvas);
    }));
  };

  const board = make("div", { className: "board" }, shown.canvas);
  const grid = make("canvas", { className: "grid", tabIndex: 0, role: "application", "aria-description": words.KEYS.features });
  const choose = (/** @type {number} */ row, /** @type {number} */ column) => {
    place = Math.min(rows - 1, Math.max(0, row)) * columns + Math.min(columns - 1, Math.max(0, column));
    figure.say("select", { place });
    enlist();
    figure.repaint();
  };
  if (rows * columns > 1) {
    board.append(grid);
    grid.onpointerdown = (event) => {
      const box = grid.getBoundingClientRect();
      choose(Math.floor(((event.clientY - box.top) / box.height) * rows), Math.floor(((event.clientX - box.left) / box.width) * columns));
    };
    grid.onkeydown = (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      choose(Math.floor(place / columns) + step[1], (place % columns) + step[0]);
    };
  }
  const draw = () => {
    const { context, width, height } = fit(grid);
    const [row, column] = [Math.floor(place / columns), place % columns];
    context.strokeStyle = figure.theme.accent;
    context.lineWidth = 2;
    context.strokeRect((column * width) / columns + 1, (row * height) / rows + 1, width / columns - 2, height / rows - 2);
    grid.setAttribute("aria-label", words.place(row, column));
  };

  const shelf = thumbs(figure, words.START, (i) => figure.show(i));
  const reset = make("button", { type: "button", onclick: () => figure.show(figure.shown) }, words.RESET);
  const root = make("div", {},
    make("div", { className: "split" },
      make("div", { className: "stage" }, board, make("div", {}, reset)),
      make("div", {}, list, make("p", { className: "note" }, words.ADD), offer)),
    shelf.root);
  return {
    root,
    paint() {
      shown.paint();
      if (rows * columns > 1) draw();
      for (const { f, input, output } of listed) {
        input.value = String(strength(f));
        output.textContent = strength(f).toFixed(1);
      }
    },
    paintOnce() {
      shelf.paint();
      shelf.choose(figure.shown);
      enlist();
    },
    restart: () => enlist(),
  };
}
