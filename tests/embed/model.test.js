import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { load } from "../../assets/embed/model.js";
import * as older from "./stand-in/older.js";
import { bytesOf, starts } from "./stand-in/player.js";
import { asked, files } from "./stand-in/server.js";

const EXAMPLES = bytesOf({ images: [1, 2, 3, 4], labels: [7] });
const HOST = "https://lab.example/assets/presets/";

beforeEach(() => {
  files.clear();
  asked.length = 0;
});

test("a model that ships comes with its examples, once for all figures, and the player once for all models", async () => {
  files.set(`${HOST}a.safetensors`, bytesOf({})).set(`${HOST}a.examples.safetensors`, EXAMPLES).set(`${HOST}b.safetensors`, bytesOf({ examples: { images: [] } })).set(`${HOST}b.examples.safetensors`, EXAMPLES);
  const [first, second] = [load(new URL(`${HOST}a.safetensors`), true), load(new URL(`${HOST}a.safetensors`), true)];
  assert.equal(first, second);
  assert.deepEqual([...(await first).shelf.labels], [7]);
  assert.deepEqual(asked, [`${HOST}a.safetensors`, `${HOST}a.examples.safetensors`]);
  await load(new URL(`${HOST}b.safetensors`), true);
  assert.equal(starts.count, 1);
});

test("a download that failed may be tried again", async () => {
  const url = new URL(`${HOST}later.safetensors`);
  await assert.rejects(load(url, false), { message: "/assets/presets/later.safetensors: the server answers 404" });
  files.set(url.href, bytesOf({ examples: { images: [5, 5, 5, 5] } }));
  assert.deepEqual([...(await load(url, false)).shelf.images], [5, 5, 5, 5]);
});

test("damaged weights say so, and are not kept", async () => {
  const url = new URL(`${HOST}damaged.safetensors`);
  files.set(url.href, bytesOf({ damaged: "the file ends too soon" }));
  await assert.rejects(load(url, false), { message: "the file ends too soon" });
  files.set(url.href, bytesOf({}));
  await load(url, false);
});

test("a file of before is given its network, by a program that others do not fetch", async () => {
  const [now, before] = ["now", "before"].map((name) => new URL(`https://blog.example/${name}.safetensors`));
  files.set(now.href, bytesOf({ examples: { images: [1, 1, 1, 1] } })).set(before.href, bytesOf({ older: true, examples: { images: [2, 2, 2, 2] } }));
  await load(now, false);
  assert.equal(older.starts.count, 0);
  assert.deepEqual([...(await load(before, false)).shelf.images], [2, 2, 2, 2]);
  assert.equal(older.starts.count, 1);
});

test("what a visitor saves has its examples in it, and none are asked for", async () => {
  const url = new URL("https://blog.example/mine.safetensors");
  files.set(url.href, bytesOf({ examples: { images: [9, 9, 9, 9], labels: [3] } }));
  assert.deepEqual([...(await load(url, false)).shelf.labels], [3]);
  assert.deepEqual(asked, [url.href]);
});

test("weights without examples look beside themselves, whatever follows the name", async () => {
  const url = new URL("https://blog.example/plain.safetensors?v=2");
  files.set(url.href, bytesOf({})).set("https://blog.example/plain.examples.safetensors?v=2", EXAMPLES);
  assert.deepEqual([...(await load(url, false)).shelf.images], [1, 2, 3, 4]);
});

test("weights without any examples draw some", async () => {
  for (const address of ["https://blog.example/alone.safetensors", "blob:https://blog.example/5f1c"]) {
    const url = new URL(address);
    files.set(url.href, bytesOf({}));
    assert.deepEqual([...(await load(url, false)).shelf.images], [128, 128, 128, 128], address);
  }
  // An address that does not end like one of weights has nothing beside it.
  assert.deepEqual(asked.slice(2), ["blob:https://blog.example/5f1c"]);
});
