// @ts-check
// Every word that a figure shows.

/** @import { PanelName } from "./types.d.ts" */
/** @typedef {(number: number) => string} Numbered */

export const TRAIN = "Train it yourself";
export const TRAIN_HELP = "Opens the same model in Latent Lab, to train and take apart";
export const START = "Start from";
export const FROM = "From";
export const TO = "To";
export const PLAY = "Play";
export const PAUSE = "Pause";
export const STRAIGHT = "straight line";
export const ARC = "arc around the middle";
export const ALONG = "Place along the path";
export const UNDO = "Undo";
export const RESET = "Reset";
export const LABEL = "Drawn as";
export const CHOICE = "Kind";
export const TOLD = "The model is told";
export const STEPS_TAKEN = "Steps from noise";
export const ANOTHER = "Draw another";
export const LEVEL = "Token of each place";
export const PALETTE = "Alphabet";
export const ADD = "Add a feature";
export const IMAGE = "The image";
export const NEAREST = "Nearest by code";
export const PICTURE = "What the decoder draws";

/** @type {(message: string) => string} */
export const failed = (message) => `This figure could not be loaded: ${message}`;
/** @type {(name: string, kind: string, names: string[]) => string} */
export const unknownPanel = (name, kind, names) => `panel="${name}" does not go with a model whose code is ${kind}; there are ${names.join(", ")}`;
export const noPreset = "the element needs an attribute preset, src, finding or lesson";
/** @type {(id: string) => string} */
export const noFinding = (id) => `no finding is called ${id}`;

export const LESSON = "A lesson of Latent Lab";
export const WHOLE = "Open the lesson in a page of its own";

export const HELD = "Held when it was run";
export const NOT_HELD = "Did not hold when it was run";
export const EXPECTED = "As expected";
export const NOT_SO = "Not as expected";
export const RUN = "Run it yourself";
export const RUN_HELP = "Opens this finding in Latent Lab, where its runs can be made on your machine";
/** @type {(steps: number, seeds: number) => string} */
export const protocol = (steps, seeds) => `${steps.toLocaleString("en")} steps, ${seeds === 1 ? "one seed" : `${seeds} seeds`}.`;
/** @type {(seconds: number, adapter: string) => string} */
export const took = (seconds, adapter) => `It took ${Math.max(1, Math.round(seconds))} s on the ${adapter}.`;
/** @type {Numbered} */
export const latent = (d) => `Latent ${d + 1}`;
/** @type {Numbered} */
export const low = (d) => `Latent ${d + 1} at its low end`;
/** @type {Numbered} */
export const high = (d) => `Latent ${d + 1} at its high end`;
/** @type {(name: string) => string} */
export const example = (name) => `Image: ${name}`;
/** @type {Numbered} */
export const token = (k) => `Token ${k}`;
/** @type {(row: number, column: number, token: number) => string} */
export const cell = (row, column, token) => `Row ${row + 1}, column ${column + 1}: token ${token}`;
/** @type {Numbered} */
export const feature = (f) => `Feature ${f}`;
/** @type {(row: number, column: number) => string} */
export const place = (row, column) => `Patch in row ${row + 1}, column ${column + 1}`;

/** One sentence under each panel. @type {Record<PanelName, string>} */
export const HELP = {
  traversal: "Each slider moves one number of the code; the pictures beside it show its two ends. Those that say most come first.",
  path: "The way from one image to another, drawn code by code.",
  flow: "A new image: a code that was noise goes a few learnt steps, and is drawn after each.",
  map: "Each dot is the code of a test image, coloured by what it shows. Point anywhere: the decoder draws that place.",
  tokens: "The image is a grid of tokens. Choose one from the alphabet and paint with it.",
  neighbours: "The images whose codes lie nearest to that of the chosen one, nearest first. This model has no decoder: it draws nothing.",
  features: "What fires here, strongest first: turn it up or down, or add others. Where images are taken apart by patches, point at one.",
};

/** How each panel that one can paint or point on is used by keyboard. */
export const KEYS = {
  map: "Arrow keys move the point.",
  tokens: "Arrow keys move, Enter paints.",
  features: "Arrow keys move.",
};

// The page that writes the code of a figure.
export const EMBED_HELP = "A figure downloads the trained model and a small player, never the trainer. It starts when it is scrolled to, and asks no other site for anything.";
export const MODEL = "Model";
export const PANEL = "Show";
export const THEME = "Colours";
export const THEME_AUTO = "as the page";
export const THEME_LIGHT = "light";
export const THEME_DARK = "dark";
export const FORM = "As";
export const FORM_ELEMENT = "an element";
export const FORM_FRAME = "a frame";
export const ELEMENT_HELP = "For pages that you write yourself: one script, and an element wherever a figure should stand.";
export const FRAME_HELP = "For sites that take frames but no scripts. Where embed.js runs as well, it sets the frame's height.";
export const CODE = "Code to copy";
export const COPY = "Copy the code";
export const COPIED = "Copied";
export const COPY_FAILED = "Copy it by hand";
export const SEE = "The figure by itself";
export const OWN = "one that you have trained";
export const OWN_HELP = "Save its weights (“Runs and files”; 8 bits make the smallest file) under the name below, put the file beside your page, and the figure is there. A few of the test images are in the file, for everybody to see.";
export const OWN_FILE = "my-model.safetensors";
/** @type {Record<PanelName, string>} */
export const PANELS = {
  traversal: "sliders",
  map: "map",
  path: "way between two images",
  flow: "new images, step by step",
  tokens: "tokens to paint with",
  features: "features to turn up and down",
  neighbours: "nearest images",
};
