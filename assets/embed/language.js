// @ts-check
// Another language over what is shown.
//
// Page and figures are made in English, and a sentence is written in one place. Who reads another language fetches this script and the
// catalogue of that language beside it: English sentences in their order, each with its own. As text comes into the document it is replaced,
// before it is painted; what is taken away again gives the English back. So who reads English pays nothing, nothing of the page branches on
// what it shows, and a language is files and no code.
//
// A key of the catalogue is a text as the page has it. `{n}` in it is a number, one small letter; `{name}` is any text, which stays as it is;
// `{Name}` is a text that is looked up itself. A value is the text in the language, or one for each plural category of the language, of the
// first number or of the one that `by` names, or, where a word means several things, `in` selectors of where it stands, and `else`.

/** @typedef {{ text: string, whole: boolean }} Said a text, and whether all of it is of the language */
/** @typedef {{ in: Record<string, string>, else: string }} Places */
/** @typedef {string | Places | Record<string, string>} Entry */
/** @typedef {Record<string, Entry>} Catalogue */
/** @typedef {{ name: string } | { literal: string }} Slot */

/** A number as page and figures write it: thousands apart by narrow spaces or commas, a true minus. */
const NUMBER = String.raw`[+−-]?(?:\d+(?:[,\u202f]\d{3})*(?:\.\d+)?|\.\d+)(?:e[+−-]?\d+)?`;
const NUMBERS = new RegExp(NUMBER, "g");
const WHOLE_NUMBER = new RegExp(`^${NUMBER}$`);
const PARTS = /^([+−-]?)([\d,\u202f]*)(?:\.(\d+))?(.*)$/;
const PLACEHOLDER = /\{([A-Za-z]\w*)\}/g;
const NUMERAL = /^[a-z]$/;
const LETTER = /\p{L}/u;
/** Letters by themselves are symbols. */
const WORD = /\p{L}{2}/u;
/** What stands in for numbers in the shape of a text. */
const HOLE = "\0";
/** Texts whose translation is kept at most. */
const MOST = 4000;
/** What is none of ours, or has a language of its own. */
const APART = "[translate=no], [lang]:not(:root), code, pre, textarea, script, style";
const ATTRIBUTES = ["title", "aria-label", "aria-description", "aria-valuetext", "placeholder", "alt", "label"];
/** Under this name the choice is kept in the browser; `index.html` reads it. */
const KEY = "latent-lab-language";
const ENGLISH = "en";

const escaped = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const capital = (/** @type {string} */ name) => name[0] !== name[0].toLowerCase();

/** The catalogue of a language, ready to be asked. */
export class Words {
  /** @type {Map<string, Entry>} */
  #exact = new Map();
  /** Texts with numbers, by their shape. @type {Map<string, { slots: Slot[], said: Entry }[]>} */
  #numbered = new Map();
  /** Texts with other texts in them, those that say most first. @type {{ pattern: RegExp, names: string[], literal: string, length: number, said: Entry }[]} */
  #patterns = [];
  /** @type {Map<string, Said | Places | null>} */
  #known = new Map();
  /** @type {Map<string, Intl.NumberFormat>} */
  #formats = new Map();
  #plural;

  /** @param {string} tag @param {Catalogue} catalogue */
  constructor(tag, catalogue) {
    this.tag = tag;
    this.#plural = new Intl.PluralRules(tag);
    for (const [english, said] of Object.entries(catalogue)) this.#add(english, said);
    this.#patterns.sort((a, b) => b.length - a.length);
  }

  /** Fetches the catalogue beside this script. @param {string} tag */
  static async of(tag) {
    if (!/^[a-z]{2,3}(-\w+)*$/i.test(tag)) throw new Error(`${tag}: no language`);
    const answer = await fetch(new URL(`./${tag}.json`, import.meta.url));
    if (!answer.ok) throw new Error(`${tag}.json: the server answers ${answer.status}`);
    return new Words(tag, await answer.json());
  }

