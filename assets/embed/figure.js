// @ts-check
// What the panels of one figure share: the model, the present code, and who is told when it changes.

import { THEMES } from "./paint.js";
import { PANELS } from "./panels/index.js";
import { path } from "./player.js";
import { make } from "./parts.js";
import * as words from "./words.js";

/** @import { Model } from "./player.js" */
/** @import { CodeKind, ImageShape, Loaded, MakePanel, Panel, PanelName, Say, Scheme } from "./types.d.ts" */

export class Figure {
  playing = false;
  /** @type {Model} */
  #model;
  /** @type {Panel[]} */
  #panels = [];
  #due = 0;
  #began = 0;

  /**
   * `say(type, detail)` hears of everything that the page may want to know.
   * @param {Loaded} loaded
   * @param {{ panels: string[], latents: number, start: number, scheme: Scheme, say: Say }} options
   */
  constructor({ model, shelf }, { panels, latents, start, scheme, say }) {
    this.#model = model;
    this.say = say;
    this.theme = THEMES[scheme];
    this.kind = /** @type {CodeKind} */ (model.kind);
    this.image = /** @type {ImageShape} */ (Array.from(model.image));
    this.latent = model.latent;
    this.latents = latents;
    this.classes = model.classes;
    this.centre = model.centre;
    this.spread = model.spread;
    this.grid = Array.from(model.grid);
    this.patch = Array.from(model.patch);
    this.density = model.density;
    const kl = model.kl;
    const [choiceAt = 0, kinds = 0, labelled = 0] = model.choice;
    this.choiceAt = choiceAt;
    this.kinds = kinds;
    this.labelled = labelled === 1;
    const names = model.factors.map((line) => line.split("\t"));
    this.told = Array.from({ length: model.told.length / 3 }, (_, i) => {
      const [at, count, size] = model.told.slice(3 * i);
      const [name = String(i + 1), ...values] = names[i] ?? [];
      return { at, count, size, name, values };
    });
    const chosen = (/** @type {number} */ d) => d >= this.choiceAt && d < this.choiceAt + this.kinds;
    const given = this.told.flatMap(({ at, count }) => Array.from({ length: count }, (_, i) => at + i));
    this.order = Array.from(kl.keys()).filter((d) => !chosen(d) && !given.includes(d)).sort((a, b) => kl[b] - kl[a]);
    this.given = given;
    const { images, labels, factors } = shelf;
    this.labels = labels;
    this.factors = factors;
    const size = this.image.reduce((size, n) => size * n, 1);
    this.images = Array.from({ length: images.length / size }, (_, i) => images.slice(i * size, (i + 1) * size));
    this.names = this.images.map((_, i) => (i < labels.length ? this.classes[labels[i]] ?? String(labels[i]) : String(i + 1)));
    this.codes = shelf.codes;
    this.codeLabels = shelf.codeLabels;
    this.shown = Math.min(start, this.images.length - 1);
    this.code = this.encode(this.shown);
    if (this.kind === "features" && !this.density.some((share) => share > 0)) this.density = this.#fired();

    const known = /** @type {Record<string, MakePanel>} */ (PANELS[this.kind]);
    this.root = make("div", {}, ...(panels.length ? panels : [Object.keys(known)[0]]).map((name) => {
      if (!Object.hasOwn(known, name)) throw new Error(words.unknownPanel(name, this.kind, Object.keys(known)));
      const panel = known[name](this);
      this.#panels.push(panel);
      return make("section", { className: `panel ${name}` }, panel.root, make("p", { className: "note" }, words.HELP[/** @type {PanelName} */ (name)]));
    }));
  }

  /** First pictures; called once the elements are on the page and have a size. */
  open() {
    this.#panels.forEach((panel) => panel.paintOnce());
    this.repaint();
  }

  /** @param {Float32Array} code */
  decode(code) {
    return this.#model.decode(code);
  }

