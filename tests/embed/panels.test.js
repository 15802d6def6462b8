import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { LABELS } from "../../assets/embed/paint.js";
import { frames } from "./stand-in/dom.js";
import { IMAGES, VECTOR, at, key, open } from "./stand-in/figure.js";

const near = (a, b) => assert.ok([...a].length === b.length && b.every((v, i) => Math.abs(a[i] - v) < 1e-5), `${[...a]}, not ${b}`);
const button = (root, text) => root.all((element) => element.tagName === "button" && element.textContent === text)[0];

describe("traversal", () => {
  test("a slider moves one number, the one that says most first, three deviations either way", () => {
    const { figure, root } = open(VECTOR, IMAGES, { latents: 2 });
    const inputs = root.all("input");
    assert.deepEqual(inputs.map((input) => input.getAttribute("aria-label")), ["Latent 2", "Latent 3"]);
    assert.deepEqual([inputs[0].min, inputs[0].max, inputs[1].min, inputs[1].max], [-0.5, 2.5, -7, 5]);
    assert.deepEqual(inputs.map((input) => Number(input.value)), [1, -1]);
    inputs[1].value = "4";
    inputs[1].oninput();
    near(figure.code, [0, 1, 4]);
  });

  test("a hand on a slider stops what plays", () => {
    const { figure, root } = open(VECTOR, IMAGES);
    button(root, "Play").onclick();
    // One frame asks for a code, the next one draws it.
    frames(2);
    assert.equal(button(root, "Pause")?.getAttribute("aria-pressed"), "true");
    root.all("input")[0].oninput();
    assert.equal(figure.playing, false);
    assert.equal(button(root, "Play").getAttribute("aria-pressed"), "false");
    frames();
  });

  test("what plays sways from end to end", (t) => {
    let clock = 0;
    t.mock.method(performance, "now", () => clock);
    const { figure } = open(VECTOR, IMAGES);
    figure.play();
    const seen = [];
    for (clock = 0; clock <= 4000; clock += 100) {
      frames(1);
      seen.push(figure.code[1]);
    }
    figure.pause();
    frames();
    near([Math.max(...seen), Math.min(...seen)], [2.5, -0.5]);
    near(figure.code, [0, seen.at(-1), -1]);
  });
});

describe("a choice", () => {
  /** A vector of two numbers and, behind them, one of three labels. */
  const weights = { latent: 5, kl: [1, 2, 9, 9, 9], choice: [2, 3, 1], classes: ["zero", "one"] };
  const opened = (panel, more = {}) => {
    const it = open({ ...weights, ...more }, { images: [160, 128, 128, 128, 96, 128, 128, 128], labels: [1, 2] }, { panels: [panel] });
    return { ...it, pressed: () => it.root.all((element) => element.getAttribute("aria-label") === "Drawn as")[0].all("button").map((one) => one.getAttribute("aria-pressed")) };
  };

  test("is picked by its name, and no slider moves it", () => {
    const { figure, root, pressed } = opened("traversal");
    assert.deepEqual(root.all("input").map((input) => input.getAttribute("aria-label")), ["Latent 2", "Latent 1"]);
    near(figure.code, [1, 0, 0, 1, 0]);
    assert.deepEqual(pressed(), ["false", "true", "false"]);
    button(root, "2").onclick();
    frames();
    near(figure.code, [1, 0, 0, 0, 1]);
    assert.deepEqual(pressed(), ["false", "false", "true"]);
    figure.show(1);
    near(figure.code, [-1, 0, 0, 0, 1]);
    frames();
  });

  test("stays where the map is pointed at", () => {
    const { figure, root } = opened("map");
    button(root, "zero").onclick();
    root.one("plot").onpointerdown(at(50, 50));
    near(figure.code, [0, 0, 1, 0, 0]);
    frames();
  });

  test("that nobody has named is counted from one", () => {
    const { root } = opened("traversal", { choice: [2, 3, 0] });
    const kinds = root.all((element) => element.getAttribute("aria-label") === "Kind")[0];
    assert.deepEqual(kinds.all("button").map((one) => one.textContent), ["1", "2", "3"]);
  });
});

