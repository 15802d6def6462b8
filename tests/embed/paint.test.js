import assert from "node:assert/strict";
import { test } from "node:test";

import { THEMES, fit, part, picture, signed } from "../../assets/embed/paint.js";

const theme = THEMES.light;
const canvas = () => document.createElement("canvas");

test("grey pictures are ink on paper, line by line", () => {
  const shown = canvas();
  picture(shown, Uint8Array.from([0, 255, 51, 0, 0, 0]), [1, 2, 3], theme);
  assert.deepEqual([shown.width, shown.height], [3, 2]);
  assert.deepEqual(shown.pixel(0), [...theme.paper, 255]);
  assert.deepEqual(shown.pixel(1), [...theme.mark, 255]);
  const fifth = theme.paper.map((paper, c) => Math.round(paper + (theme.mark[c] - paper) / 5));
  assert.deepEqual(shown.pixel(2), [...fifth, 255]);
});

test("three channels are shown as they are, whatever the theme", () => {
  for (const theme of Object.values(THEMES)) {
    const shown = canvas();
    picture(shown, Uint8Array.from([1, 2, 3, 4, 5, 6]), [3, 1, 2], theme);
    assert.deepEqual([shown.pixel(0), shown.pixel(1)], [[1, 3, 5, 255], [2, 4, 6, 255]]);
  }
});

test("numbers of either sign have a colour each, by the largest of them", () => {
  const shown = canvas();
  signed(shown, Float32Array.from([-4, 0, 4, 1]), [1, 2, 2], theme);
  assert.deepEqual(shown.pixel(0), [...theme.down, 255]);
  assert.deepEqual(shown.pixel(1), [...theme.paper, 255]);
  assert.deepEqual(shown.pixel(2), [...theme.up, 255]);
  // A quarter of the largest is half as strong to the eye: the square root.
  const half = theme.paper.map((paper, c) => (paper + theme.up[c]) / 2);
  shown.pixel(3).slice(0, 3).forEach((value, c) => assert.ok(Math.abs(value - half[c]) <= 0.5, `${value}, ${half[c]}`));
  signed(shown, new Float32Array(4), [1, 2, 2], theme);
  assert.deepEqual(shown.pixel(3), [...theme.paper, 255], "nothing but noughts");
});

test("numbers of three channels lie around grey", () => {
  const shown = canvas();
  signed(shown, Float32Array.from([2, 0, -2]), [3, 1, 1], theme);
  assert.deepEqual(shown.pixel(0), [255, 128, 1, 255]);
});

test("a part of a picture is cut out of every channel", () => {
  const shown = canvas();
  // Channel, row and column are the digits of each byte.
  const bytes = Uint8Array.from({ length: 3 * 3 * 4 }, (_, i) => 100 * Math.floor(i / 24) + 50 * (Math.floor(i / 12) % 2) + 10 * (Math.floor(i / 4) % 3) + (i % 4));
  part(shown, bytes, [3, 3, 4], [1, 2, 2, 2], theme);
  assert.deepEqual([shown.width, shown.height], [2, 2]);
  const at = (row, column) => [0, 1, 2].map((c) => bytes[c * 12 + row * 4 + column]);
  assert.deepEqual([0, 1, 2, 3].map((i) => shown.pixel(i).slice(0, 3)), [at(1, 2), at(1, 3), at(2, 2), at(2, 3)]);
});

test("a drawing has the pixels of the screen and the coordinates of the page", () => {
  const plot = Object.assign(canvas(), { clientWidth: 81.25, clientHeight: 40 });
  const { width, height } = fit(plot);
  assert.deepEqual([width, height], [81.25, 40]);
  assert.deepEqual([plot.width, plot.height], [163, 80]);
  assert.deepEqual(plot.calls, [["setTransform", 2, 0, 0, 2, 0, 0]]);
});
