// What panels are made of.

import { picture } from "./paint.js";
import * as words from "./words.js";

/** An element with properties, attributes (`aria-*`, `data-*`, `role`) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** A canvas that says what it shows. */
export const drawing = (label, className = "") => make("canvas", { role: "img", "aria-label": label, className });

/** The large picture of the present code. */
export function stage(figure) {
  const canvas = drawing(words.PICTURE, "big");
  return { canvas, paint: () => picture(canvas, figure.decode(figure.code), figure.image, figure.theme) };
}

/** The first test images, to choose from. */
export function thumbs(figure, title, pick, count = Infinity) {
  const images = figure.images.slice(0, count).map((bytes, i) => ({ bytes, canvas: drawing(words.example(figure.names[i])) }));
  const buttons = images.map(({ canvas }, i) => make("button", { type: "button", "aria-pressed": "false", onclick: () => choose(i, true) }, canvas));
  const choose = (i, byHand = false) => {
    buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === i)));
    if (byHand) pick(i);
  };
  const paint = () => images.forEach(({ bytes, canvas }) => picture(canvas, bytes, figure.image, figure.theme));
  const list = make("div", { className: "thumbs", role: "group", "aria-label": title }, ...buttons);
  return { root: make("div", { className: "line" }, make("span", { className: "note" }, title), list), choose, paint };
}

/** Milliseconds of a frame that small pictures may take. */
const BUDGET = 8;

/** Makes many small pictures follow the code without holding up the page: a few a frame, in turn, until all are of the latest. */
export function inTurn(paints) {
  let [left, next, due] = [0, 0, 0];
  const work = () => {
    due = 0;
    for (const began = performance.now(); left > 0 && performance.now() - began < BUDGET; left--) {
      paints[next]();
      next = (next + 1) % paints.length;
    }
    if (left > 0) due = requestAnimationFrame(work);
  };
  return () => {
    left = paints.length;
    if (!due) work();
  };
}

/** A slider that tells what it is moved to. */
export function slider(label, [min, max, step], move) {
  const input = make("input", { type: "range", min, max, step, "aria-label": label });
  input.oninput = () => move(Number(input.value));
  return input;
}

/** A button that begins and ends a movement. */
export function playButton(figure) {
  const button = make("button", { type: "button", onclick: () => (figure.playing ? figure.pause() : figure.play()) });
  const paint = () => {
    button.textContent = figure.playing ? words.PAUSE : words.PLAY;
    button.setAttribute("aria-pressed", String(figure.playing));
  };
  return { button, paint };
}
