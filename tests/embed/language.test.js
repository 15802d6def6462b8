// A catalogue that is put over texts: which it knows, and how it writes numbers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Words } from "../../assets/embed/language.js";

const words = new Words("de", {
  Train: "Trainieren",
  Done: { in: { ".lesson": "Erledigt" }, else: "Fertig" },
  "{n} images": { one: "{n} Bild", other: "{n} Bilder" },
  "{a} of {b} images": { by: "b", one: "{a} von {b} Bild", other: "{a} von {b} Bildern" },
  "Latent {i}: {v} nats": "Latente {i}: {v} Nats",
  "level {n} of 8": "Stufe {n} von 8",
  "level {n} of 16": "Stufe {n} von sechzehn",
  "The model “{Label}” could not be opened: {Why}": "Das Modell „{Label}“ ließ sich nicht öffnen: {Why}",
  "Saved as {name}.": "Gespeichert als {name}.",
  Digits: "Ziffern",
  VAE: "VAE",
  "it is empty": "es ist leer",
  "A digit. Another.": "Eine Ziffer. Noch eine.",
  " and watch": ", und sieh zu",
});

test("sentences and templates are known, and what is around them stays", () => {
  assert.equal(words.say("Train"), "Trainieren");
  assert.equal(words.say("  Train "), "  Trainieren ");
  assert.equal(words.say("Something else"), null);
  assert.equal(words.say("Latent 3: 1.234 nats"), "Latente 3: 1,234 Nats");
  assert.equal(words.say("The model “Digits” could not be opened: it is empty"), "Das Modell „Ziffern“ ließ sich nicht öffnen: es ist leer");
  assert.equal(words.say("Saved as Digits."), "Gespeichert als Digits.", "a small name stays as it is");
  assert.equal(words.say(" and watch"), ", und sieh zu", "a piece of a sentence has its own spaces");
  assert.equal(words.say("Saved as $& $1."), "Gespeichert als $& $1.");
});

test("numbers are written as the language writes them, with as many digits", () => {
  const pairs = { "0.50": "0,50", "−1.25": "−1,25", "12\u202f345": "12.345", "1,234,567": "1.234.567", 12345: "12345", "1.2e-5": "1,2e-5", "−.5": "−,5", "28 × 28": "28 × 28", "3.5 %": "3,5 %" };
  for (const [english, german] of Object.entries(pairs)) assert.equal(words.say(english), german);
  assert.equal(words.say("beta=0.5 v1.2"), null, "numbers among unknown words stay");
});

test("plurals are those of the language", () => {
  assert.deepEqual(["0 images", "1 images", "2 images"].map((text) => words.say(text)), ["0 Bilder", "1 Bild", "2 Bilder"]);
  assert.equal(words.say("3 of 1 images"), "3 von 1 Bild");
});

test("numbers that a text has of its own tell it from others", () => {
  assert.deepEqual(["level 2 of 8", "level 2 of 16", "level 2 of 4"].map((text) => words.say(text)), ["Stufe 2 von 8", "Stufe 2 von sechzehn", null]);
});

test("a word means what it means where it stands", () => {
  const at = (selector) => ({ closest: (asked) => asked === selector });
  assert.equal(words.say("Done", at(".lesson")), "Erledigt");
  assert.equal(words.say("Done", at(".dialog")), "Fertig");
});

test("what is put together is taken apart", () => {
  assert.equal(words.say("Train · 2.5 · Digits"), "Trainieren · 2,5 · Ziffern");
  assert.equal(words.say("VAE, Digits"), "VAE, Ziffern");
  assert.equal(words.say("VAE 1.5, Digits 2"), "VAE 1,5, Ziffern 2");
  assert.equal(words.say("A digit. Another. Saved as a.b. Train"), "Eine Ziffer. Noch eine. Gespeichert als a.b. Trainieren");
  assert.ok(words.knows("VAE, Digits") && !words.knows("VAE, Dogs") && words.knows("z₁ = 3") && !words.knows("Train · my run"));
});

test("every language that ships can be read", () => {
  const german = JSON.parse(readFileSync(new URL("../../assets/languages/de/figures.json", import.meta.url), "utf8"));
  assert.equal(new Words("de", german).say("Latent 2 at its low end"), "Latente 2 am unteren Ende");
});