describe("what a model is told", () => {
  /** A number, one of three kinds, an amount of five values, yes or no. */
  const weights = { latent: 6, kl: [1, 9, 9, 9, 9, 9], told: [1, 3, 3, 4, 1, 5, 5, 1, 2], factors: ["Hair\tblack\tred", "Smiling", "Hat"] };
  const opened = (panel) => open(weights, { images: [160, 128, 128, 128, 96, 128, 128, 128], labels: [1, 2], factors: [1, 3, 1, 2, 0, 0] }, { panels: [panel] });

  test("has a list, a slider and a switch by its name", () => {
    const { figure, root } = opened("traversal");
    near(figure.code, [1, 0, 1, 0, 0.75, 1]);
    const told = root.one("told");
    assert.deepEqual(told.all("label").map((label) => label.children[0].textContent), ["Hair", "Smiling", "Hat"]);
    const [hair] = told.all("select");
    const [smiling, hat] = told.all("input");
    assert.deepEqual(hair.all("option").map((one) => one.textContent), ["black", "red", "2"]);
    assert.deepEqual([hair.value, smiling.value, hat.checked], ["1", "3", true]);
    assert.deepEqual(root.one("rows").all("input").map((input) => input.getAttribute("aria-label")), ["Latent 1"], "no slider moves it");

    hair.value = "2";
    hair.onchange();
    smiling.value = "1";
    smiling.oninput();
    hat.checked = false;
    hat.onchange();
    frames();
    near(figure.code, [1, 0, 0, 1, 0.25, 0]);
    figure.show(1);
    frames();
    near(figure.code, [-1, 0, 0, 1, 0, 0]);
    assert.deepEqual([hair.value, smiling.value, hat.checked], ["2", "0", false]);
  });

  test("stays in the middle", () => {
    const { figure } = opened("traversal");
    near(figure.middle(), [0, 0, 1, 0, 0.75, 1]);
  });
});

describe("flow", () => {
  const opened = () => open({ latent: 2 }, { images: [160, 128, 128, 128], labels: [1] }, { panels: ["flow"] });

  test("goes from noise to an image in steps, and stands where one likes", () => {
    const { figure, root } = opened();
    frames();
    near(figure.code, [2, 2]);
    assert.equal(root.one("strip").children.length, 9);
    const [input] = root.all("input");
    input.value = "0";
    input.oninput();
    frames();
    near(figure.code, [-1, 1]);
    assert.deepEqual(root.one("strip").children.map((canvas) => canvas.classes.has("near")).indexOf(true), 0);
    input.value = "4";
    input.oninput();
    frames();
    near(figure.code, [0.5, 1.5]);
    button(root, "Draw another").onclick();
    frames();
    near(figure.code, [2, 2]);
  });

  test("plays the steps one after the other", (t) => {
    let clock = 0;
    t.mock.method(performance, "now", () => clock);
    const { figure } = opened();
    frames();
    button(figure.root, "Play").onclick();
    /** @type {number[]} */
    const seen = [];
    for (clock = 0; clock <= 2500; clock += 100) {
      frames(1);
      seen.push(figure.code[0]);
    }
    figure.pause();
    frames();
    near([seen[1], Math.max(...seen)], [-1, 2]);
  });
});

describe("path", () => {
  const opened = () => open(VECTOR, IMAGES, { panels: ["path"] });

  test("it begins in the middle between two images", () => {
    const { figure, root } = opened();
    // From the first to the second: five of three images on, around the end.
    near(figure.code, [0.5, 1, 0]);
    assert.equal(root.one("strip").children.length, 9);
    assert.deepEqual(root.one("strip").children.map((canvas) => canvas.classes.has("near")).indexOf(true), 4);
  });

  test("the slider goes from one end to the other", () => {
    const { figure, root } = opened();
    const [input] = root.all("input");
    for (const [place, code] of [[0, [0, 1, -1]], [Number(input.max), [1, 1, 1]]]) {
      input.value = String(place);
      input.oninput();
      near(figure.code, code);
    }
  });

  test("other ends and another way make another path", () => {
    const { figure, root, said } = opened();
    const [from, to] = root.all((element) => element.className === "thumbs");
    to.all("button")[2].onclick();
    near(figure.code, [-0.5, 0.5, 0.5]);
    from.all("button")[1].onclick();
    near(figure.code, [0, 0.5, 1.5]);
    assert.deepEqual(said.filter(([type]) => type === "select").map(([, detail]) => detail), [{ from: 0, to: 2 }, { from: 1, to: 2 }]);
    button(root, "arc around the middle").onclick();
    near(figure.code, [1, 1.5, 2.5]);
    assert.deepEqual(["straight line", "arc around the middle"].map((name) => button(root, name).getAttribute("aria-pressed")), ["false", "true"]);
    button(root, "straight line").onclick();
    near(figure.code, [0, 0.5, 1.5]);
    frames();
  });

  test("it plays there and back again", (t) => {
    let clock = 0;
    t.mock.method(performance, "now", () => clock);
    const { figure } = opened();
    figure.play();
    for (const [ms, code] of [[0, [0, 1, -1]], [1500, [0.5, 1, 0]], [3000, [1, 1, 1]], [4500, [0.5, 1, 0]], [6000, [0, 1, -1]]]) {
      clock = ms;
      frames(1);
      near(figure.code, code);
    }
    figure.pause();
    frames();
  });
});

