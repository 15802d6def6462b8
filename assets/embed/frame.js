// @ts-check
// The page inside an <iframe>: a figure made from the address, that tells the page around it how high it is.

import { LatentLab } from "./element.js";

/** @import * as Public from "./index.d.ts" */

const lab = /** @type {Public.LatentLab} */ (document.querySelector("latent-lab"));
const wanted = new URLSearchParams(location.search);
for (const name of LatentLab.observedAttributes) {
  const value = wanted.get(name);
  if (value !== null) lab.setAttribute(name, value);
}

if (lab.lang) document.documentElement.lang = lab.lang;

// The page around it may be of another theme than the system.
addEventListener("message", ({ data, source }) => {
  const theme = data?.latentLab?.theme;
  if (source === parent && ["auto", "light", "dark"].includes(theme)) lab.theme = theme;
});

if (parent !== window) {
  const tell = (/** @type {object} */ message) => parent.postMessage({ latentLab: message }, "*");
  new ResizeObserver(() => tell({ height: document.documentElement.getBoundingClientRect().height })).observe(document.documentElement);
  for (const type of /** @type {const} */ (["ready", "select", "step", "failed"])) lab.addEventListener(type, ({ detail }) => tell({ type, detail }));
}
