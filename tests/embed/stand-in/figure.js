// A figure of a model whose answers are known, and what it said to the page.

import { Figure } from "../../../assets/embed/figure.js";
import { Model, Shelf, bytesOf } from "./player.js";

export function open(weights, examples, options = {}) {
  const said = [];
  const say = (type, detail) => said.push([type, detail]);
  const loaded = { model: new Model(bytesOf(weights)), shelf: new Shelf(examples) };
  const figure = new Figure(loaded, { panels: [], latents: 6, start: 0, scheme: "light", say, ...options });
  figure.open();
  return { figure, said, root: figure.root };
}

/** A vector of three numbers: of which the second says most, then the third. */
export const VECTOR = { latent: 3, kl: [0.1, 2, 1], centre: [0, 1, -1], spread: [1, 0.5, 2] };

/** Grey images of 2 by 2; 32 levels are one in the code: (0, 1, −1), (1, 1, 1), (−1, 0, 2). */
export const IMAGES = { images: [128, 160, 96, 128, 160, 160, 160, 128, 96, 128, 192, 128] };

/** An event of the pointer at a place in percent, or of a key. */
export const at = (x, y) => ({ clientX: x, clientY: y, pointerType: "mouse", pointerId: 1, buttons: 1 });
export function key(name) {
  return { key: name, prevented: false, preventDefault() { this.prevented = true; } };
}
