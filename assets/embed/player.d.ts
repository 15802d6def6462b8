// Types of the player, which wasm-bindgen makes of src/bin/player/main.rs. A test compares the two (tests/embed/player.test.js).

export class Model {
  constructor(bytes: Uint8Array);
  takeShelf(): Shelf | undefined;
  shelf(bytes: Uint8Array): Shelf;
  imagine(): Shelf;
  readonly kind: string;
  readonly choice: Uint32Array;
  readonly told: Uint32Array;
  readonly factors: string[];
  readonly setup: string;
  readonly classes: string[];
  readonly image: Uint32Array;
  readonly latent: number;
  readonly kl: Float32Array;
  readonly centre: Float32Array;
  readonly spread: Float32Array;
  readonly grid: Uint32Array;
  readonly patch: Uint32Array;
  readonly density: Float32Array;
  atom(feature: number, strength: number): Float32Array;
  encode(image: Uint8Array, label: number, factors: Uint8Array): Float32Array;
  noise(): Float32Array;
  step(code: Float32Array, taken: number, steps: number): Float32Array;
  decode(codes: Float32Array): Uint8Array;
  tokens(image: Uint8Array): Uint32Array;
  fromTokens(tokens: Uint32Array): Float32Array;
}

export class Shelf {
  private constructor();
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly factors: Uint8Array;
  readonly codes: Float32Array;
  readonly codeLabels: Uint8Array;
}

export function isOlder(bytes: Uint8Array): boolean;

export function path(a: Float32Array, b: Float32Array, points: number, arc: boolean): Float32Array;

/** Downloads and starts the WebAssembly module. */
export default function start(options: { module_or_path: URL }): Promise<unknown>;
