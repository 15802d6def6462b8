// The page that writes the code of a figure for somebody's own page, with the figure itself below it.
//
// ?preset= chooses the model to begin with, ?theme= the page's own colours.

import "./element.js";
import { SITE } from "./model.js";
import { make } from "./parts.js";
import * as words from "./words.js";

const THEMES = { auto: words.THEME_AUTO, light: words.THEME_LIGHT, dark: words.THEME_DARK };
const FORMS = { element: words.FORM_ELEMENT, frame: words.FORM_FRAME };
const SANDBOX = "allow-scripts allow-popups allow-top-navigation-by-user-activation";

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

function code({ preset, panel, theme, form }) {
  const about = escaped(preset.label);
  if (form === "frame") {
    const address = escaped(addressOf({ preset, panel, theme }));
    return `<iframe src="${address}" title="${about}" loading="lazy" width="100%" height="460"\n  sandbox="${SANDBOX}"></iframe>`;
  }
  return [
    `<script type="module" src="${SITE}embed.js"></script>`,
    `<latent-lab preset="${preset.id}" panel="${panel}" theme="${theme}">`,
    `  <img src="${SITE}assets/presets/${preset.id}.png" alt="${about}">`,
    "</latent-lab>",
  ].join("\n");
}

const addressOf = ({ preset, panel, theme }) => `${SITE}embed.html?preset=${preset.id}&panel=${panel}${theme === "auto" ? "" : `&theme=${theme}`}`;

const select = (name, label, options, changed) => {
  const choice = make("select", { name, onchange: changed });
  fill(choice, options);
  return { choice, root: make("label", {}, label, choice) };
};

const fill = (choice, options) => choice.replaceChildren(...Object.entries(options).map(([value, text]) => make("option", { value }, text)));

async function begin() {
  const wanted = new URLSearchParams(location.search);
  const dark = wanted.get("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.theme = dark === "dark" ? "dark" : "light";
  const presets = await (await fetch(new URL("./presets.json", import.meta.url))).json();
  const find = (id) => presets.find((preset) => preset.id === id) ?? presets[0];

  const models = select("preset", words.MODEL, Object.fromEntries(presets.map(({ id, label }) => [id, label])), () => renew(true));
  const panels = select("panel", words.PANEL, {}, () => renew());
  const themes = select("theme", words.THEME, THEMES, () => renew());
  const forms = select("form", words.FORM, FORMS, () => renew());
  const help = make("p");
  const text = make("textarea", { readOnly: true, rows: 5, spellcheck: false, "aria-label": words.CODE });
  const copy = make("button", { type: "button" }, words.COPY);
  const see = make("a", { target: "_blank" }, words.SEE);
  const figure = document.createElement("latent-lab");
  copy.onclick = async () => {
    const done = await navigator.clipboard.writeText(text.value).then(() => true, () => false);
    copy.textContent = done ? words.COPIED : words.COPY_FAILED;
    setTimeout(() => (copy.textContent = words.COPY), 2000);
  };
  const renew = (another = false) => {
    const preset = find(models.choice.value);
    if (another) fill(panels.choice, Object.fromEntries(preset.panels.map((id) => [id, words.PANELS[id]])));
    const chosen = { preset, panel: panels.choice.value, theme: themes.choice.value, form: forms.choice.value };
    help.textContent = chosen.form === "frame" ? words.FRAME_HELP : words.ELEMENT_HELP;
    text.value = code(chosen);
    see.href = addressOf(chosen);
    [figure.preset, figure.panel, figure.theme] = [preset.id, chosen.panel, chosen.theme];
  };
  models.choice.value = find(wanted.get("preset")).id;
  renew(true);
  document.body.replaceChildren(
    make("p", {}, words.EMBED_HELP),
    make("form", {}, models.root, panels.root, themes.root, forms.root),
    help,
    text,
    make("div", { className: "line" }, copy, see),
    figure,
  );
}

begin();
