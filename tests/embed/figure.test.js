import assert from "node:assert/strict";
import { test } from "node:test";

import { THEMES } from "../../assets/embed/paint.js";
import { frames } from "./stand-in/dom.js";
import { IMAGES, VECTOR, open } from "./stand-in/figure.js";

test("the numbers of a code are in the order of what they say", () => {
  assert.deepEqual(open(VECTOR, IMAGES).figure.order, [1, 2, 0]);
});

test("images are named by their class, by their label, or by their place", () => {
  assert.deepEqual(open(VECTOR, IMAGES).figure.names, ["1", "2", "3"]);
  const { figure } = open({ ...VECTOR, classes: ["shirt", "boot"] }, { ...IMAGES, labels: [1, 0, 7] });
  assert.deepEqual(figure.names, ["boot", "shirt", "7"]);
});

test("it begins with the example that is asked for, or the last", () => {
  assert.deepEqual([...open(VECTOR, IMAGES, { start: 1 }).figure.code], [1, 1, 1]);
  assert.deepEqual([...open(VECTOR, IMAGES, { start: 40 }).figure.code], [-1, 0, 2]);
});

test("it has the panels that are asked for, else the first of its kind", () => {
  const names = (options) => open(VECTOR, IMAGES, options).root.children.map((panel) => panel.className);
  assert.deepEqual(names({}), ["panel traversal"]);
  assert.deepEqual(names({ panels: ["path", "map"] }), ["panel path", "panel map"]);
});

test("a panel of another kind is refused in a sentence, and so is what objects have by nature", () => {
  const said = /panel="tokens" does not go with a model whose code is vector; there are traversal, map, path/;
  assert.throws(() => open(VECTOR, IMAGES, { panels: ["tokens"] }), said);
  assert.throws(() => open(VECTOR, IMAGES, { panels: ["constructor"] }), /panel="constructor" does not go/);
});

test("however many codes come before a frame, one is drawn and told of", () => {
  const { figure, said, root } = open(VECTOR, IMAGES);
  for (let i = 0; i < 5; i++) figure.set(Float32Array.of(i, 0, 0));
  assert.deepEqual(said, []);
  frames();
  assert.deepEqual(said.map(([type, { code }]) => [type, [...code]]), [["step", [4, 0, 0]]]);
  assert.equal(root.one("big").pixel(1)[0], THEMES.light.paper[0] + Math.round(((THEMES.light.mark[0] - THEMES.light.paper[0]) * 128) / 255));
});

test("another example is told of as chosen and as drawn", () => {
  const { figure, said } = open(VECTOR, IMAGES);
  figure.show(2);
  frames();
  assert.deepEqual(said.map(([type]) => type), ["select", "step"]);
  assert.deepEqual(said[0][1], { example: 2 });
  assert.deepEqual([...figure.code], [-1, 0, 2]);
});

test("it plays until it is told to pause", () => {
  const { figure, said } = open(VECTOR, IMAGES);
  figure.play();
  figure.play();
  assert.equal(figure.playing, true);
  assert.equal(frames(3), 3);
  assert.ok(said.length >= 1 && said.every(([type]) => type === "step"), JSON.stringify(said));
  figure.pause();
  const before = said.length;
  frames();
  assert.equal(said.length, before, "it goes on");
});

test("a figure whose panels cannot move does not play", () => {
  const { figure } = open({ kind: "tokens", image: [1, 4, 4], grid: [2, 2, 5] }, { images: Array(16).fill(1) });
  figure.play();
  assert.equal(figure.playing, false);
});

test("another scheme paints everything anew, the same one nothing", () => {
  const { figure, root } = open(VECTOR, IMAGES);
  const thumb = () => root.one("thumbs").all("canvas")[0];
  delete thumb().pixels;
  figure.paintIn("light");
  assert.equal(thumb().pixels, undefined);
  figure.paintIn("dark");
  assert.equal(figure.theme, THEMES.dark);
  assert.ok(thumb().pixels);
});
