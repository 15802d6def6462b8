import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";

import { LatentLab } from "../../assets/embed/element.js";
import { SITE } from "../../assets/embed/model.js";
import { frameElements, frames, message, settled, watchers } from "./stand-in/dom.js";
import { bytesOf } from "./stand-in/player.js";
import { asked, files } from "./stand-in/server.js";

const EVENTS = ["ready", "select", "step", "failed"];

/** An element with these attributes on a page, and what it told. */
function place(attributes) {
  const lab = document.createElement("latent-lab");
  const heard = [];
  for (const type of EVENTS) lab.addEventListener(type, (event) => heard.push(event));
  for (const [name, value] of Object.entries(attributes)) lab.setAttribute(name, value);
  document.body.append(lab);
  lab.connectedCallback();
  return { lab, heard, seen: () => watchers.get(lab)(), inside: lab.shadowRoot };
}

/** Takes an element out of the page, and puts it back. */
function takeOut(lab) {
  lab.isConnected = false;
  lab.disconnectedCallback();
}
function putBack(lab) {
  lab.isConnected = true;
  lab.connectedCallback();
}
function move(lab) {
  takeOut(lab);
  putBack(lab);
}

const weights = (more = {}) => bytesOf({ examples: { images: [128, 160, 96, 128, 160, 160, 160, 128], labels: [0, 1] }, ...more });
let count = 0;
/** Puts weights at an address that no test has used. */
function served(more) {
  count += 1;
  files.set(`https://blog.example/post/${count}.safetensors`, weights(more));
  return `${count}.safetensors`;
}

beforeEach(() => (asked.length = 0));

test("attributes that are declared are those that it looks at", () => {
  const types = readFileSync(new URL("../../assets/embed/index.d.ts", import.meta.url), "utf8");
  const body = types.match(/interface LatentLabAttributes \{([\s\S]*?)\n\}/)[1];
  assert.deepEqual([...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name), LatentLab.observedAttributes);
});

test("some attributes are properties as well", () => {
  const { lab } = place({ panel: "map" });
  assert.deepEqual([lab.preset, lab.src, lab.finding, lab.lesson, lab.panel, lab.theme], ["", "", "", "", "map", ""]);
  for (const name of ["preset", "src", "finding", "lesson", "panel", "theme"]) {
    lab[name] = name;
    assert.equal(lab.getAttribute(name), name);
  }
});

const FOUND = {
  finding: {
    id: "more-is-less",
    claim: "More of it leaves less.",
    papers: ["On More"],
    runs: [{ name: "one", label: "1 of it" }, { name: "two", label: "2 of it" }],
    figures: [{ measure: "mse", label: "squared error" }],
    steps: 3000,
    seeds: 2,
    reduced: "Smaller than in the paper.",
    why_not: "",
  },
  record: {
    seconds: 12.4,
    adapter: "processor",
    taken: [{ run: "one", measure: "mse", values: [0.5, 0.25] }, { run: "two", measure: "mse", values: [0.00012345] }],
  },
  judged: [{ text: "mse(two) < mse(one)", sides: "(0.0001234 and 0.375)", holds: true }],
};

test("a finding is its claim, bars of what came out, and a verdict", async () => {
  files.set(`${SITE}findings/more-is-less.json`, bytesOf(FOUND));
  const { lab, heard, seen, inside } = place({ finding: "more-is-less" });
  seen();
  assert.equal(await lab.ready, lab);
  const { textContent } = inside.one("finding");
  for (const words of ["More of it leaves less.", "On More", "Held when it was run", "1 of it0.375", "2 of it1.23e-4", "3,000 steps, 2 seeds.", "12 s on the processor", "As expected: mse(two) < mse(one) (0.0001234 and 0.375)"]) {
    assert.ok(textContent.includes(words), `${words} in ${textContent}`);
  }
  assert.deepEqual(inside.one("bars").all("b").map((bar) => Math.round(parseFloat(bar.style.width))), [100, 0]);
  assert.equal(inside.all("a")[0].href, `${SITE}?finding=more-is-less`);
  assert.deepEqual([heard, lab.kind], [[], undefined], "there is no model");
});

