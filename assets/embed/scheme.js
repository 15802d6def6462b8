// @ts-check
// Light or dark, as the page around a figure is.

/** @import { Rgb, Scheme } from "./types.d.ts" */

const dark = matchMedia("(prefers-color-scheme: dark)");

/** The first colour behind an element that is not transparent. @type {(element: Element) => Rgb | undefined} */
function behind(element) {
  for (let at = /** @type {Element | undefined} */ (element); at; at = at.parentElement ?? /** @type {Partial<ShadowRoot>} */ (at.getRootNode()).host) {
    const [r, g, b, alpha = 1] = getComputedStyle(at).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    if (r !== undefined && alpha > 0.5) return [r, g, b];
  }
}

/** `light` or `dark`: by the page's background where it has one, else as the system is. @type {(element: Element) => Scheme} */
export function scheme(element) {
  const colour = behind(element.parentElement ?? element);
  if (!colour) return dark.matches ? "dark" : "light";
  return 0.3 * colour[0] + 0.6 * colour[1] + 0.1 * colour[2] < 128 ? "dark" : "light";
}

/** Calls `changed` whenever the answer may be another; returns what ends that. @param {() => void} changed */
export function follow(changed) {
  const observer = new MutationObserver(changed);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-color-mode"] });
  }
  dark.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", changed);
  };
}
