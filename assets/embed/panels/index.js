// @ts-check
// The panels, by the kind of code that they are for.

import features from "./features.js";
import flow from "./flow.js";
import map from "./map.js";
import neighbours from "./neighbours.js";
import path from "./path.js";
import tokens from "./tokens.js";
import traversal from "./traversal.js";

/** @import { CodeKind, MakePanel, PanelName } from "../types.d.ts" */

/** @satisfies {Record<CodeKind, { [Name in PanelName]?: MakePanel }>} */
export const PANELS = { vector: { traversal, map, path, flow }, tokens: { tokens }, features: { features }, embedding: { neighbours } };