  /** Code of example `i`, or of an image of the visitor's own. @param {number | Uint8Array} image */
  encode(image) {
    if (typeof image !== "number") return this.#model.encode(image, 0, new Uint8Array());
    const each = this.factors.length / this.images.length;
    return this.#model.encode(this.images[image], this.labels[image] ?? 0, this.factors.slice(image * each, (image + 1) * each));
  }

  /** How often each feature fires on the examples. @returns {Float32Array} */
  #fired() {
    /** @type {Float32Array} */
    const share = new Float32Array(this.density.length);
    this.images.forEach((_, i) => this.encode(i).forEach((value, k) => (share[k % share.length] += value > 0 ? 1 : 0)));
    return share;
  }

  /** The middle of where codes lie, of the kind that is on show. */
  middle() {
    const code = Float32Array.from(this.centre);
    for (let d = this.choiceAt; d < this.choiceAt + this.kinds; d++) code[d] = this.code[d];
    for (const d of this.given) code[d] = this.code[d];
    return code;
  }

  /** The value of a factor that the model is told, in the present code. @param {number} i */
  telling(i) {
    const { at, count, size } = this.told[i];
    if (count === 1) return Math.round(Math.min(1, Math.max(0, this.code[at])) * Math.max(1, size - 1));
    return Array.from(this.code.subarray(at, at + count)).reduce((best, value, k, all) => (value > all[best] ? k : best), 0);
  }

  /** Has the present code say another value of it. @type {(i: number, value: number) => void} */
  tell(i, value) {
    const { at, count, size } = this.told[i];
    const number = (/** @type {number} */ k) => (count === 1 ? value / Math.max(1, size - 1) : Number(k === value));
    this.set(this.code.map((old, d) => (d < at || d >= at + count ? old : number(d - at))));
  }

  /** Has the present code say another kind. @param {number} kind */
  choose(kind) {
    this.set(this.code.map((value, d) => (d < this.choiceAt || d >= this.choiceAt + this.kinds ? value : Number(d === this.choiceAt + kind))));
  }

  /** Where a new code comes from, another place each time. */
  noise() {
    return this.#model.noise();
  }

  /** A code one of `steps` steps further. @type {(code: Float32Array, taken: number, steps: number) => Float32Array} */
  step(code, taken, steps) {
    return this.#model.step(code, taken, steps);
  }

  /** @param {number} i */
  tokens(i) {
    return this.#model.tokens(this.images[i]);
  }

  /** @param {Uint32Array} tokens */
  fromTokens(tokens) {
    return this.#model.fromTokens(tokens);
  }

  /** @type {(feature: number, strength: number) => Float32Array} */
  atom(feature, strength) {
    return this.#model.atom(feature, strength);
  }

  /** @type {typeof path} */
  path(a, b, points, arc) {
    return path(a, b, points, arc);
  }

  /** Puts another code on show. @param {Float32Array} code */
  set(code) {
    this.code = code;
    this.#due ||= requestAnimationFrame(() => {
      this.repaint();
      this.say("step", { code: this.code });
    });
  }

  /** Puts example `i` on show. @param {number} i */
  show(i) {
    this.shown = i;
    this.code = this.encode(i);
    this.#panels.forEach((panel) => panel.restart?.());
    this.say("select", { example: i });
    this.set(this.code);
  }

  repaint() {
    cancelAnimationFrame(this.#due);
    this.#due = 0;
    this.#panels.forEach((panel) => panel.paint());
  }

  /** Light or dark. @param {Scheme} scheme */
  paintIn(scheme) {
    if (this.theme === THEMES[scheme]) return;
    this.theme = THEMES[scheme];
    this.open();
  }

  /** Moves by itself, if its first panel can. */
  play() {
    const move = this.#panels.find((panel) => panel.play)?.play;
    if (!move || this.playing) return;
    this.playing = true;
    this.#began = performance.now();
    const frame = (/** @type {number} */ now) => {
      if (!this.playing) return;
      this.set(move(Math.max(0, now - this.#began)));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.repaint();
  }
}