describe("map", () => {
  /** Five codes at the centre and one far away: along the second number, by eight deviations. */
  const codes = { codes: [...Array(5).fill([0, 1, -1]).flat(), 0, 5, -1], codeLabels: [0, 3, 3, 0, 1, 3] };
  const opened = (more = {}) => {
    const it = open({ ...VECTOR, classes: ["zero", "one"] }, { ...IMAGES, ...more }, { panels: ["map"] });
    return { ...it, plot: it.root.one("plot") };
  };

  test("the middle of the map is the centre of the codes, its edge two and a half deviations away", () => {
    const { figure, plot } = opened();
    plot.onpointerdown(at(50, 50));
    near(figure.code, [0, 1, -1]);
    plot.onpointermove(at(100, 0));
    // Across is what says most; up what says most after that.
    near(figure.code, [0, 1 + 2.5 * 0.5, -1 + 2.5 * 2]);
    plot.onpointermove(at(-40, 300));
    near(figure.code, [0, 1 - 2.5 * 0.5, -1 - 2.5 * 2]);
    plot.onpointermove({ ...at(50, 50), pointerType: "touch" });
    near(figure.code, [0, 1 - 2.5 * 0.5, -1 - 2.5 * 2]);
    frames();
  });

  test("the map reaches as far as the codes that lie on it", () => {
    const { figure, plot } = opened(codes);
    plot.onpointerdown(at(100, 50));
    near(figure.code, [0, 1 + 1.05 * 4, -1]);
    frames();
  });

  test("arrow keys move by a tenth of a deviation, other keys are the page's", () => {
    const { figure, plot } = opened();
    const [right, up, other] = ["ArrowRight", "ArrowUp", "a"].map(key);
    plot.onkeydown(right);
    near(figure.code, [0, 1.05, -1]);
    plot.onkeydown(up);
    near(figure.code, [0, 1.05, -0.8]);
    plot.onkeydown(key("ArrowLeft"));
    plot.onkeydown(key("ArrowDown"));
    near(figure.code, [0, 1, -1]);
    plot.onkeydown(other);
    near(figure.code, [0, 1, -1]);
    assert.deepEqual([right, up, other].map(({ prevented }) => prevented), [true, true, false]);
    frames();
  });

  test("a click is told of", () => {
    const { figure, plot, said } = opened();
    plot.onclick();
    assert.deepEqual(said, [["select", { code: figure.code }]]);
  });

  test("what plays goes once around the middle, 1.3 deviations away", (t) => {
    let clock = 0;
    t.mock.method(performance, "now", () => clock);
    const { figure } = opened();
    figure.play();
    for (const [ms, [x, y]] of [[0, [1, 0]], [2000, [0, 1]], [4000, [-1, 0]], [6000, [0, -1]], [8000, [1, 0]]]) {
      clock = ms;
      frames(1);
      near(figure.code, [0, 1 + 1.3 * 0.5 * x, -1 + 1.3 * 2 * y]);
    }
    figure.pause();
    frames();
  });

  test("the legend has each label of the codes once, in its colour", () => {
    const entries = opened(codes).root.one("legend").children;
    assert.deepEqual(entries.map((entry) => entry.textContent), ["zero", "one", "3"]);
    assert.deepEqual(entries.map((entry) => entry.children[0].style.background), [LABELS[0], LABELS[1], LABELS[3]]);
  });

  test("every code is a dot, and the cursor is drawn", () => {
    const { plot } = opened(codes);
    const arcs = plot.calls.filter(([name]) => name === "arc");
    assert.deepEqual([arcs.filter(([, , , radius]) => radius === 2).length, arcs.filter(([, , , radius]) => radius === 6).length], [6, 1]);
  });
});

