// The same colours are written for the page, for the figures, for their code's page and for the pictures of models that ship.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { LABELS, THEMES } from "../../assets/embed/paint.js";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const long = (colour) => (colour.length === 4 ? colour.replace(/[0-9a-f]/g, "$&$&") : colour);
const hex = (rgb) => `#${rgb.map((n) => n.toString(16).padStart(2, "0")).join("")}`;

/** The variables of the first rule of a style sheet that begins with `selector`, by name. */
function variables(css, selector) {
  const at = css.indexOf(`${selector} {`);
  assert.notEqual(at, -1, selector);
  const rule = css.slice(at, css.indexOf("}", at));
  return Object.fromEntries([...rule.matchAll(/--([\w-]+): (#[0-9a-f]+);/g)].map(([, name, colour]) => [name, long(colour)]));
}

const page = read("assets/page.css");
const themes = {
  light: variables(page, ':root, [data-theme="light"]'),
  dark: variables(page, '[data-theme="dark"]'),
};
const SHARED = ["paper", "raised", "ink", "soft", "rule", "accent", "on-accent"];

test("the page has every colour that others take from it, and other ones in the dark", () => {
  for (const name of [...SHARED, "term-1", "term-2", "digit-paper", "digit-ink"]) {
    assert.match(themes.light[name] ?? "", /^#[0-9a-f]{6}$/, name);
    assert.notEqual(themes.light[name], themes.dark[name], name);
  }
});

for (const [file, selectors] of [
  ["assets/embed/style.js", { light: ":host", dark: ':host([data-scheme="dark"])' }],
  ["assets/embed/code.css", { light: ':root, [data-theme="light"]', dark: '[data-theme="dark"]' }],
]) {
  test(`${file} has the page's colours`, () => {
    for (const scheme of ["light", "dark"]) {
      const { up, down, ...own } = variables(read(file), selectors[scheme]);
      assert.deepEqual(own, Object.fromEntries(SHARED.map((name) => [name, themes[scheme][name]])), scheme);
      if (file.endsWith("style.js")) assert.deepEqual([up, down], [themes[scheme]["term-2"], themes[scheme]["term-1"]], scheme);
    }
  });
}

test("canvases of figures have the page's colours", () => {
  for (const scheme of ["light", "dark"]) {
    const [theme, colours] = [THEMES[scheme], themes[scheme]];
    for (const name of ["ink", "soft", "rule", "accent"]) assert.equal(theme[name], colours[name], name);
    assert.equal(hex(theme.paper), colours["digit-paper"]);
    assert.equal(hex(theme.mark), colours["digit-ink"]);
    assert.equal(hex(theme.up), colours["term-2"]);
    assert.equal(hex(theme.down), colours["term-1"]);
  }
});

test("pictures of models that ship have the page's ink and paper in light", () => {
  const rust = read("src/bin/lab/picture.rs");
  for (const [name, colour] of [["INK", "digit-ink"], ["PAPER", "digit-paper"]]) {
    const numbers = rust.match(new RegExp(`const ${name}: \\[f32; 3\\] = \\[([^\\]]+)\\]`))?.[1];
    assert.equal(hex(numbers?.split(",").map(Number) ?? []), themes.light[colour], name);
  }
});

test("labels have the same ten colours on the page and in figures", () => {
  const rust = read("src/ui/paint.rs").match(/const LABELS: \[&str; 10\] =\s*\[([^\]]+)\]/)?.[1];
  assert.deepEqual(LABELS, rust?.match(/#[0-9a-f]{6}/g));
  assert.equal(new Set(LABELS).size, 10);
});
