// As much of a browser as the figures' scripts ask for. Elements are 100 by 100 pixels at the window's corner; frames come when a
// test says so; whatever somebody observes is never seen, unless a test says so.

export class Element extends EventTarget {
  children = [];
  attributes = new Map();
  style = {};
  dataset = {};
  parentElement = null;
  isConnected = true;
  hidden = false;
  className = "";
  classes = new Set();
  classList = {
    toggle: (name, on) => (on ? this.classes.add(name) : this.classes.delete(name)),
  };

  constructor(tag) {
    super();
    this.tagName = tag;
  }

  #text = "";

  get textContent() {
    return this.#text + this.children.map((child) => child.textContent ?? child).join("");
  }

  set textContent(text) {
    this.children = [];
    this.#text = String(text);
  }

  append(...children) {
    for (const child of children) {
      if (child instanceof Element) child.parentElement = this;
      this.children.push(child instanceof Element ? child : String(child));
    }
  }

  replaceChildren(...children) {
    this.children = [];
    this.append(...children);
  }

  setAttribute(name, value) {
    const old = this.getAttribute(name);
    this.attributes.set(name, String(value));
    if (this.constructor.observedAttributes?.includes(name)) this.attributeChangedCallback(name, old, String(value));
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  getRootNode() {
    return this.parentElement?.getRootNode() ?? this;
  }

  getBoundingClientRect() {
    return { left: 0, top: 0, width: 100, height: 100 };
  }

  attachShadow() {
    this.shadowRoot = Object.assign(new Element("#shadow-root"), { host: this });
    return this.shadowRoot;
  }

  setPointerCapture() {}

  /** All elements below that `wanted` accepts, in the order of the document. */
  all(wanted) {
    const test = typeof wanted === "string" ? (element) => element.tagName === wanted : wanted;
    return this.children.filter((child) => child instanceof Element).flatMap((child) => [...(test(child) ? [child] : []), ...child.all(wanted)]);
  }

  /** The one of this class. */
  one(name) {
    const found = this.all((element) => element.className.split(" ").includes(name));
    if (found.length !== 1) throw new Error(`${found.length} elements of class ${name}`);
    return found[0];
  }
}

class Canvas extends Element {
  width = 300;
  height = 150;
  clientWidth = 100;
  clientHeight = 100;
  /** Calls of the context, by name. */
  calls = [];

  getContext() {
    const record = (name) => (...values) => this.calls.push([name, ...values]);
    const methods = ["setTransform", "beginPath", "arc", "fill", "moveTo", "lineTo", "stroke", "strokeRect"];
    const context = Object.fromEntries(methods.map((name) => [name, record(name)]));
    return { ...context, putImageData: (image) => (this.pixels = image.data) };
  }

  /** Red, green, blue and opacity of a pixel. */
  pixel(i) {
    return [...this.pixels.slice(4 * i, 4 * i + 4)];
  }
}

class Select extends Element {
  #chosen;

  get value() {
    const values = this.children.map((option) => option.value);
    return values.includes(this.#chosen) ? this.#chosen : values[0];
  }

  set value(value) {
    this.#chosen = value;
  }
}

const SPECIAL = { canvas: Canvas, select: Select };

/** Callbacks that wait for the next frame. */
let waiting = new Map();
let last = 0;

/** Draws one frame at a time, `times` of them or as many as anybody asks for; returns how many. */
export function frames(times = 1000) {
  let drawn = 0;
  for (; drawn < times && waiting.size > 0; drawn++) {
    const due = waiting;
    waiting = new Map();
    for (const callback of due.values()) callback(performance.now());
  }
  return drawn;
}

/** What the system prefers, and who wants to hear of it. */
export const system = Object.assign(new EventTarget(), { matches: false });

/** Everybody who waits to see an element: called by a test, it is seen. */
export const watchers = new Map();

/** What is written to the clipboard. */
export const clipboard = { text: "", writeText: async (text) => void (clipboard.text = text) };

const defined = new Map();
const html = new Element("html");
const body = new Element("body");
html.append(body);

export const frameElements = [];

const window = {
  document: {
    documentElement: html,
    body,
    baseURI: "https://blog.example/post/",
    createElement: (tag) => (defined.has(tag) ? new (defined.get(tag))() : new (SPECIAL[tag] ?? Element)(tag)),
    querySelectorAll: () => frameElements,
  },
  HTMLElement: class extends Element {
    constructor() {
      super("latent-lab");
    }
  },
  CSSStyleSheet: class {
    replaceSync(text) {
      this.text = text;
    }
  },
  CustomEvent: class extends Event {
    constructor(type, options) {
      super(type, options);
      this.detail = options.detail;
    }
  },
  customElements: { get: (name) => defined.get(name), define: (name, type) => defined.set(name, type) },
  devicePixelRatio: 2,
  ImageData: class {
    constructor(width, height) {
      this.data = new Uint8ClampedArray(4 * width * height);
    }
  },
  IntersectionObserver: class {
    constructor(callback) {
      this.callback = callback;
    }
    observe(element) {
      watchers.set(element, () => this.callback([{ isIntersecting: true }]));
    }
    disconnect() {}
  },
  MutationObserver: class {
    observe() {}
    disconnect() {}
  },
  matchMedia: () => system,
  getComputedStyle: (element) => ({ backgroundColor: element.background ?? "rgba(0, 0, 0, 0)" }),
  requestAnimationFrame: (callback) => {
    last += 1;
    waiting.set(last, callback);
    return last;
  },
  cancelAnimationFrame: (id) => waiting.delete(id),
};
const messages = new EventTarget();
Object.assign(globalThis, window, { addEventListener: messages.addEventListener.bind(messages) });
Object.defineProperty(globalThis, "navigator", { value: { clipboard }, configurable: true });

/** Sends the page a message from a frame in it. */
export function message(data, source) {
  messages.dispatchEvent(Object.assign(new Event("message"), { data, source }));
}

/** Lets promises that are settled be heard. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