describe("neighbours", () => {
  /** Grey levels 128, 160, 224 and 64 all over: 0, 1, 3 and −2 in the code. */
  const images = [128, 160, 224, 64].flatMap((grey) => Array(4).fill(grey));
  const opened = () => open({ kind: "embedding", latent: 2, classes: ["a", "b", "c", "d"] }, { images, labels: [0, 1, 2, 3] });
  const named = (root) => root.one("nearest").all("canvas").map((one) => one.getAttribute("aria-label"));

  test("an image has those whose codes lie nearest beside it, and never itself", () => {
    const { figure, root, said } = opened();
    assert.deepEqual(named(root), ["Image: b", "Image: d", "Image: c"]);
    root.all("button")[2].onclick();
    frames();
    assert.deepEqual(named(root), ["Image: b", "Image: a", "Image: d"]);
    assert.equal(figure.shown, 2);
    assert.deepEqual(said.filter(([type]) => type === "select").map(([, detail]) => detail)[0], { example: 2 });
  });

  test("nothing is decoded", (t) => {
    const { figure } = opened();
    t.mock.method(figure, "decode", () => assert.fail("there is no decoder"));
    figure.repaint();
    frames();
  });
});

describe("tokens", () => {
  const opened = () => {
    const it = open({ kind: "tokens", image: [1, 4, 4], grid: [2, 2, 5] }, { images: [0, 1, 2, 3, ...Array(12).fill(0), ...Array(16).fill(4)] });
    return { ...it, grid: it.root.one("grid"), palette: it.root.one("palette").all("button") };
  };

  test("the pointer paints the chosen token where it points", () => {
    const { figure, grid, palette, said } = opened();
    assert.deepEqual([...figure.code], [0, 1, 2, 3]);
    assert.equal(palette.length, 5);
    palette[4].onclick();
    assert.deepEqual(palette.map((one) => one.getAttribute("aria-pressed")), ["false", "false", "false", "false", "true"]);
    grid.onpointerdown(at(75, 25));
    assert.deepEqual([...figure.code], [0, 4, 2, 3]);
    grid.onpointermove(at(75, 99));
    assert.deepEqual([...figure.code], [0, 4, 2, 4]);
    grid.onpointermove({ ...at(10, 10), buttons: 0 });
    assert.deepEqual([...figure.code], [0, 4, 2, 4], "no button is down");
    grid.onpointermove(at(-30, 130));
    assert.deepEqual([...figure.code], [0, 4, 4, 4], "outside is the place at the edge");
    const chosen = said.filter(([type]) => type === "select").map(([, detail]) => detail);
    assert.deepEqual(chosen[0], { row: 0, column: 1, token: 4 });
    assert.equal(chosen.length, 3);
    frames();
  });

  test("the keyboard paints too, and the cursor stays on the grid", () => {
    const { figure, grid, palette } = opened();
    palette[4].onclick();
    // The cursor begins in the last place of so small a grid.
    for (const name of ["ArrowRight", "ArrowDown", "Enter"]) grid.onkeydown(key(name));
    assert.deepEqual([...figure.code], [0, 1, 2, 4]);
    for (const name of ["ArrowUp", "ArrowUp", " "]) grid.onkeydown(key(name));
    assert.deepEqual([...figure.code], [0, 4, 2, 4]);
    for (const name of ["ArrowLeft", "ArrowLeft"]) grid.onkeydown(key(name));
    assert.equal(grid.getAttribute("aria-label"), "Row 1, column 1: token 0");
    const tab = key("Tab");
    grid.onkeydown(tab);
    assert.equal(tab.prevented, false);
    frames();
  });

  test("of several tokens a place one is painted at a time", () => {
    const { figure, root } = open({ kind: "tokens", image: [1, 4, 4], grid: [2, 2, 5, 2] }, { images: Array(16).fill(0) });
    const [grid, palette] = [root.one("grid"), root.one("palette").all("button")];
    palette[3].onclick();
    grid.onpointerdown(at(75, 25));
    button(root, "2").onclick();
    grid.onpointerdown(at(75, 25));
    grid.onpointerdown(at(25, 75));
    assert.deepEqual([...figure.code], [0, 0, 3, 3, 0, 3, 0, 0]);
    frames();
  });

  test("of many tokens those that the examples use are offered first", () => {
    const { root } = open({ kind: "tokens", image: [1, 4, 4], grid: [2, 2, 1000] }, { images: Array.from({ length: 16 }, (_, i) => 200 + i) });
    const palette = root.one("palette").all("canvas").map((canvas) => canvas.getAttribute("aria-label"));
    assert.equal(palette.length, 256);
    assert.deepEqual(palette.slice(0, 5), ["Token 200", "Token 201", "Token 202", "Token 203", "Token 0"]);
    frames();
  });

  test("each change is undone once, and what changes nothing is none", () => {
    const { figure, grid, palette, root } = opened();
    const undo = button(root, "Undo");
    assert.equal(undo.disabled, true);
    palette[4].onclick();
    for (const place of [at(25, 25), at(25, 25), at(75, 25)]) grid.onpointerdown(place);
    undo.onclick();
    assert.deepEqual([...figure.code], [4, 1, 2, 3]);
    assert.equal(undo.disabled, false);
    undo.onclick();
    assert.deepEqual([...figure.code], [0, 1, 2, 3]);
    assert.equal(undo.disabled, true);
    frames();
  });

  test("another image forgets what was painted", () => {
    const { figure, grid, palette, root } = opened();
    palette[2].onclick();
    grid.onpointerdown(at(25, 25));
    figure.show(1);
    assert.deepEqual([...figure.code], [4, 4, 4, 4]);
    assert.equal(button(root, "Undo").disabled, true);
    grid.onpointerdown(at(25, 25));
    assert.deepEqual([...figure.code], [2, 4, 4, 4]);
    button(root, "Undo").onclick();
    assert.deepEqual([[...figure.code], button(root, "Undo").disabled], [[4, 4, 4, 4], true]);
    grid.onpointerdown(at(25, 25));
    button(root, "Reset").onclick();
    assert.deepEqual([...figure.code], [4, 4, 4, 4]);
    frames();
  });
});

