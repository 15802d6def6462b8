// Holds index.d.ts, which users of the figures take, to what element.js is. Nothing here is ever run: tsc reads it.

import { LatentLab as Element } from "../../assets/embed/element.js";
import type { CodeKind, LatentLab, LatentLabAttributes, PanelName } from "../../assets/embed/index.d.ts";
import { PANELS } from "../../assets/embed/panels/index.js";

/** `true` where two types are the same, else `never`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

// The class that the script defines is the one that is declared, and has nothing public that is not.
export const declared: typeof LatentLab = Element;
type Callbacks = "connectedCallback" | "disconnectedCallback" | "attributeChangedCallback";
export const complete: Same<Exclude<keyof Element, keyof LatentLab>, Callbacks> = true;

// Codes and panels are those that figures have.
type KeyOfAny<T> = T extends unknown ? keyof T : never;
export const kinds: Same<keyof typeof PANELS, CodeKind> = true;
export const panels: Same<KeyOfAny<(typeof PANELS)[CodeKind]>, PanelName> = true;

// What a user writes.
const lab: LatentLab = document.createElement("latent-lab");
lab.preset = "mnist-vae";
lab.code = [0, 1];
lab.addEventListener("ready", (event) => {
  const [channels, height, width] = event.detail.image;
  return event.currentTarget === lab && channels * height * width * event.detail.latent;
});
lab.addEventListener("select", ({ detail }) => ("example" in detail ? detail.example : "from" in detail && detail.from + detail.to));
lab.addEventListener("step", ({ detail }) => detail.code.length);
lab.addEventListener("failed", ({ detail }) => detail.message.length);
lab.addEventListener("click", (event) => event.clientX);
lab.addEventListener("anything else", (event) => event.type);
lab.ready.then((same) => same.play());
export const code: Float32Array | undefined = lab.code;
export const attributes: LatentLabAttributes = { src: "my-model.safetensors", theme: "dark", latents: 4, start: "7" };

// What nobody should.
// @ts-expect-error A step tells a code.
lab.addEventListener("step", ({ detail }) => detail.message);
// @ts-expect-error The element makes the promise.
lab.ready = Promise.resolve(lab);
// @ts-expect-error A code is of numbers.
lab.code = ["0"];
// @ts-expect-error There is no such theme.
export const wrong: LatentLabAttributes = { theme: "sepia" };