  /** @param {string} english @param {Entry} said */
  #add(english, said) {
    const names = [...english.matchAll(PLACEHOLDER)].map(([, name]) => name);
    if (!names.length) return void this.#exact.set(english, said);
    if (names.every((name) => NUMERAL.test(name))) {
      /** @type {Slot[]} */
      const slots = [];
      const shape = english.replace(new RegExp(`${PLACEHOLDER.source}|${NUMBER}`, "g"), (all, name) => {
        slots.push(name ? { name } : { literal: all });
        return HOLE;
      });
      this.#numbered.set(shape, [...(this.#numbered.get(shape) ?? []), { slots, said }]);
      return;
    }
    const literals = english.split(/\{[A-Za-z]\w*\}/);
    const source = literals.map((literal, i) => escaped(literal) + (i < names.length ? (NUMERAL.test(names[i]) ? `(${NUMBER})` : "(.+?)") : ""));
    const literal = literals.reduce((a, b) => (b.length > a.length ? b : a));
    this.#patterns.push({ pattern: new RegExp(`^${source.join("")}$`, "s"), names, literal, length: literals.join("").length, said });
  }

  /** A number in the language: with as many digits, and thousands apart where they were. @param {string} text */
  number(text) {
    const [, sign, whole, part = "", power] = PARTS.exec(text) ?? [];
    const plain = whole.replace(/[,\u202f]/g, "");
    const name = `${part.length} ${plain.length < whole.length}`;
    let format = this.#formats.get(name);
    if (!format) {
      format = new Intl.NumberFormat(this.tag, { minimumFractionDigits: part.length, maximumFractionDigits: part.length, useGrouping: plain.length < whole.length });
      this.#formats.set(name, format);
    }
    const said = format.format(Number(`${plain || 0}.${part || 0}`));
    // `.5`, where there is little room.
    return sign + (plain ? said : said.replace(/^\D*\d+/, "")) + power;
  }

  /** All numbers of a text in the language. @param {string} text */
  numbers(text) {
    return text.replace(NUMBERS, (number) => this.number(number));
  }

  /** A text in the language, as it stands in an element; nothing where nothing is known of it. @param {string} text @param {Element | null} at */
  say(text, at = null) {
    const core = text.trim();
    // A piece of a sentence has its spaces in the catalogue.
    const piece = text !== core && this.#exact.get(text);
    if (typeof piece === "string") return piece;
    const found = core && this.#look(core);
    if (!found) return null;
    const said = "in" in found ? this.#placed(found, at) : found.text;
    // No pattern, whatever the text has in it.
    return text.replace(core, () => said);
  }

  /** Whether all of a text is of the language. @param {string} text */
  knows(text) {
    const core = text.trim();
    const found = this.#look(core);
    return !WORD.test(core) || this.#exact.has(text) || (found !== null && ("in" in found || found.whole));
  }

  /** @param {Places} places @param {Element | null} at */
  #placed(places, at) {
    return Object.entries(places.in).find(([selector]) => at?.closest(selector))?.[1] ?? places.else;
  }

  /** @param {string} text @returns {Said | Places | null} */
  #look(text) {
    let found = this.#known.get(text);
    if (found === undefined) {
      found = this.#find(text);
      if (this.#known.size > MOST) this.#known.clear();
      this.#known.set(text, found);
    }
    return found;
  }

  /** @param {string} text @returns {Said | Places | null} */
  #find(text) {
    const exact = this.#exact.get(text);
    if (exact !== undefined) return typeof exact === "string" ? { text: exact, whole: true } : "in" in exact ? /** @type {Places} */ (exact) : this.#fill(exact, [], []);
    if (!LETTER.test(text) || WHOLE_NUMBER.test(text)) return { text: this.numbers(text), whole: true };
    return this.#withNumbers(text) ?? this.#withTexts(text) ?? this.#joined(text, " · ") ?? this.#sentences(text) ?? this.#list(text);
  }

  /** A text within another. @param {string} text @returns {Said} */
  #inner(text) {
    const found = this.#look(text);
    if (!found) return { text, whole: false };
    return "in" in found ? { text: found.else, whole: true } : found;
  }

  /** @param {string} text */
  #withNumbers(text) {
    const numbers = text.match(NUMBERS) ?? [];
    const candidates = this.#numbered.get(text.replace(NUMBERS, HOLE)) ?? [];
    const fits = candidates.find(({ slots }) => slots.every((slot, i) => !("literal" in slot) || slot.literal === numbers[i]));
    if (!fits) return null;
    const places = fits.slots.flatMap((slot, i) => ("name" in slot ? [{ name: slot.name, value: numbers[i] }] : []));
    return this.#fill(fits.said, places.map(({ name }) => name), places.map(({ value }) => value));
  }

  /** @param {string} text */
  #withTexts(text) {
    for (const { pattern, names, literal, said } of this.#patterns) {
      const values = text.includes(literal) && pattern.exec(text);
      if (values) return this.#fill(said, names, values.slice(1));
    }
    return null;
  }

  /** @param {Entry} said @param {string[]} names @param {string[]} values @returns {Said} */
  #fill(said, names, values) {
    let form = said;
    if (typeof said !== "string") {
      const one = /** @type {Record<string, string>} */ (said);
      const by = values[names.indexOf(one.by ?? names.find((name) => NUMERAL.test(name)) ?? "")] ?? "0";
      form = one[this.#plural.select(Number(by.replace(/[,\u202f]/g, "").replace("−", "-")))] ?? one.other;
    }
    let whole = true;
    const text = /** @type {string} */ (form).replace(PLACEHOLDER, (_, name) => {
      const value = values[names.indexOf(name)] ?? "";
      if (!capital(name)) return LETTER.test(value) && !WHOLE_NUMBER.test(value) ? value : this.numbers(value);
      const inner = this.#inner(value);
      whole &&= inner.whole;
      return inner.text;
    });
    return { text, whole };
  }

  /** Texts side by side. @param {string} text @param {string} separator @returns {Said | null} */
  #joined(text, separator) {
    if (!text.includes(separator)) return null;
    const parts = text.split(separator).map((part) => ({ known: this.#look(part) !== null, ...this.#inner(part) }));
    return parts.some(({ known }) => known) ? { text: parts.map((part) => part.text).join(separator), whole: parts.every(({ whole }) => whole) } : null;
  }

  /** Sentences one after the other: from the left the longest runs of them that are known. @param {string} text @returns {Said | null} */
  #sentences(text) {
    const all = text.split(/(?<=[.!?…]) (?=\S)/);
    if (all.length < 2) return null;
    const out = [];
    let [known, whole] = [0, true];
    for (let at = 0; at < all.length; ) {
      let end = all.length;
      /** @type {Said | Places | null} */
      let found = null;
      for (; end > at && !found; end -= found ? 0 : 1) {
        const run = all.slice(at, end).join(" ");
        found = run === text ? null : this.#look(run);
      }
      if (found) {
        const inner = this.#inner(all.slice(at, end).join(" "));
        out.push(inner.text);
        whole &&= inner.whole;
        known += 1;
        at = end;
      } else {
        out.push(all[at]);
        whole = false;
        at += 1;
      }
    }
    return known ? { text: out.join(" "), whole } : null;
  }

  /** Names with commas between them, some with a number. @param {string} text @returns {Said | null} */
  #list(text) {
    const parts = text.split(", ").map((part) => {
      const [, name, number] = /^(.*?)( [+−-]?[\d.,\u202f]+)?$/s.exec(part) ?? [];
      const said = this.#exact.get(name);
      if (said === undefined) return LETTER.test(part) ? null : this.numbers(part);
      return (typeof said === "string" ? said : /** @type {Record<string, string>} */ (said).else ?? /** @type {Record<string, string>} */ (said).other) + (number ? this.numbers(number) : "");
    });
    return parts.length > 1 && parts.every((part) => part !== null) ? { text: parts.join(", "), whole: true } : null;
  }
}

