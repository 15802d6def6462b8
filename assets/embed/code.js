// @ts-check
// The page that writes the code of a figure for somebody's own page, with the figure itself below it.
//
// ?preset= chooses the model to begin with, ?theme= the page's own colours, ?lang= the language; in the lab's dialog it is that of the lab. ?own= begins with a model that the visitor has trained, and
// names the panels that go with it.

import "./element.js";
import { SITE } from "./model.js";
import { make } from "./parts.js";
import * as words from "./words.js";

/** @import { PanelName, Preset } from "./types.d.ts" */
/** @typedef {{ preset: Preset, panel: string, theme: string }} Shown */
/** @typedef {Record<string, string>} Options */

const THEMES = { auto: words.THEME_AUTO, light: words.THEME_LIGHT, dark: words.THEME_DARK };
const FORMS = { element: words.FORM_ELEMENT, frame: words.FORM_FRAME };
const SANDBOX = "allow-scripts allow-popups allow-top-navigation-by-user-activation";

/** What the list of models calls the visitor's own. */
const OWN = "own:";

const escaped = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** The language of the page, and of the figures that it writes; nothing where it is English. */
function language() {
  // In a frame of another site there is nothing to see.
  const around = globalThis.frameElement?.ownerDocument.documentElement.lang;
  const tag = new URLSearchParams(location.search).get("lang") ?? around ?? "";
  return tag === "en" ? "" : tag;
}

/** @param {Omit<Shown, "preset"> & { preset: Preset | undefined, form: string }} chosen */
function code({ preset, panel, theme, form }) {
  const lang = language() && ` lang="${escaped(language())}"`;
  const script = `<script type="module" src="${SITE}embed.js"></script>`;
  if (!preset) return `${script}\n<latent-lab src="${words.OWN_FILE}" panel="${panel}" theme="${theme}"${lang}></latent-lab>`;
  const about = escaped(preset.label);
  if (form === "frame") {
    const address = escaped(addressOf({ preset, panel, theme }));
    return `<iframe src="${address}" title="${about}" loading="lazy" width="100%" height="460"\n  sandbox="${SANDBOX}"></iframe>`;
  }
  return [
    script,
    `<latent-lab preset="${preset.id}" panel="${panel}" theme="${theme}"${lang}>`,
    `  <img src="${SITE}assets/presets/${preset.id}.png" alt="${about}">`,
    "</latent-lab>",
  ].join("\n");
}

/** @type {(shown: Shown) => string} */
const addressOf = ({ preset, panel, theme }) => `${SITE}embed.html?preset=${preset.id}&panel=${panel}${theme === "auto" ? "" : `&theme=${theme}`}${language() && `&lang=${language()}`}`;

/** @type {(name: string, label: string, options: Options, changed: () => void) => { choice: HTMLSelectElement, root: HTMLElement }} */
const select = (name, label, options, changed) => {
  const choice = make("select", { name, onchange: changed });
  fill(choice, options);
  return { choice, root: make("label", {}, label, choice) };
};

/** @type {(choice: HTMLSelectElement, options: Options) => void} */
const fill = (choice, options) => choice.replaceChildren(...Object.entries(options).map(([value, text]) => make("option", { value }, text)));

async function begin() {
  const wanted = new URLSearchParams(location.search);
  const dark = wanted.get("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.theme = dark === "dark" ? "dark" : "light";
  /** @type {Preset[]} */
  const presets = await (await fetch(new URL("./presets.json", import.meta.url))).json();
  const find = (/** @type {string | null} */ id) => presets.find((preset) => preset.id === id);
  const own = /** @type {PanelName[]} */ (wanted.get("own")?.split(" ") ?? Object.keys(words.PANELS));

  const options = Object.fromEntries([...presets.map(({ id, label }) => [id, label]), [OWN, words.OWN]]);
  const models = select("preset", words.MODEL, options, () => renew(true));
  const panels = select("panel", words.PANEL, {}, () => renew());
  const themes = select("theme", words.THEME, THEMES, () => renew());
  const forms = select("form", words.FORM, FORMS, () => renew());
  const help = make("p");
  const text = make("textarea", { readOnly: true, rows: 5, spellcheck: false, "aria-label": words.CODE });
  const copy = make("button", { type: "button" }, words.COPY);
  const see = make("a", { target: "_blank" }, words.SEE);
  const figure = document.createElement("latent-lab");
  if (language()) figure.lang = language();
  copy.onclick = async () => {
    const done = await navigator.clipboard.writeText(text.value).then(() => true, () => false);
    copy.textContent = done ? words.COPIED : words.COPY_FAILED;
    setTimeout(() => (copy.textContent = words.COPY), 2000);
  };
  const renew = (another = false) => {
    const preset = find(models.choice.value);
    if (another) fill(panels.choice, Object.fromEntries((preset?.panels ?? own).map((id) => [id, words.PANELS[id]])));
    const chosen = { preset, panel: panels.choice.value, theme: themes.choice.value, form: forms.choice.value };
    text.value = code(chosen);
    // Nobody has put the visitor's own file anywhere yet, and a frame could not read it from another site.
    for (const part of [forms.root, see, figure]) part.hidden = !preset;
    if (!preset) return (help.textContent = words.OWN_HELP);
    help.textContent = chosen.form === "frame" ? words.FRAME_HELP : words.ELEMENT_HELP;
    see.href = addressOf({ ...chosen, preset });
    [figure.preset, figure.panel, figure.theme] = [preset.id, chosen.panel, chosen.theme];
  };
  models.choice.value = wanted.has("own") ? OWN : (find(wanted.get("preset")) ?? presets[0]).id;
  renew(true);
  document.body.replaceChildren(
    make("p", {}, words.EMBED_HELP),
    make("form", {}, models.root, panels.root, themes.root, forms.root),
    help,
    text,
    make("div", { className: "line" }, copy, see),
    figure,
  );
  if (!language()) return;
  const { Over, Words } = await import("./language.js");
  const spoken = await Words.of(language());
  document.documentElement.lang = language();
  new Over(document.body, spoken);
}

begin();
