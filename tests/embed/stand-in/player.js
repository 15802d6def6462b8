// @ts-check
// What stands for the player: a model whose "weights" are JSON, and whose decoder is simple enough to know its answers by heart.

/** @import * as Player from "../../../assets/embed/player.js" */

/** How often the player was started. */
export const starts = { count: 0 };

export default async function start() {
  starts.count += 1;
}

/** @param {Uint8Array} bytes */
const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** @type {(weights: object) => Uint8Array} */
export const bytesOf = (weights) => new TextEncoder().encode(JSON.stringify(weights));

/** @param {Uint8Array} bytes */
export const isOlder = (bytes) => parsed(bytes).older === true;

/** @implements {Player.Shelf} */
export class Shelf {
  /** @param {{ images: number[], labels?: number[], factors?: number[], codes?: number[], codeLabels?: number[] }} examples */
  constructor({ images, labels = [], factors = [], codes = [], codeLabels = [] }) {
    this.images = Uint8Array.from(images);
    this.labels = Uint8Array.from(labels);
    this.factors = Uint8Array.from(factors);
    this.codes = Float32Array.from(codes);
    this.codeLabels = Uint8Array.from(codeLabels);
  }
}

/** @implements {Player.Model} */
export class Model {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    const weights = parsed(bytes);
    if (weights.damaged) throw new Error(weights.damaged);
    this.kind = weights.kind ?? "vector";
    this.setup = weights.setup ?? "data=mnist";
    /** @type {string[]} */
    this.classes = weights.classes ?? [];
    this.choice = Uint32Array.from(weights.choice ?? []);
    this.told = Uint32Array.from(weights.told ?? []);
    /** @type {string[]} */
    this.factors = weights.factors ?? [];
    this.image = Uint32Array.from(weights.image ?? [1, 2, 2]);
    this.grid = Uint32Array.from(weights.grid ?? []);
    this.patch = Uint32Array.from(weights.patch ?? []);
    this.density = Float32Array.from(weights.density ?? []);
    const [, height, width] = this.image;
    /** @type {Record<string, number>} */
    const places = { vector: 0, embedding: 0, tokens: this.grid[0] * this.grid[1], features: (height * width) / (this.patch[0] * this.patch[1]) };
    /** @type {number} */
    this.latent = places[this.kind] === 0 ? (weights.latent ?? 2) : this.kind === "tokens" ? places.tokens * (this.grid[3] ?? 1) : places.features * this.density.length;
    this.kl = Float32Array.from(weights.kl ?? Array(this.latent).fill(0));
    this.centre = Float32Array.from(weights.centre ?? Array(this.latent).fill(0));
    this.spread = Float32Array.from(weights.spread ?? Array(this.latent).fill(1));
    this.examples = weights.examples;
  }

  takeShelf() {
    return this.examples && new Shelf(this.examples);
  }

  /** @param {Uint8Array} bytes */
  shelf(bytes) {
    return new Shelf(parsed(bytes));
  }

  imagine() {
    return new Shelf({ images: Array(this.#pixels).fill(128) });
  }

  get #pixels() {
    return this.image.reduce((n, side) => n * side, 1);
  }

  /** @param {number} feature */
  atom(feature) {
    return new Float32Array(this.image[0] * this.patch[0] * this.patch[1]).fill(feature - 1);
  }

  /** 32 grey levels are one; a choice is the label, and what is told are the factors. @type {Player.Model["encode"]} */
  encode(image, label, factors) {
    if (this.kind === "tokens") return this.fromTokens(this.tokens(image));
    const [at = 0, kinds = 0] = this.choice;
    const code = Float32Array.from({ length: this.latent }, (_, i) => (i >= at && i < at + kinds ? Number(i === at + label) : (image[i % image.length] - 128) / 32));
    for (let i = 0; 3 * i < this.told.length; i++) {
      const [from, count, size] = this.told.slice(3 * i);
      for (let k = 0; k < count; k++) code[from + k] = count === 1 ? (factors[i] ?? 0) / (size - 1) : Number((factors[i] ?? 0) === k);
    }
    return code;
  }

  /** Alternating ones, to tell it by. */
  noise() {
    return Float32Array.from({ length: this.latent }, (_, i) => (i % 2 ? 1 : -1));
  }

  /** As far as it says, towards twos. @type {Player.Model["step"]} */
  step(code, taken, steps) {
    return code.map((v) => v + (2 - v) / (steps - taken));
  }

  /** @param {Float32Array} codes */
  decode(codes) {
    return Uint8Array.from({ length: this.#pixels }, (_, i) => Math.min(255, Math.max(0, 128 + 32 * codes[i % codes.length])));
  }

  /** @param {Uint8Array} image */
  tokens(image) {
    return Uint32Array.from({ length: this.latent }, (_, i) => image[i % image.length] % this.grid[2]);
  }

  /** @param {Uint32Array} tokens */
  fromTokens(tokens) {
    return Float32Array.from(tokens);
  }
}

/** The straight line, whatever is asked for; further along in the middle of an arc, so that one can tell. @type {typeof Player.path} */
export function path(a, b, points, arc) {
  const bow = (/** @type {number} */ t) => (arc ? Math.sin(Math.PI * t) : 0);
  return Float32Array.from({ length: points * a.length }, (_, i) => {
    const [t, d] = [Math.floor(i / a.length) / (points - 1), i % a.length];
    return a[d] + (b[d] - a[d]) * t + bow(t);
  });
}
