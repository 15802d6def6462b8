import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { follow, scheme } from "../../assets/embed/scheme.js";
import { make } from "../../assets/embed/parts.js";
import { system } from "./stand-in/dom.js";

/** A figure in an article; `backgrounds` are the article's and that of what is around it. */
function figure(...backgrounds) {
  const inner = make("latent-lab");
  backgrounds.reduce((child, background) => Object.assign(make("div", {}, child), { background }), inner);
  return inner;
}

beforeEach(() => (system.matches = false));

test("a figure is as light or dark as what is behind it", () => {
  assert.equal(scheme(figure("rgb(255, 253, 249)")), "light");
  assert.equal(scheme(figure("rgb(22, 24, 29)")), "dark");
  // The eye takes green for lighter than red, and red for lighter than blue.
  assert.equal(scheme(figure("rgb(0, 255, 0)")), "light");
  assert.equal(scheme(figure("rgb(255, 0, 255)")), "dark");
});

test("what one can see through does not count", () => {
  assert.equal(scheme(figure("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")), "light");
  assert.equal(scheme(figure("rgba(255, 255, 255, 0.2)", "rgb(0, 0, 0)")), "dark");
  assert.equal(scheme(figure("rgba(0, 0, 0, 0.9)", "rgb(255, 255, 255)")), "dark");
});

test("a figure inside another element's shadow sees the page behind that", () => {
  const host = Object.assign(make("div"), { background: "rgb(0, 0, 0)" });
  const lab = make("latent-lab");
  host.attachShadow().append(make("p", {}, lab));
  assert.equal(scheme(lab), "dark");
});

test("a page without a background is as the system", () => {
  assert.equal(scheme(figure("rgba(0, 0, 0, 0)")), "light");
  system.matches = true;
  assert.equal(scheme(figure("rgba(0, 0, 0, 0)")), "dark");
});

test("a change of the system is heard of until nobody listens", () => {
  let heard = 0;
  const unfollow = follow(() => (heard += 1));
  system.dispatchEvent(new Event("change"));
  assert.equal(heard, 1);
  unfollow();
  system.dispatchEvent(new Event("change"));
  assert.equal(heard, 1);
});
