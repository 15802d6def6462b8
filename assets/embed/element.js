// @ts-check
// <latent-lab preset="mnist-vae" panel="traversal">: a trained model in somebody's page.
//
// Attributes: preset (a model of this site), src (the address of weights that the page or the command line has saved), finding (a claim
// of this site, with what came out of it) or lesson (one of this site, with the page that it runs over); panel (one
// or several of traversal, map, path, tokens, features); theme (auto, light, dark); latents (how many sliders); start (which
// example); lang (the language of its words, such as de). Events: ready, select, step, failed. What stands inside the element is shown until the figure is there.

import { Figure } from "./figure.js";
import { finding } from "./finding.js";
import { SITE, load } from "./model.js";
import { make } from "./parts.js";
import { follow, scheme } from "./scheme.js";
import sheet from "./style.js";
import * as words from "./words.js";

/** @import * as Public from "./index.d.ts" */
/** @import { Say, Scheme } from "./types.d.ts" */

/** Figures begin to load when they are this near to being seen. */
const NEAR = "120px";

/** @implements {Public.LatentLab} */
export class LatentLab extends HTMLElement {
  /** @type {(keyof Public.LatentLabAttributes)[]} */
  static observedAttributes = ["preset", "src", "finding", "lesson", "panel", "theme", "latents", "start", "lang"];

