// @ts-check
// What panels are made of.

import { picture } from "./paint.js";
import * as words from "./words.js";

/** @import { Figure } from "./figure.js" */
/** @import { Properties } from "./types.d.ts" */

/**
 * An element with properties, attributes (`aria-*`, `data-*`, `role`) and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties<HTMLElementTagNameMap[Tag]>} properties
 * @param {(Node | string)[]} children
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, String(value));
    else Object.assign(element, { [key]: value });
  }
  element.append(...children);
  return element;
}

/** A canvas that says what it shows. @param {string} label */
export const drawing = (label, className = "") => make("canvas", { role: "img", "aria-label": label, className });

/** The large picture of the present code. @param {Figure} figure */
export function stage(figure) {
  const canvas = drawing(words.PICTURE, "big");
  return { canvas, paint: () => picture(canvas, figure.decode(figure.code), figure.image, figure.theme) };
}

/**
 * The first test images, to choose from.
 * @param {Figure} figure
 * @param {string} title
 * @param {(example: number) => void} pick
 */
export function thumbs(figure, title, pick, count = Infinity) {
  const images = figure.images.slice(0, count).map((bytes, i) => ({ bytes, canvas: drawing(words.example(figure.names[i])) }));
  const buttons = images.map(({ canvas }, i) => make("button", { type: "button", "aria-pressed": "false", onclick: () => choose(i, true) }, canvas));
  const choose = (/** @type {number} */ i, byHand = false) => {
    buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === i)));
    if (byHand) pick(i);
  };
  const paint = () => images.forEach(({ bytes, canvas }) => picture(canvas, bytes, figure.image, figure.theme));
  const list = make("div", { className: "thumbs", role: "group", "aria-label": title }, ...buttons);
  return { root: make("div", { className: "line" }, make("span", { className: "note" }, title), list), choose, paint };
}

/** How far right and down each arrow key goes. @type {Record<string, number[] | undefined>} */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Milliseconds of a frame that small pictures may take. */
const BUDGET = 8;

/**
 * Makes many small pictures follow the code without holding up the page: a few a frame, in turn, until all are of the latest.
 * @param {(() => void)[]} paints
 */
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

/** A slider that tells what it is moved to. @type {(label: string, range: number[], move: (value: number) => void) => HTMLInputElement} */
export function slider(label, [min, max, step], move) {
  const input = make("input", { type: "range", min, max, step, "aria-label": label });
  input.oninput = () => move(Number(input.value));
  return input;
}

/** One of several, to choose. @type {(title: string, names: string[], pick: (i: number) => void) => { root: HTMLElement, show: (i: number) => void }} */
export function oneOf(title, names, pick) {
  const buttons = names.map((name, i) => make("button", { type: "button", "aria-pressed": "false", onclick: () => pick(i) }, name));
  const show = (/** @type {number} */ i) => buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === i)));
  return { root: make("div", { className: "line", role: "group", "aria-label": title }, make("span", { className: "note" }, title), ...buttons), show };
}

/** The kinds between which a code chooses. Nothing where it has none. @param {Figure} figure */
export function kindsOf(figure) {
  if (!figure.kinds) return null;
  const name = (/** @type {number} */ i) => (figure.labelled ? figure.classes[i] ?? String(i) : String(i + 1));
  const { root, show } = oneOf(figure.labelled ? words.LABEL : words.CHOICE, Array.from({ length: figure.kinds }, (_, i) => name(i)), (i) => figure.choose(i));
  const part = () => Array.from(figure.code.subarray(figure.choiceAt, figure.choiceAt + figure.kinds));
  return { root, paint: () => show(part().reduce((best, value, i, all) => (value > all[best] ? i : best), 0)) };
}

/** Switches, sliders and lists for what the model is told. Nothing where it is told nothing. @param {Figure} figure */
export function toldOf(figure) {
  if (!figure.told.length) return null;
  const each = figure.told.map(({ count, size, name, values }, i) => {
    if (count === 1 && size > 2) {
      const input = slider(name, [0, size - 1, 1], (value) => figure.tell(i, value));
      return { name, input, show: (/** @type {number} */ value) => (input.value = String(value)) };
    }
    if (count === 1) {
      const input = make("input", { type: "checkbox", "aria-label": name });
      input.onchange = () => figure.tell(i, Number(input.checked));
      return { name, input, show: (/** @type {number} */ value) => (input.checked = value === 1) };
    }
    const options = Array.from({ length: size }, (_, k) => make("option", { value: String(k) }, values[k] ?? String(k)));
    const input = make("select", { "aria-label": name }, ...options);
    input.onchange = () => figure.tell(i, Number(input.value));
    return { name, input, show: (/** @type {number} */ value) => (input.value = String(value)) };
  });
  const rows = each.map(({ name, input }) => make("label", {}, make("span", {}, name), input));
  const root = make("div", { className: "told", role: "group", "aria-label": words.TOLD }, make("span", { className: "note" }, words.TOLD), ...rows);
  return { root, paint: () => each.forEach(({ show }, i) => show(figure.telling(i))) };
}

/** A button that begins and ends a movement. @param {Figure} figure */
export function playButton(figure) {
  const button = make("button", { type: "button", onclick: () => (figure.playing ? figure.pause() : figure.play()) });
  const paint = () => {
    button.textContent = figure.playing ? words.PAUSE : words.PLAY;
    button.setAttribute("aria-pressed", String(figure.playing));
  };
  return { button, paint };
}
