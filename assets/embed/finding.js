// @ts-check
// A finding: what a paper claims, and what came out when it was run.

import { SITE } from "./model.js";
import { make } from "./parts.js";
import * as words from "./words.js";

/** @import { Found } from "./types.d.ts" */

/** @type {(id: string) => URL} */
const address = (id) => new URL(`findings/${encodeURIComponent(id)}.json`, SITE);

/** Fetches a finding and draws it. @param {string} id */
export async function finding(id) {
  const answer = await fetch(address(id));
  if (answer.status === 404) throw new Error(words.noFinding(id));
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  /** @type {Found} */
  const found = await answer.json();
  const { finding, record, judged } = found;
  const held = judged.every((j) => j.holds);
  const verdict = make("p", { className: held ? "verdict held" : "verdict" }, held ? words.HELD : words.NOT_HELD, finding.why_not ? make("span", { lang: "en" }, `. ${finding.why_not}`) : "");
  const sides = judged.map((j) => make("li", {}, make("b", {}, j.holds ? words.EXPECTED : words.NOT_SO), ": ", make("span", { lang: "en" }, `${j.text} `), make("span", { className: "note" }, j.sides)));
  return make(
    "div",
    { className: "panel finding" },
    make("p", { className: "claim", lang: "en" }, finding.claim),
    make("p", { className: "note", lang: "en" }, finding.papers.join(" · ")),
    ...finding.figures.map((figure) => chart(found, figure)),
    verdict,
    make("ul", {}, ...sides),
    make("p", { className: "note" }, `${words.protocol(finding.steps, finding.seeds)} `, make("span", { lang: "en" }, finding.reduced), ` ${words.took(record.seconds, record.adapter)}`),
  );
}

/** Bars from zero, one for each run. @param {Found} found @param {Found["finding"]["figures"][number]} figure */
function chart({ finding, record }, { measure, label }) {
  const values = finding.runs.flatMap((run) => {
    const taken = record.taken.find((t) => t.run === run.name && t.measure === measure)?.values ?? [];
    return taken.length ? [{ label: run.label, value: taken.reduce((a, b) => a + b, 0) / taken.length }] : [];
  });
  const most = Math.max(Number.MIN_VALUE, ...values.map(({ value }) => Math.abs(value)));
  const bar = (/** @type {number} */ value) => {
    const inside = make("b");
    inside.style.width = `${(100 * Math.abs(value)) / most}%`;
    return make("i", { "aria-hidden": "true" }, inside);
  };
  const rows = values.map(({ label, value }) => make("li", {}, make("span", { lang: "en" }, label), bar(value), make("span", {}, short(value))));
  return make("div", { className: "bars" }, make("p", { className: "note", lang: "en" }, label), make("ul", {}, ...rows));
}

/** Four digits, as the page has them. @type {(value: number) => string} */
const short = (value) => {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e6)) return String(Number(value.toPrecision(4)));
  return value.toExponential(2).replace("e+", "e");
};
