// @ts-check
// Models and the player that computes them: each is downloaded once, however many figures a page has.

import start, { Model, isOlder } from "./player.js";

/** @import { Loaded } from "./types.d.ts" */

/** The folder of the site that this file came from. */
export const SITE = new URL("../", import.meta.url);

/** @type {Promise<unknown> | undefined} */
let player;
/** @type {Map<string, Promise<Loaded>>} */
const models = new Map();

/** @param {URL} url */
async function download(url) {
  const answer = await fetch(url, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${url.pathname}: the server answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * A file of before networks were saved with their weights, with the network that it would have: few ever meet one, so this is fetched then.
 * @type {(weights: Uint8Array) => Promise<Uint8Array>}
 */
async function upgraded(weights) {
  const older = await import("./older.js");
  await older.default({ module_or_path: new URL("./older_bg.wasm", import.meta.url) });
  return older.upgrade(weights);
}

/** @type {(url: URL, shipped: boolean) => Promise<Loaded>} */
async function read(url, shipped) {
  player ??= start({ module_or_path: new URL("./player_bg.wasm", import.meta.url) });
  const beside = url.href.replace(/\.safetensors(?=$|[?#])/, ".examples.safetensors");
  const examplesBeside = () => download(new URL(beside));
  const [weights, examples] = await Promise.all([download(url), shipped ? examplesBeside() : null, player]);
  const model = new Model(isOlder(weights) ? await upgraded(weights) : weights);
  let shelf = model.takeShelf();
  if (!shelf) {
    // What a visitor saves has its examples in it; without any, the model draws some.
    const bytes = examples ?? (beside === url.href ? null : await examplesBeside().catch(() => null));
    shelf = bytes ? model.shelf(bytes) : model.imagine();
  }
  return { model, shelf };
}

/**
 * The model at an address, with its examples; those of models that ship lie beside them. A failed download may be tried again.
 * @type {(url: URL, shipped: boolean) => Promise<Loaded>}
 */
export function load(url, shipped) {
  const known = models.get(url.href);
  if (known) return known;
  const loading = read(url, shipped);
  loading.catch(() => models.delete(url.href));
  models.set(url.href, loading);
  return loading;
}
