// Types that the figures' scripts share. What users of the element see is in index.d.ts.

import type { Figure } from "./figure.js";
import type { CodeKind, ImageShape, LatentLabDetails, PanelName } from "./index.d.ts";
import type { Model, Shelf } from "./player.js";

export type { CodeKind, ImageShape, PanelName };

export type Scheme = "light" | "dark";

/** Red, green and blue from 0 to 255. */
export type Rgb = number[];

/** The colours that canvases need: of lines as in style sheets, of pixels as numbers. */
export interface Theme {
  ink: string;
  soft: string;
  rule: string;
  accent: string;
  paper: Rgb;
  mark: Rgb;
  up: Rgb;
  down: Rgb;
}

export interface Loaded {
  model: Model;
  shelf: Shelf;
}

/** Tells the page. */
export type Say = <Type extends keyof LatentLabDetails>(type: Type, detail: LatentLabDetails[Type]) => void;

/** What a panel is. */
export interface Panel {
  root: HTMLElement;
  /** Shows the figure's present code. */
  paint(): void;
  /** Shows what changes with the theme alone; called first. */
  paintOnce(): void;
  /** Where it can move by itself: the code at that time, in milliseconds. */
  play?: (this: void, ms: number) => Float32Array;
  /** Where it keeps something of its own: another image is on show. */
  restart?(): void;
}

export type MakePanel = (figure: Figure) => Panel;

/** What `make` takes: attributes by names with a dash, and properties; those that are text take numbers as well. */
export type Properties<Made> = { [Name in keyof Made]?: Name extends "part" ? string : Made[Name] extends string ? string | number : Made[Name] } & {
  [name: `${string}-${string}`]: string;
};

/** A finding with what was recorded of it, as `lab build` writes it. */
export interface Found {
  finding: {
    id: string;
    claim: string;
    papers: string[];
    runs: { name: string; label: string }[];
    figures: { measure: string; label: string }[];
    steps: number;
    seeds: number;
    reduced: string;
    why_not?: string;
  };
  record: { seconds: number; adapter: string; taken: { run: string; measure: string; values: number[] }[] };
  /** What was expected, and what both sides were. */
  judged: { text: string; sides: string; holds: boolean }[];
}

/** A model that ships, and what a figure of it can show, the first by itself. */
export interface Preset {
  id: string;
  label: string;
  panels: PanelName[];
}
