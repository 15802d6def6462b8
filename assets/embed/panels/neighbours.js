// @ts-check
// An image, and those whose codes lie nearest to its own: all that a model without a decoder has to show.

import { picture } from "../paint.js";
import { drawing, make, thumbs } from "../parts.js";
import * as words from "../words.js";

/** @import { Figure } from "../figure.js" */
/** @import { Panel } from "../types.d.ts" */

/** Neighbours on show. */
const NEAREST = 8;

/** @type {(figure: Figure) => Panel} */
export default function neighbours(figure) {
  const codes = figure.images.map((_, i) => figure.encode(i));
  const far = (/** @type {number} */ a, /** @type {number} */ b) => Math.hypot(...codes[a].map((value, d) => value - codes[b][d]));
  const rank = (/** @type {number} */ i) => Array.from(codes.keys()).filter((k) => k !== i).sort((a, b) => far(i, a) - far(i, b)).slice(0, NEAREST);
  const big = drawing(words.IMAGE, "big");
  const cells = rank(0).map(() => drawing(""));
  const list = make("div", { className: "nearest", role: "group", "aria-label": words.NEAREST }, ...cells);
  const shelf = thumbs(figure, words.START, (i) => figure.show(i));
  const root = make("div", {},
    make("div", { className: "split" }, make("div", { className: "stage" }, big), make("div", {}, make("p", { className: "note" }, words.NEAREST), list)),
    shelf.root);
  return {
    root,
    paint() {
      picture(big, figure.images[figure.shown], figure.image, figure.theme);
      rank(figure.shown).forEach((k, r) => {
        picture(cells[r], figure.images[k], figure.image, figure.theme);
        cells[r].setAttribute("aria-label", words.example(figure.names[k]));
      });
      shelf.choose(figure.shown);
    },
    paintOnce: () => shelf.paint(),
  };
}
