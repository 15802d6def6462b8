// The page inside an <iframe>: a figure made from the address, that tells the page around it how high it is.

import "./element.js";

const NAMES = ["preset", "src", "panel", "theme", "latents", "start"];

const lab = document.querySelector("latent-lab");
const wanted = new URLSearchParams(location.search);
for (const name of NAMES) {
  if (wanted.has(name)) lab.setAttribute(name, wanted.get(name));
}

// The page around it may be of another theme than the system.
addEventListener("message", ({ data, source }) => {
  const theme = data?.latentLab?.theme;
  if (source === parent && ["auto", "light", "dark"].includes(theme)) lab.theme = theme;
});

if (parent !== window) {
  const tell = (message) => parent.postMessage({ latentLab: message }, "*");
  new ResizeObserver(() => tell({ height: document.documentElement.getBoundingClientRect().height })).observe(document.documentElement);
  for (const type of ["ready", "select", "step", "failed"]) lab.addEventListener(type, ({ detail }) => tell({ type, detail }));
}
