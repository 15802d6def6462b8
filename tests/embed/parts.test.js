import assert from "node:assert/strict";
import { test } from "node:test";

import { inTurn, make, slider, thumbs } from "../../assets/embed/parts.js";
import { THEMES } from "../../assets/embed/paint.js";
import { frames } from "./stand-in/dom.js";

test("names with a dash, and the role, are attributes; others are properties", () => {
  const made = make("button", { type: "button", "aria-pressed": "false", role: "switch", disabled: true }, "a", make("i"));
  assert.deepEqual([...made.attributes], [["aria-pressed", "false"], ["role", "switch"]]);
  assert.deepEqual([made.type, made.disabled], ["button", true]);
  assert.deepEqual(made.children.map((child) => child.tagName ?? child), ["a", "i"]);
});

test("a slider tells numbers", () => {
  const told = [];
  const input = slider("Latent 1", [-3, 3, 0.05], (value) => told.push(value));
  assert.deepEqual([input.min, input.max, input.step, input.getAttribute("aria-label")], [-3, 3, 0.05, "Latent 1"]);
  input.value = "-1.5";
  input.oninput();
  assert.deepEqual(told, [-1.5]);
});

test("of images to choose from one is pressed, and only a hand picks", () => {
  const picked = [];
  const images = [0, 128, 255].map((byte) => new Uint8Array(4).fill(byte));
  const figure = { images, names: ["zero", "one", "two"], image: [1, 2, 2], theme: THEMES.dark };
  const { root, choose, paint } = thumbs(figure, "Start from", (i) => picked.push(i), 2);
  const buttons = root.all("button");
  const pressed = () => buttons.map((button) => button.getAttribute("aria-pressed"));
  assert.equal(buttons.length, 2, "no more than asked for");
  choose(1);
  assert.deepEqual([pressed(), picked], [["false", "true"], []]);
  buttons[0].onclick();
  assert.deepEqual([pressed(), picked], [["true", "false"], [0]]);
  paint();
  assert.deepEqual(root.all("canvas").map((canvas) => canvas.getAttribute("aria-label")), ["Image: zero", "Image: one"]);
  assert.deepEqual(root.all("canvas")[0].pixel(0), [...THEMES.dark.paper, 255]);
});

test("many small pictures take turns, a few a frame, until all are of the latest", (t) => {
  let clock = 0;
  t.mock.method(performance, "now", () => clock);
  const painted = [];
  // Three milliseconds each: three of them are over the eight that a frame may take.
  const paint = inTurn([0, 1, 2, 3, 4].map((i) => () => {
    clock += 3;
    painted.push(i);
  }));
  paint();
  assert.deepEqual(painted, [0, 1, 2], "the first frame holds up the page");
  paint();
  assert.deepEqual(painted, [0, 1, 2], "a second request waits for the frame that is due");
  assert.equal(frames(), 2);
  // All five once more from where it stood, and then nothing.
  assert.deepEqual(painted, [0, 1, 2, 3, 4, 0, 1, 2]);
  paint();
  frames();
  assert.deepEqual(painted.slice(8).sort(), [0, 1, 2, 3, 4]);
});
