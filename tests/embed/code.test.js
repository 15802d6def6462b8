import assert from "node:assert/strict";
import { test } from "node:test";

import { SITE } from "../../assets/embed/model.js";
import { clipboard, settled } from "./stand-in/dom.js";
import { bytesOf } from "./stand-in/player.js";
import { files } from "./stand-in/server.js";

const PRESETS = [
  { id: "mnist-vae", label: "VAE", panels: ["traversal", "map"] },
  { id: "odd", label: 'β & "friends" <i>', panels: ["tokens"] },
];

let opened = 0;
/** The page with this query: its controls by name, the code, and what a visitor does. */
async function open(query) {
  opened += 1;
  const script = new URL(`../../assets/embed/code.js?${opened}`, import.meta.url);
  files.set(new URL("./presets.json", script).href, bytesOf(PRESETS));
  globalThis.location = { search: query };
  await import(script);
  await settled();
  const { body } = document;
  const select = (name) => body.all((element) => element.tagName === "select" && element.name === name)[0];
  return {
    body,
    text: body.all("textarea")[0],
    figure: body.all("latent-lab")[0],
    see: body.all((element) => element.target === "_blank" && element.href)[0],
    options: (name) => select(name).children.map((option) => option.value),
    choose(name, value) {
      select(name).value = value;
      select(name).onchange();
    },
  };
}

const SCRIPT = `<script type="module" src="${SITE}embed.js"></script>`;

test("it begins with the first model, as an element in the page's theme", async () => {
  const { text, options, figure, see } = await open("");
  assert.equal(text.value, `${SCRIPT}\n<latent-lab preset="mnist-vae" panel="traversal" theme="auto">\n  <img src="${SITE}assets/presets/mnist-vae.png" alt="VAE">\n</latent-lab>`);
  assert.deepEqual([options("preset"), options("panel")], [["mnist-vae", "odd", "own:"], ["traversal", "map"]]);
  assert.deepEqual([figure.preset, figure.panel, figure.theme], ["mnist-vae", "traversal", "auto"]);
  assert.equal(see.href, `${SITE}embed.html?preset=mnist-vae&panel=traversal`);
});

test("what is chosen is in the code, and a frame needs no script", async () => {
  const { text, choose, figure } = await open("?preset=mnist-vae");
  choose("panel", "map");
  choose("theme", "dark");
  choose("form", "frame");
  assert.match(text.value, /^<iframe src="/);
  assert.ok(!text.value.includes("<script"));
  assert.equal(text.value.match(/src="([^"]+)"/)[1], `${SITE}embed.html?preset=mnist-vae&amp;panel=map&amp;theme=dark`);
  assert.match(text.value, /sandbox="allow-scripts [^"]*"/);
  assert.doesNotMatch(text.value, /allow-same-origin/);
  assert.deepEqual([figure.panel, figure.theme], ["map", "dark"]);
});

test("a model's label cannot end the attribute that it stands in", async () => {
  const { text, choose } = await open("?preset=odd");
  const label = "β &amp; &quot;friends&quot; &lt;i>";
  assert.ok(text.value.includes(`alt="${label}"`), text.value);
  choose("form", "frame");
  assert.ok(text.value.includes(`title="${label}"`), text.value);
});

test("another model has its own panels", async () => {
  const { text, options, choose } = await open("?preset=mnist-vae");
  choose("panel", "map");
  choose("preset", "odd");
  assert.deepEqual(options("panel"), ["tokens"]);
  assert.match(text.value, /preset="odd" panel="tokens"/);
});

test("a visitor's own model is a file beside the page, and nothing shows it here", async () => {
  const { text, options, figure, see } = await open("?own=map traversal");
  assert.deepEqual(options("panel"), ["map", "traversal"]);
  assert.equal(text.value, `${SCRIPT}\n<latent-lab src="my-model.safetensors" panel="map" theme="auto"></latent-lab>`);
  assert.deepEqual([figure.hidden, see], [true, undefined]);
});

test("a model that nobody knows is the first", async () => {
  assert.match((await open("?preset=nobody")).text.value, /preset="mnist-vae"/);
});

test("the code is copied, and where it cannot be, that is said", async (t) => {
  const { body, text } = await open("?preset=odd");
  const { mock: later } = t.mock.method(globalThis, "setTimeout", () => {});
  const copy = body.one("line").all("button")[0];
  await copy.onclick();
  assert.deepEqual([clipboard.text, copy.textContent], [text.value, "Copied"]);
  later.calls[0].arguments[0]();
  assert.equal(copy.textContent, "Copy the code");
  t.mock.method(clipboard, "writeText", async () => Promise.reject(new Error("not allowed")));
  await copy.onclick();
  assert.equal(copy.textContent, "Copy it by hand");
});
