// ESLint looks at one file at a time; what a module exports and nobody takes is found here.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../assets/embed/", import.meta.url));
const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js"));
const scripts = new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));

/** What pages take of `embed.js`, and the lab's page and whoever writes a language of `language.js`. */
const PUBLIC = new Set(["LatentLab", "speak", "untold"]);

/** Exports of a script that no other one imports by name, and no `words.NAME` means. */
function unused(name, text, others) {
  const all = [...text.matchAll(/^export (?:const|function|class|async function) (\w+)/gm)].map(([, exported]) => exported);
  const base = name.split(/[\\/]/).at(-1);
  const taken = new Set(others.flatMap((other) => {
    const imports = [...other.matchAll(/^import (?:\w+, )?\{([^}]*)\} from "([^"]+)"/gm)].filter(([, , from]) => from.endsWith(`/${base}`));
    // Fetched when they are needed.
    const later = [...other.matchAll(/\{([^}]*)\} = await import\("([^"]+)"\)/g)].filter(([, , from]) => from.endsWith(`/${base}`));
    const one = [...other.matchAll(/await import\("([^"]+)"\)\)\.(\w+)/g)].filter(([, from]) => from.endsWith(`/${base}`));
    const stars = [...other.matchAll(/^import \* as (\w+) from "([^"]+)"/gm)].filter(([, , from]) => from.endsWith(`/${base}`));
    const members = stars.flatMap(([, star]) => [...other.matchAll(new RegExp(`\\b${star}\\.(\\w+)`, "g"))]);
    return [...one.map(([, , name]) => name), ...[...imports, ...later].flatMap(([, list]) => list.split(",").map((part) => part.trim())), ...members.map(([, member]) => member)];
  }));
  return all.filter((exported) => !taken.has(exported) && !PUBLIC.has(exported));
}

test("every export is taken by another script", () => {
  let seen = 0;
  for (const [name, text] of scripts) {
    seen += (text.match(/^export /gm) ?? []).length;
    const others = [...scripts].filter(([other]) => other !== name).map(([, other]) => other);
    assert.deepEqual(unused(name, text, others), [], name);
  }
  assert.ok(seen > 50, `${seen} exports were seen`);
});

test("one that nobody takes is found", () => {
  const others = [...scripts].filter(([name]) => name !== "words.js").map(([, text]) => text);
  assert.deepEqual(unused("words.js", `${scripts.get("words.js")}\nexport const LOADING = "Loading";\n`, others), ["LOADING"]);
});
