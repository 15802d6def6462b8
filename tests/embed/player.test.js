// assets/embed/player.d.ts says of src/bin/player/main.rs what wasm-bindgen makes of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** What JavaScript sees of types in Rust, https://wasm-bindgen.github.io/wasm-bindgen/reference/types.html. */
const TYPES = {
  "&[u8]": "Uint8Array", "&[u32]": "Uint32Array", "&[f32]": "Float32Array",
  "Vec<u8>": "Uint8Array", "Vec<u32>": "Uint32Array", "Vec<f32>": "Float32Array", "Vec<String>": "string[]",
  "usize": "number", "f32": "number", "bool": "boolean", "String": "string", "Shelf": "Shelf", "Option<Shelf>": "Shelf | undefined",
};

function typed(rust) {
  const type = TYPES[rust.replace(/^Result<(.+), JsError>$/, "$1")];
  assert.ok(type, `no translation of ${rust}`);
  return type;
}

const FUNCTION = /((?:[ \t]*#\[[^\n]*\]\n)*)[ \t]*pub fn (\w+)\(([^)]*)\)(?: -> ([^{]+))? \{/g;

/** One line for each public function of some Rust, as a class or a module declares it. */
function translated(rust, prefix) {
  return [...rust.matchAll(FUNCTION)].map(([, attributes, name, parameters, result]) => {
    const called = attributes.match(/js_name = (\w+)/)?.[1] ?? name;
    const own = parameters.split(", ").filter((parameter) => parameter && !/^&(mut )?self$/.test(parameter));
    const list = own.map((parameter) => parameter.split(": ")).map(([name, type]) => `${name}: ${typed(type)}`).join(", ");
    if (/\bconstructor\b/.test(attributes)) return `constructor(${list});`;
    if (/\bgetter\b/.test(attributes)) return `readonly ${called}: ${typed(result)};`;
    return `${prefix}${called}(${list}): ${result ? typed(result) : "void"};`;
  });
}

/** Classes and functions that Rust gives to JavaScript. */
function given(rust) {
  const impls = [...rust.matchAll(/#\[wasm_bindgen\]\nimpl (\w+) \{\n([\s\S]*?)\n\}/g)];
  const classes = Object.fromEntries([...rust.matchAll(/#\[wasm_bindgen\]\npub struct (\w+)/g)].map(([, name]) => [name, []]));
  for (const [, name, body] of impls) classes[name].push(...translated(body, ""));
  // What JavaScript cannot make has no constructor.
  for (const lines of Object.values(classes)) if (!lines.some((line) => line.startsWith("constructor("))) lines.unshift("private constructor();");
  const rest = impls.reduce((rest, [impl]) => rest.replace(impl, ""), rust);
  return { classes, functions: translated(rest, "export function ") };
}

/** The same of the declarations. */
function declared(types) {
  const lines = (text) => text.split("\n").map((line) => line.trim()).filter((line) => line && !/^(\/\/|\/\*\*)/.test(line));
  const classes = [...types.matchAll(/export class (\w+) \{\n([\s\S]*?)\n\}/g)];
  const rest = classes.reduce((rest, [text]) => rest.replace(text, ""), types);
  return {
    classes: Object.fromEntries(classes.map(([, name, body]) => [name, lines(body)])),
    functions: lines(rest).filter((line) => !line.startsWith("export default ")),
  };
}

test("the player's declarations are those of src/bin/player/main.rs", () => {
  const rust = given(read("src/bin/player/main.rs"));
  assert.ok(rust.classes.Model.length > 10 && rust.functions.length > 0, "nothing was read");
  assert.deepEqual(declared(read("assets/embed/player.d.ts")), rust);
});

test("so are those of src/bin/older/main.rs", () => {
  const rust = given(read("src/bin/older/main.rs"));
  assert.ok(rust.functions.length > 0, "nothing was read");
  assert.deepEqual(declared(read("assets/embed/older.d.ts")), rust);
});

test("a function that is added, renamed or changed is missed", () => {
  const rust = read("src/bin/player/main.rs");
  const types = declared(read("assets/embed/player.d.ts"));
  for (const [old, changed] of [
    ["pub fn atom(", "pub fn feature("],
    ["js_name = fromTokens", "js_name = ofTokens"],
    ["pub fn tokens(&self, image: &[u8])", "pub fn tokens(&self, image: &[f32])"],
    ["pub fn kl(&self) -> Vec<f32>", "pub fn kl(&self) -> Vec<u32>"],
    ["impl Shelf {\n", "impl Shelf {\n    pub fn more(&self) -> bool {\n        true\n    }\n"],
    ["pub fn path(", "pub fn arc(a: bool) -> bool {\n    a\n}\n\n#[wasm_bindgen]\npub fn path("],
  ]) {
    assert.ok(rust.includes(old), old);
    assert.notDeepEqual(types, given(rust.replace(old, changed)), changed);
  }
});