/** A language over a part of the document, from now on. */
export class Over {
  /** @type {Words} */
  #words;
  /** @type {Element | ShadowRoot} */
  #root;
  /** What stands there in English, and what in its place. @type {WeakMap<Text, { english: string, said: string }>} */
  #texts = new WeakMap();
  /** @type {WeakMap<Element, Map<string, { english: string, said: string }>>} */
  #attributes = new WeakMap();
  /** What was put in. @type {Set<string>} */
  #said = new Set();
  #observer = new MutationObserver((changes) => this.#changed(changes));

  /** @param {Element | ShadowRoot} root @param {Words} words */
  constructor(root, words) {
    [this.#root, this.#words] = [root, words];
    this.#observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
    this.#walk(root);
  }

  get tag() {
    return this.#words.tag;
  }

  /** Gives the English back. */
  end() {
    this.#observer.disconnect();
    for (const node of this.#nodes(this.#root)) {
      if (node instanceof Text) {
        const record = this.#texts.get(node);
        if (record?.said === node.data) node.data = record.english;
      } else {
        for (const [name, { english, said }] of this.#attributes.get(node) ?? []) if (node.getAttribute(name) === said) node.setAttribute(name, english);
      }
    }
  }

  /** What can be seen and has letters, but is not of the language. */
  untold() {
    const told = (/** @type {string} */ text) => this.#said.has(text.trim()) || this.#words.knows(text);
    const out = [];
    for (const node of this.#nodes(this.#root)) {
      const element = node instanceof Text ? node.parentElement : node;
      if (!element?.checkVisibility?.()) continue;
      if (node instanceof Text) {
        if (!told(this.#texts.get(node)?.english ?? node.data)) out.push(node.data.trim());
      } else {
        const records = this.#attributes.get(node);
        for (const name of ATTRIBUTES) {
          const value = node.getAttribute(name);
          if (value && !told(records?.get(name)?.english ?? value)) out.push(`${name}: ${value}`);
        }
      }
    }
    return [...new Set(out)];
  }

  /** The elements and texts below a node that are ours, itself among them. @param {Node} top @returns {Generator<Element | Text>} */
  *#nodes(top) {
    const above = top instanceof Text ? top.parentElement : top instanceof Element ? top : null;
    if (above?.closest(APART)) return;
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node instanceof Element && node.matches(APART) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    for (let node = /** @type {Node | null} */ (top); node; node = walker.nextNode()) if (node instanceof Text || node instanceof Element) yield node;
  }

  /** @param {Node} top */
  #walk(top) {
    for (const node of this.#nodes(top)) {
      if (node instanceof Text) this.#text(node);
      else for (const name of ATTRIBUTES) if (node.hasAttribute(name)) this.#attribute(node, name);
    }
  }

  /** @param {MutationRecord[]} changes */
  #changed(changes) {
    for (const { type, target, addedNodes, attributeName } of changes) {
      if (type === "childList") addedNodes.forEach((node) => this.#walk(node));
      else if (target instanceof Text) this.#ours(target.parentElement) && this.#text(target);
      else if (target instanceof Element && attributeName) this.#ours(target) && this.#attribute(target, attributeName);
    }
  }

  /** @param {Element | null} element */
  #ours(element) {
    return !element?.closest(APART);
  }

  /** @param {Text} node */
  #text(node) {
    const english = node.data;
    if (this.#texts.get(node)?.said === english) return;
    const said = this.#words.say(english, node.parentElement);
    if (said === null) return void this.#texts.delete(node);
    this.#note(said);
    this.#texts.set(node, { english, said });
    if (said !== english) node.data = said;
  }

  /** @param {Element} element @param {string} name */
  #attribute(element, name) {
    const english = element.getAttribute(name);
    const records = this.#attributes.get(element) ?? new Map();
    if (english === null || records.get(name)?.said === english) return;
    const said = this.#words.say(english, element);
    if (said === null) return void records.delete(name);
    this.#note(said);
    this.#attributes.set(element, records.set(name, { english, said }));
    if (said !== english) element.setAttribute(name, said);
  }

