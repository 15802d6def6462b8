// @ts-check
// The grid of tokens of an image, to paint with others.

import { fit, part } from "../paint.js";
import { ARROWS, drawing, inTurn, make, oneOf, stage, thumbs } from "../parts.js";
import * as words from "../words.js";

/** @import { Figure } from "../figure.js" */
/** @import { Panel } from "../types.d.ts" */

/** Most tokens to choose from: where there are more, those that the examples use come first. */
const OFFERED = 256;

/** @type {(figure: Figure) => Panel} */
export default function tokens(figure) {
  const [rows, columns, kinds, levels = 1] = figure.grid;
  const [, height, width] = figure.image;
  const shown = stage(figure);
  const grid = make("canvas", { className: "grid", tabIndex: 0, role: "application", "aria-description": words.KEYS.tokens });
  const used = kinds > OFFERED ? figure.images.flatMap((_, i) => Array.from(figure.tokens(i))) : [];
  const offered = [...new Set([...used, ...Array.from({ length: Math.min(kinds, OFFERED) }, (_, k) => k)])].slice(0, OFFERED);
  let chosen = offered[0];
  let level = 0;
  let cursor = [Math.floor(rows / 2), Math.floor(columns / 2)];
  let present = figure.tokens(figure.shown);
  /** @type {Uint32Array[]} */
  let past = [];
  const show = (/** @type {Uint32Array} */ next) => {
    present = next;
    undo.disabled = past.length === 0;
    figure.set(figure.fromTokens(next));
  };
  const put = (/** @type {number[]} */ [row, column]) => {
    cursor = [row, column];
    const at = (row * columns + column) * levels + level;
    if (present[at] === chosen) return figure.repaint();
    past.push(present);
    figure.say("select", { row, column, token: chosen });
    show(present.map((token, i) => (i === at ? chosen : token)));
  };
  const undo = make("button", { type: "button", disabled: true, onclick: () => show(past.pop() ?? present) }, words.UNDO);
  const reset = make("button", { type: "button", onclick: () => figure.show(figure.shown) }, words.RESET);

  const under = (/** @type {MouseEvent} */ event) => {
    const box = grid.getBoundingClientRect();
    const at = (/** @type {number} */ share, /** @type {number} */ n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
    return [at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns)];
  };
  grid.onpointerdown = (event) => {
    grid.setPointerCapture(event.pointerId);
    put(under(event));
  };
  grid.onpointermove = (event) => event.buttons && put(under(event));
  grid.onkeydown = (event) => {
    const step = ARROWS[event.key];
    if (step) {
      cursor = [Math.min(rows - 1, Math.max(0, cursor[0] + step[1])), Math.min(columns - 1, Math.max(0, cursor[1] + step[0]))];
      figure.repaint();
    } else if (event.key === "Enter" || event.key === " ") {
      put(cursor);
    } else {
      return;
    }
    event.preventDefault();
  };

  // What a token draws: one of it, and half a place around it, among the kind that fills the corners of images.
  const swatches = offered.map((k) => drawing(words.token(k)));
  const [h, w] = [height / rows, width / columns];
  const [row, column] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  const around = [Math.floor((row - 0.5) * h), Math.floor((column - 0.5) * w), 2 * h, 2 * w];
  const swatch = (/** @type {number} */ i) => {
    const corner = figure.tokens(0);
    const alone = Uint32Array.from({ length: rows * columns * levels }, (_, at) => corner[at % levels]);
    alone[(row * columns + column) * levels + level] = offered[i];
    part(swatches[i], figure.decode(figure.fromTokens(alone)), figure.image, around, figure.theme);
  };
  const paintSwatches = inTurn(swatches.map((_, i) => () => swatch(i)));
  const choose = (/** @type {number} */ k) => {
    chosen = k;
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(offered[i] === k)));
  };
  const buttons = swatches.map((canvas, i) => make("button", { type: "button", "aria-pressed": "false", onclick: () => choose(offered[i]) }, canvas));
  const which = oneOf(words.LEVEL, Array.from({ length: levels }, (_, l) => String(l + 1)), (l) => {
    level = l;
    which.show(l);
    paintSwatches();
    figure.repaint();
  });
  const shelf = thumbs(figure, words.START, (i) => figure.show(i));
  const root = make("div", {},
    make("div", { className: "split" },
      make("div", { className: "stage" }, make("div", { className: "board" }, shown.canvas, grid)),
      make("div", {},
        make("div", { className: "palette", role: "group", "aria-label": words.PALETTE }, ...buttons),
        ...(levels > 1 ? [which.root] : []),
        make("div", { className: "line" }, undo, reset))),
    shelf.root);

  const draw = () => {
    const { context, width, height } = fit(grid);
    context.strokeStyle = figure.theme.soft;
    context.globalAlpha = 0.25;
    context.lineWidth = 0.5;
    for (let i = 1; i < columns; i++) context.strokeRect((i * width) / columns, -1, 0, height + 2);
    for (let i = 1; i < rows; i++) context.strokeRect(-1, (i * height) / rows, width + 2, 0);
    context.globalAlpha = 1;
    context.strokeStyle = figure.theme.accent;
    context.lineWidth = 2;
    context.strokeRect((cursor[1] * width) / columns + 1, (cursor[0] * height) / rows + 1, width / columns - 2, height / rows - 2);
    grid.setAttribute("aria-label", words.cell(cursor[0], cursor[1], present[(cursor[0] * columns + cursor[1]) * levels + level]));
  };
  return {
    root,
    paint() {
      shown.paint();
      draw();
    },
    paintOnce() {
      shelf.paint();
      shelf.choose(figure.shown);
      paintSwatches();
      choose(chosen);
      which.show(level);
    },
    /** Another image is on show. */
    restart() {
      past = [];
      undo.disabled = true;
      present = figure.tokens(figure.shown);
    },
  };
}
