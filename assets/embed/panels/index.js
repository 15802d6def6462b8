// The panels, by the kind of code that they are for.

import features from "./features.js";
import map from "./map.js";
import path from "./path.js";
import tokens from "./tokens.js";
import traversal from "./traversal.js";

/**
 * A panel is made of a figure and returns
 * - `root`: its element;
 * - `paint()`: shows the figure's present code;
 * - `paintOnce()`: shows what changes with the theme alone; called first;
 * - `play(ms)`, where it can move by itself: the code at that time;
 * - `restart()`, where it keeps something of its own: another image is on show.
 */
export const PANELS = { vector: { traversal, map, path }, tokens: { tokens }, features: { features } };
