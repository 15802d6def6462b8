// @ts-check
// Where the codes of test images lie, and what the decoder makes of any place among them.

import { LABELS, fit } from "../paint.js";
import { ARROWS, kindsOf, make, stage, toldOf } from "../parts.js";
import * as words from "../words.js";

/** @import { Figure } from "../figure.js" */
/** @import { Panel } from "../types.d.ts" */

/** Half the width of the map at the least, in standard deviations, and the share of the dots that lie on it. */
const LEAST = 2.5;
const SHARE = 0.99;
/** How far an arrow key goes, in the same. */
const STRIDE = 0.1;

/** @type {(figure: Figure) => Panel} */
export default function map(figure) {
  const [across, up] = figure.order;
  const { centre, spread, codes, codeLabels, latent } = figure;
  const far = Array.from(codeLabels, (_, i) => Math.max(...[across, up].map((d) => Math.abs(codes[i * latent + d] - centre[d]) / spread[d]))).sort((a, b) => a - b);
  const reach = Math.max(LEAST, 1.05 * (far[Math.floor(SHARE * far.length)] ?? 0));
  const shown = stage(figure);
  const plot = make("canvas", { className: "plot", tabIndex: 0, role: "application", "aria-description": words.KEYS.map });
  // From a number of the code to the unit square, and back.
  /** @type {(d: number, value: number) => number} */
  const unit = (d, value) => (value - centre[d]) / (2 * reach * spread[d]) + 0.5;
  /** @type {(d: number, t: number) => number} */
  const value = (d, t) => centre[d] + (t - 0.5) * 2 * reach * spread[d];
  /** @type {(x: number, y: number) => void} */
  const go = (x, y) => {
    const clamp = (/** @type {number} */ t) => Math.min(1, Math.max(0, t));
    const code = figure.middle();
    [code[across], code[up]] = [value(across, clamp(x)), value(up, clamp(1 - y))];
    figure.set(code);
  };
  const point = (/** @type {MouseEvent} */ event) => {
    const box = plot.getBoundingClientRect();
    go((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  plot.onpointermove = (event) => event.pointerType === "touch" || point(event);
  plot.onpointerdown = point;
  plot.onclick = () => figure.say("select", { code: figure.code });
  plot.onkeydown = (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    const stride = STRIDE / (2 * reach);
    go(unit(across, figure.code[across]) + stride * step[0], 1 - unit(up, figure.code[up]) + stride * step[1]);
  };
  const kinds = kindsOf(figure);
  const told = toldOf(figure);
  const present = [...new Set(codeLabels)].sort((a, b) => a - b);
  const legend = make("div", { className: "legend" }, ...present.map((label) => {
    const dot = make("i");
    dot.style.background = LABELS[label % 10];
    return make("span", {}, dot, figure.classes[label] ?? String(label));
  }));
  const root = make("div", { className: "split map" }, plot, make("div", { className: "stage" }, shown.canvas, legend, ...(kinds ? [kinds.root] : [])), ...(told ? [told.root] : []));
  const draw = () => {
    const { context, width, height } = fit(plot);
    for (let i = 0; i < codeLabels.length; i++) {
      context.fillStyle = LABELS[codeLabels[i] % 10];
      context.beginPath();
      context.arc(unit(across, codes[i * latent + across]) * width, (1 - unit(up, codes[i * latent + up])) * height, 2, 0, 2 * Math.PI);
      context.fill();
    }
    const [x, y] = [unit(across, figure.code[across]) * width, (1 - unit(up, figure.code[up])) * height];
    context.strokeStyle = figure.theme.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 6 * dx, y + 6 * dy);
      context.lineTo(x + 11 * dx, y + 11 * dy);
    }
    context.stroke();
    plot.setAttribute("aria-label", `${words.HELP.map} ${figure.code[across].toFixed(1)}, ${figure.code[up].toFixed(1)}`);
  };
  return {
    root,
    paint() {
      shown.paint();
      kinds?.paint();
        told?.paint();
      draw();
    },
    paintOnce() {},
    /** Once around the middle. */
    play(ms) {
      const angle = (2 * Math.PI * ms) / 8000;
      const code = figure.middle();
      code[across] += 1.3 * spread[across] * Math.cos(angle);
      code[up] += 1.3 * spread[up] * Math.sin(angle);
      return code;
    },
  };
}