  #frame = make("figure", { part: "figure" });
  #root;
  /** @type {Figure | null} */
  #figure = null;
  #seen = false;
  /** A figure is on its way, or there. */
  #begun = false;
  /** It moved by itself when it was taken out of the page. */
  #moving = false;
  #run = 0;
  #unfollow = () => {};
  /** The language over the figure. @type {Promise<{ end: () => void } | null>} */
  #spoken = Promise.resolve(null);
  /** @type {IntersectionObserver | undefined} */
  #watching;
  /** @type {{ resolve: (element: LatentLab) => void, reject: (error: unknown) => void } | undefined} */
  #settle;

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: "open" });
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(this.#frame);
  }

  /** Resolves with the element once the figure answers; a new preset begins anew. */
  ready = this.#promise();

  /** @returns {Promise<LatentLab>} */
  #promise() {
    const ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Nobody need listen.
    ready.catch(() => {});
    return ready;
  }

  /** A figure that is moved within the page goes on where it was. */
  connectedCallback() {
    this.#unfollow = follow(() => this.#paintScheme());
    this.#paintScheme();
    if (this.#begun) {
      if (this.#moving) this.#figure?.play();
      return;
    }
    if (!this.#settle) this.ready = this.#promise();
    this.#still();
    if (this.#seen) return void this.#begin();
    this.#watching = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.#watching?.disconnect();
      this.#seen = true;
      this.#begin();
    }, { rootMargin: NEAR });
    this.#watching.observe(this);
  }

  disconnectedCallback() {
    this.#unfollow();
    this.#watching?.disconnect();
    this.#moving = this.#figure?.playing ?? false;
    this.#figure?.pause();
  }

  /** @type {(name: string, old: string | null, value: string | null) => void} */
  attributeChangedCallback(name, old, value) {
    if (old === value) return;
    if (name === "theme") return this.isConnected ? this.#paintScheme() : undefined;
    if (name === "lang") this.#speak();
    this.#leave();
    if (!this.isConnected) return;
    this.ready = this.#promise();
    this.#still();
    if (this.#seen) this.#begin();
  }

  /** The figure that is there, or on its way, is not wanted any more. */
  #leave() {
    this.#run += 1;
    this.#figure?.pause();
    this.#figure = null;
    this.#begun = false;
  }

  /** The picture that stands here before the figure: the page's own, or the model's. */
  #still() {
    const model = this.src || this.finding || this.lesson ? null : this.#address();
    const own = model && make("img", { src: model.href.replace(/\.safetensors$/, ".png"), alt: "", loading: "lazy" });
    this.#frame.className = "";
    this.#frame.replaceChildren(make("div", { className: "still" }, make("slot", {}, own || "")));
  }

  #address() {
    if (this.src) return new URL(this.src, document.baseURI);
    return this.preset ? new URL(`assets/presets/${encodeURIComponent(this.preset)}.safetensors`, SITE) : null;
  }

  async #begin() {
    if (this.#begun) return;
    this.#begun = true;
    const run = this.#run;
    try {
      if (this.finding) {
        const root = await finding(this.finding);
        if (run !== this.#run) return;
        const link = make("a", { href: new URL(`?finding=${encodeURIComponent(this.finding)}${this.#inLanguage}`, SITE).href, title: words.RUN_HELP, target: "_top" }, words.RUN);
        this.#frame.append(root, make("figcaption", {}, link));
        this.#frame.className = "live";
        return this.#there();
      }
      if (this.lesson) {
        const src = new URL(`?lesson=${encodeURIComponent(this.lesson)}${this.#inLanguage}`, SITE).href;
        const link = make("a", { href: src, target: "_top" }, words.WHOLE);
        this.#frame.append(make("iframe", { src, className: "lesson", title: words.LESSON }), make("figcaption", {}, link));
        this.#frame.className = "live";
        return this.#there();
      }
      const url = this.#address();
      if (!url) throw new Error(words.noPreset);
      const loaded = await load(url, !this.src);
      if (run !== this.#run) return;
      // Out of the page nothing has a size: it begins when it is back.
      if (!this.isConnected) return this.#leave();
      this.#figure = new Figure(loaded, {
        panels: this.panel.split(/[\s,]+/).filter(Boolean),
        latents: Number(this.getAttribute("latents")) || 6,
        start: Math.max(0, Math.trunc(Number(this.getAttribute("start")))) || 0,
        scheme: /** @type {Scheme} */ (this.dataset.scheme),
        say: (type, detail) => this.#say(type, detail),
      });
      const link = make("a", { href: new URL(`?${loaded.model.setup}${this.preset ? `&preset=${this.preset}` : ""}${this.#inLanguage}`, SITE).href, title: words.TRAIN_HELP, target: "_top" }, words.TRAIN);
      this.#frame.append(this.#figure.root);
      // Somebody's own images lie in that visitor's browser alone.
      if (!/(^|&)data=own:/.test(loaded.model.setup)) this.#frame.append(make("figcaption", {}, link));
      this.#frame.className = "live";
      this.#figure.open();
      this.#say("ready", { kind: this.#figure.kind, latent: this.#figure.latent, image: this.#figure.image });
      this.#there();
    } catch (error) {
      if (run !== this.#run) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#leave();
      this.#still();
      this.#frame.append(make("p", { className: "error", role: "alert" }, words.failed(message)));
      this.#say("failed", { message });
      this.#settle?.reject(error);
      this.#settle = undefined;
    }
  }

  /** Puts the language that the attribute names over the figure, in place of the one before. */
  #speak() {
    const [before, tag] = [this.#spoken, this.lang];
    this.#spoken = before.then(async (over) => {
      over?.end();
      // Nobody fetches it who reads English; a language that is not there leaves the figure as it is.
      return tag && tag !== "en" ? (await import("./language.js")).over(this.#root, tag) : null;
    }).catch(() => null);
  }

  /** A key and value of the address of a page in that language. */
  get #inLanguage() {
    return this.lang && this.lang !== "en" ? `&lang=${encodeURIComponent(this.lang)}` : "";
  }

  /** Whoever waits hears that the figure is there. */
  #there() {
    this.#settle?.resolve(this);
    this.#settle = undefined;
  }

  /** @type {Say} */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #paintScheme() {
    const shown = this.theme === "light" || this.theme === "dark" ? this.theme : scheme(this);
    this.dataset.scheme = shown;
    this.#figure?.paintIn(shown);
  }

  get preset() {
    return this.getAttribute("preset") ?? "";
  }

  set preset(value) {
    this.setAttribute("preset", value);
  }

  get src() {
    return this.getAttribute("src") ?? "";
  }

  set src(value) {
    this.setAttribute("src", value);
  }

  get finding() {
    return this.getAttribute("finding") ?? "";
  }

  set finding(value) {
    this.setAttribute("finding", value);
  }

  get lesson() {
    return this.getAttribute("lesson") ?? "";
  }

  set lesson(value) {
    this.setAttribute("lesson", value);
  }

  get panel() {
    return this.getAttribute("panel") ?? "";
  }

  set panel(value) {
    this.setAttribute("panel", value);
  }

  get theme() {
    return this.getAttribute("theme") ?? "";
  }

  set theme(value) {
    this.setAttribute("theme", value);
  }

  /** What a code is: `vector`, `tokens`, `features`; nothing before the figure is there. */
  get kind() {
    return this.#figure?.kind;
  }

  /** The code on show. @returns {Float32Array | undefined} */
  get code() {
    return this.#figure?.code;
  }

  /** @param {ArrayLike<number>} code */
  set code(code) {
    if (this.#figure && code.length === this.#figure.latent) this.#figure.set(Float32Array.from(code));
  }

  /** Bytes `[channels, height, width]` of the image that a code stands for. @param {ArrayLike<number>} code */
  decode(code) {
    return this.#figure?.decode(Float32Array.from(code));
  }

  /** Code of an image of that shape. @param {ArrayLike<number>} image */
  encode(image) {
    return this.#figure?.encode(Uint8Array.from(image));
  }

  /** Puts an example on show. @param {number} example */
  show(example) {
    this.#figure?.show(example);
  }

  /** Moves by itself, where the panel can. */
  play() {
    this.#figure?.play();
  }

  pause() {
    this.#figure?.pause();
  }
}

// A page may have the script twice, from two posts or two hosts.
if (!customElements.get("latent-lab")) customElements.define("latent-lab", LatentLab);

// Figures in frames say how high they are; whoever has this script need not guess.
addEventListener("message", ({ data, source }) => {
  const height = data?.latentLab?.height;
  const frame = Number.isFinite(height) && [...document.querySelectorAll("iframe")].find((frame) => frame.contentWindow === source);
  if (frame) frame.style.height = `${Math.ceil(height)}px`;
});