test("a lesson is the page that it runs over", async () => {
  const { lab, seen, inside } = place({ lesson: "a-map-of-digits" });
  seen();
  assert.equal(await lab.ready, lab);
  assert.equal(inside.all("iframe")[0].src, `${SITE}?lesson=a-map-of-digits`);
  assert.equal(inside.all("a")[0].href, `${SITE}?lesson=a-map-of-digits`);
});

test("a finding that did not hold says why, and one that is not there is said", async () => {
  const finding = { ...FOUND.finding, id: "not", why_not: "The set is too small." };
  files.set(`${SITE}findings/not.json`, bytesOf({ ...FOUND, finding, judged: [{ ...FOUND.judged[0], holds: false }] }));
  const held = place({ finding: "not" });
  held.seen();
  await held.lab.ready;
  assert.ok(held.inside.one("verdict").textContent.includes("Did not hold when it was run. The set is too small."));
  const { lab, seen, inside } = place({ finding: "nowhere" });
  seen();
  await assert.rejects(lab.ready, /no finding is called nowhere/);
  assert.ok(inside.one("error").textContent.includes("no finding is called nowhere"));
});

test("nothing is downloaded before it is seen, and it says so when it answers", async () => {
  const { lab, heard, seen } = place({ src: served() });
  assert.deepEqual([asked, lab.kind, lab.code, lab.decode([0, 0])], [[], undefined, undefined, undefined]);
  seen();
  assert.equal(await lab.ready, lab);
  assert.deepEqual(heard.map(({ type, detail }) => [type, detail]), [["ready", { kind: "vector", latent: 2, image: [1, 2, 2] }]]);
  assert.ok(heard[0].bubbles && heard[0].composed);
  assert.equal(lab.kind, "vector");
});

test("codes go in and out, but none of another length", async () => {
  const { lab, heard, seen } = place({ src: served(), start: "1" });
  seen();
  await lab.ready;
  assert.deepEqual([...lab.code], [1, 1]);
  lab.code = [2, 0];
  lab.code = [1, 2, 3];
  assert.deepEqual([...lab.code], [2, 0]);
  frames();
  assert.deepEqual(heard.map(({ type }) => type), ["ready", "step"]);
  lab.show(0);
  assert.deepEqual([...lab.code], [0, 1]);
  assert.deepEqual([...lab.decode([2, 0])], [192, 128, 192, 128]);
  assert.deepEqual([...lab.encode([192, 128, 0, 0])], [2, 0]);
  frames();
});

test("it has the sliders that are asked for", async () => {
  const { lab, seen, inside } = place({ src: served({ latent: 9 }), latents: "3" });
  seen();
  await lab.ready;
  assert.equal(inside.all("input").length, 3);
  lab.setAttribute("latents", "many");
  await lab.ready;
  assert.equal(inside.all("input").length, 6);
});

test("what cannot be shown is said in its place, above what the page put there", async () => {
  const { lab, heard, seen, inside } = place({ src: served(), panel: "tokens" });
  seen();
  await assert.rejects(lab.ready, /panel="tokens" does not go/);
  assert.match(inside.one("error").textContent, /^This figure could not be loaded: panel="tokens"/);
  assert.equal(inside.one("error").getAttribute("role"), "alert");
  assert.equal(inside.all("slot").length, 1);
  assert.deepEqual(heard.map(({ type }) => type), ["failed"]);
  lab.panel = "path, map";
  await lab.ready;
  assert.equal(inside.all((element) => element.className === "error").length, 0);
  assert.deepEqual(inside.all("section").map((section) => section.className), ["panel path", "panel map"]);
});

test("it asks for a model where none is named", async () => {
  const { lab, heard, seen } = place({});
  seen();
  await assert.rejects(lab.ready);
  assert.deepEqual(heard[0].detail, { message: "the element needs an attribute preset, src, finding or lesson" });
});

test("a model of the site has its still picture, and a link to train it; a visitor's own images have none", async () => {
  const at = new URL("assets/presets/shipped.safetensors", SITE).href;
  files.set(at, bytesOf({ setup: "data=mnist&latent=2" })).set(at.replace(".safe", ".examples.safe"), bytesOf({ images: [1, 2, 3, 4] }));
  const shipped = place({ preset: "shipped" });
  assert.equal(shipped.inside.all("img")[0].src, at.replace(".safetensors", ".png"));
  shipped.seen();
  await shipped.lab.ready;
  assert.equal(shipped.inside.all("a")[0].href, `${SITE}?data=mnist&latent=2&preset=shipped`);
  const own = place({ src: served({ setup: "method=vae&data=own:abc" }) });
  assert.equal(own.inside.all("img").length, 0);
  own.seen();
  await own.lab.ready;
  assert.equal(own.inside.all("a").length, 0);
});