describe("features", () => {
  /** Four places of four features, of which the last never fires; the code is the image's bytes, one after the other. */
  const level = (strength) => 128 + 32 * strength;
  const strengths = [0, 0, 0, 0, /* */ 1, 0, 2, 0, /* */ 0, 0, 0, 0, /* */ 0.5, 0, 1.5, 0];
  const weights = { kind: "features", image: [1, 4, 4], patch: [2, 2], density: [0.1, 0.4, 0.2, 0] };
  const opened = (more = {}) => {
    const it = open({ ...weights, ...more }, { images: strengths.map(level) });
    const labels = (element) => element.all("canvas").map((canvas) => canvas.getAttribute("aria-label"));
    return { ...it, grid: it.root.one("board").all((element) => element.className === "grid")[0], listed: () => labels(it.root.one("feature")), offered: () => labels(it.root.one("palette")) };
  };

  test("what fires in the middle is listed, strongest first; others are offered, often used first", () => {
    const { listed, offered } = opened();
    assert.deepEqual(listed(), ["Feature 2", "Feature 0"]);
    assert.deepEqual(offered(), ["Feature 1"]);
  });

  test("pointing at a patch lists what fires there", () => {
    const { grid, listed, said } = opened();
    grid.onpointerdown(at(75, 25));
    assert.deepEqual(listed(), ["Feature 2", "Feature 0"]);
    assert.deepEqual(said, [["select", { place: 1 }]]);
    grid.onpointerdown(at(25, 25));
    assert.deepEqual(listed(), []);
  });

  test("arrow keys go from patch to patch and not off the image", () => {
    const { grid, said } = opened();
    for (const name of ["ArrowLeft", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowDown", "ArrowRight"]) grid.onkeydown(key(name));
    assert.deepEqual(said.map(([, { place }]) => place), [2, 0, 0, 1, 3, 3]);
    assert.equal(grid.getAttribute("aria-label"), "Patch in row 2, column 2");
  });

  test("a slider turns one feature at the present place", () => {
    const { figure, root } = opened();
    const [input] = root.one("feature").all("input");
    assert.deepEqual([Number(input.value), input.max], [1.5, 3]);
    input.value = "2.5";
    input.oninput();
    frames();
    near(figure.code, strengths.with(14, 2.5));
    assert.equal(root.one("feature").all("output")[0].textContent, "2.5");
  });

  test("a feature that is added is as strong as the strongest, and listed first", () => {
    const { figure, root, listed, said } = opened();
    root.one("palette").all("button")[0].onclick();
    near(figure.code, strengths.with(13, 1.5));
    assert.deepEqual(listed(), ["Feature 1", "Feature 2", "Feature 0"]);
    assert.deepEqual(said[0], ["select", { feature: 1, place: 3 }]);
    button(root, "Reset").onclick();
    near(figure.code, strengths);
    assert.deepEqual(listed(), ["Feature 2", "Feature 0"]);
    frames();
  });

  test("where nobody has counted how often features fire, the examples tell", () => {
    const { listed, offered } = opened({ density: [0, 0, 0, 0] });
    assert.deepEqual([listed(), offered()], [["Feature 2", "Feature 0"], []]);
  });

  test("an image in one piece has no grid", () => {
    assert.equal(opened({ patch: [4, 4], density: Array(16).fill(0.1) }).grid, undefined);
  });
});
