// Models and the player that computes them: each is downloaded once, however many figures a page has.

import start, { Model } from "./player.js";

/** The folder of the site that this file came from. */
export const SITE = new URL("../", import.meta.url);

let player;
const models = new Map();

async function download(url) {
  const answer = await fetch(url, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${url.pathname}: the server answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function read(url) {
  player ??= start({ module_or_path: new URL("./player_bg.wasm", import.meta.url) });
  const examples = new URL(url.href.replace(/\.safetensors(?=$|[?#])/, ".examples.safetensors"));
  const [weights, beside] = await Promise.all([download(url), download(examples), player]);
  const model = new Model(weights);
  return { model, shelf: model.shelf(beside) };
}

/** The model at an address, with its examples. A failed download may be tried again. */
export function load(url) {
  if (!models.has(url.href)) {
    const loading = read(url);
    loading.catch(() => models.delete(url.href));
    models.set(url.href, loading);
  }
  return models.get(url.href);
}
