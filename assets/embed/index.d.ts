// Types of the element <latent-lab>, for pages that are written in TypeScript. A site has this file as `embed.d.ts`; put it among your
// own and import it for its types alone: `import type { LatentLab } from "./embed.d.ts"`.

/** What a code is: numbers of a vector, a grid of tokens, features that fire, or a place among other images that nothing draws. */
export type CodeKind = "vector" | "tokens" | "features" | "embedding";

/** `traversal`, `map` and `path` go with vectors, `flow` with those that come from noise step by step, `neighbours` with embeddings, the others with codes of their own name. */
export type PanelName = "flow" | "traversal" | "map" | "path" | "tokens" | "features" | "neighbours";

/** Channels, height and width of an image in pixels; channels are 1 (grey) or 3 (red, green, blue). */
export type ImageShape = [channels: number, height: number, width: number];

/** Attributes; all may be changed at any time. */
export interface LatentLabAttributes {
  /** A model of the site that the script came from. */
  preset?: string;
  /** The address of weights that the page or `cargo lab train --out` has saved; goes before `preset`. */
  src?: string;
  /** In place of a model: a finding of the site, its claim with what came out when it was run. */
  finding?: string;
  /** In place of a model: a lesson of the site, over the page that it speaks of. */
  lesson?: string;
  /** One or several panels, with spaces or commas between them; by itself the first that goes with the model. */
  panel?: string;
  /** `auto` follows the page's background; so does anything else. */
  theme?: "auto" | "light" | "dark";
  /** How many sliders a traversal has; 6 by itself. */
  latents?: number | `${number}`;
  /** Which example comes first, from 0. */
  start?: number | `${number}`;
  /** The language of the figure's words, as `<html lang>` has it, where the site has that language; English by itself. */
  lang?: string;
}

/** What each event tells, in its `detail`. */
export interface LatentLabDetails {
  /** The model answers. `latent`: numbers in a code. A finding has no model, and only resolves the promise `ready`. */
  ready: { kind: CodeKind; latent: number; image: ImageShape };
  /** A visitor has chosen something: an example, both ends of a path, a place on the map, a token, a patch, or a feature. */
  select:
    | { example: number }
    | { from: number; to: number }
    | { code: Float32Array }
    | { row: number; column: number; token: number }
    | { place: number }
    | { feature: number; place: number };
  /** Another code is on show. */
  step: { code: Float32Array };
  /** The figure could not be made; the sentence stands in its place. */
  failed: { message: string };
}

/** Events bubble, also out of shadow roots. */
export type LatentLabEventMap = Omit<HTMLElementEventMap, keyof LatentLabDetails> & {
  [Type in keyof LatentLabDetails]: CustomEvent<LatentLabDetails[Type]>;
};

/** `<latent-lab>`: a trained model in somebody's page. Methods do nothing, and return nothing, before the figure is `ready`. */
export class LatentLab extends HTMLElement {
  static observedAttributes: (keyof LatentLabAttributes)[];

  /** The attributes of these names; empty where they are not set. */
  preset: string;
  src: string;
  lesson: string;
  finding: string;
  panel: string;
  theme: string;

  /** Resolves with the element once the figure answers, is rejected if it cannot; another model begins another promise. */
  readonly ready: Promise<LatentLab>;
  /** What a code is. */
  readonly kind: CodeKind | undefined;
  /** The code on show; one of another length is not taken. */
  get code(): Float32Array | undefined;
  set code(code: ArrayLike<number>);

  /** The image that a code stands for, as bytes `[channels, height, width]`. */
  decode(code: ArrayLike<number>): Uint8Array | undefined;
  /** The code of an image, bytes `[channels, height, width]`; empty if it is of another size. */
  encode(image: ArrayLike<number>): Float32Array | undefined;
  /** Puts an example on show, from 0. */
  show(example: number): void;
  /** Moves by itself, where the panel can. */
  play(): void;
  pause(): void;

  addEventListener<Type extends keyof LatentLabEventMap>(
    type: Type,
    listener: (this: LatentLab, event: LatentLabEventMap[Type]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<Type extends keyof LatentLabEventMap>(
    type: Type,
    listener: (this: LatentLab, event: LatentLabEventMap[Type]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "latent-lab": LatentLab;
  }
}