test("of two models that follow each other the last is shown", async () => {
  const { lab, heard, seen } = place({ src: served({ latent: 2 }) });
  seen();
  lab.src = served({ latent: 4 });
  await lab.ready;
  assert.deepEqual(heard.map(({ type, detail }) => [type, detail.latent]), [["ready", 4]]);
});

test("a figure that is moved within the page goes on, once", async () => {
  const { lab, heard, seen, inside } = place({ src: served(), latents: "2" });
  seen();
  await lab.ready;
  lab.code = [2, 0];
  const sliders = inside.all("input");
  move(lab);
  // A browser says again that it is seen.
  seen();
  await settled();
  assert.deepEqual(inside.all("input"), sliders);
  assert.deepEqual([...lab.code], [2, 0]);
  assert.deepEqual(heard.map(({ type }) => type), ["ready"]);
  assert.equal(inside.all((element) => element.className === "still").length, 1);
  lab.play();
  frames(1);
  move(lab);
  assert.notEqual(frames(3), 0, "it still moves by itself");
  lab.pause();
  frames();
});

test("one that is moved, or seen twice, while its model comes is there once", async () => {
  for (const trouble of [(lab) => move(lab), (_, seen) => seen(), (lab, seen) => (move(lab), seen())]) {
    const { lab, heard, seen, inside } = place({ src: served(), latents: "2" });
    seen();
    trouble(lab, seen);
    await lab.ready;
    await settled();
    assert.equal(inside.all("section").length, 1);
    assert.deepEqual(heard.map(({ type }) => type), ["ready"]);
  }
});

test("one that is out of the page when its model comes begins when it is back", async () => {
  const { lab, heard, seen, inside } = place({ src: served() });
  const { ready } = lab;
  seen();
  takeOut(lab);
  await settled();
  assert.deepEqual([heard, inside.all("section")], [[], []]);
  putBack(lab);
  assert.equal(await ready, lab);
  assert.equal(inside.all("section").length, 1);
});

test("one that is changed while it is out of the page, or failed, begins anew when it is back", async () => {
  const { lab, heard, seen, inside } = place({ src: served({ latent: 2 }) });
  seen();
  await lab.ready;
  takeOut(lab);
  lab.src = served({ latent: 4 });
  putBack(lab);
  await lab.ready;
  assert.deepEqual([lab.code.length, inside.all("section").length], [4, 1]);
  lab.panel = "tokens";
  await assert.rejects(lab.ready);
  takeOut(lab);
  lab.panel = "";
  putBack(lab);
  await lab.ready;
  assert.deepEqual(heard.map(({ type }) => type), ["ready", "ready", "failed", "ready"]);
  assert.deepEqual([inside.all("section").length, inside.all((element) => element.className === "error").length], [1, 0]);
});

test("it follows its theme, else the page", async () => {
  const { lab, seen } = place({ src: served(), theme: "dark" });
  assert.equal(lab.dataset.scheme, "dark");
  seen();
  await lab.ready;
  lab.theme = "auto";
  assert.equal(lab.dataset.scheme, "light");
  lab.theme = "sepia";
  assert.equal(lab.dataset.scheme, "light");
});

test("a frame is as high as the figure in it says, and nobody else's frame", () => {
  const [ours, other] = [{ contentWindow: {}, style: {} }, { contentWindow: {}, style: {} }];
  frameElements.push(other, ours);
  message({ latentLab: { height: 412.3 } }, ours.contentWindow);
  message({ latentLab: { height: "100vh" } }, other.contentWindow);
  message({ latentLab: { height: Infinity } }, other.contentWindow);
  message(null, other.contentWindow);
  message({ latentLab: { height: 9000 } }, {});
  assert.deepEqual([ours.style, other.style], [{ height: "413px" }, {}]);
});