  /** @param {string} said */
  #note(said) {
    if (this.#said.size > MOST) this.#said.clear();
    this.#said.add(said.trim());
  }
}

/** Puts a language over a figure. @param {ShadowRoot} root @param {string} tag */
export async function over(root, tag) {
  return new Over(root, await Words.of(tag));
}

/** What lies over the page. @type {Over | null} */
let page = null;
let asked = 0;

/** @type {(tag: string) => string} */
const addressIn = (tag) => {
  const pairs = location.search.slice(1).split("&").filter((pair) => pair && !pair.startsWith("lang="));
  if (tag !== ENGLISH) pairs.push(`lang=${tag}`);
  return location.pathname + (pairs.length ? `?${pairs.join("&")}` : "") + location.hash;
};

/** The offers of other languages, and of English. @param {string} tag */
function offer(tag) {
  const links = document.querySelector(".languages");
  if (!links) return;
  links.classList.remove("offered");
  if (!links.querySelector(`[lang=${ENGLISH}]`)) {
    const english = Object.assign(document.createElement("a"), { href: `?lang=${ENGLISH}`, lang: ENGLISH, hreflang: ENGLISH, textContent: "This page in English" });
    links.prepend(english, " ");
  }
  for (const link of links.querySelectorAll("a")) link.hidden = link.lang === tag;
}

/** What writes on canvases, in English. */
const { fillText } = globalThis.CanvasRenderingContext2D?.prototype ?? {};

/** Canvases are written on with words too: those of the page, while it is in another language. @param {Words | null} words */
function write(words) {
  /** @this {CanvasRenderingContext2D} @param {string} text @param {[x: number, y: number, most?: number]} place */
  const spoken = function (text, ...place) {
    fillText.call(this, words?.say(text) ?? text, ...place);
  };
  CanvasRenderingContext2D.prototype.fillText = words ? spoken : fillText;
  // They are painted anew.
  dispatchEvent(new Event("resize"));
}

/** Has the page be in a language, which somebody has `chosen` or the address has. Who listens for `languagechange` hears of it. @param {string} tag */
export async function speak(tag, chosen = false) {
  const root = document.documentElement;
  const turn = (asked += 1);
  try {
    const words = tag === ENGLISH ? null : await Words.of(tag);
    if (turn !== asked) return;
    page?.end();
    root.lang = tag;
    page = words && new Over(document.body, words);
    write(words);
  } catch (error) {
    root.lang = page?.tag ?? ENGLISH;
    console.warn(error);
  }
  try {
    // Who follows a link to a language keeps it, unless another one was chosen.
    if (chosen || !localStorage.getItem(KEY)) localStorage.setItem(KEY, root.lang);
    history.replaceState(history.state, "", addressIn(root.lang));
  } catch {
    // A frame that belongs to no site has neither.
  }
  offer(root.lang);
  dispatchEvent(new Event("languagechange"));
}

/** What can be seen of the page that is not in its language: for whoever writes a catalogue. */
export const untold = () => page?.untold() ?? [];
