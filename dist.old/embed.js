// Figures of Latent Lab for any page: <latent-lab preset="mnist-vae" panel="traversal">.
import "./embed-d02a1aa987378634/element.js";
import "./embed-d02a1aa987378634/figure.js";
import "./embed-d02a1aa987378634/finding.js";
import "./embed-d02a1aa987378634/model.js";
import "./embed-d02a1aa987378634/paint.js";
import "./embed-d02a1aa987378634/panels/features.js";
import "./embed-d02a1aa987378634/panels/flow.js";
import "./embed-d02a1aa987378634/panels/index.js";
import "./embed-d02a1aa987378634/panels/map.js";
import "./embed-d02a1aa987378634/panels/neighbours.js";
import "./embed-d02a1aa987378634/panels/path.js";
import "./embed-d02a1aa987378634/panels/tokens.js";
import "./embed-d02a1aa987378634/panels/traversal.js";
import "./embed-d02a1aa987378634/parts.js";
import "./embed-d02a1aa987378634/scheme.js";
import "./embed-d02a1aa987378634/style.js";
import "./embed-d02a1aa987378634/words.js";
export * from "./embed-d02a1aa987378634/element.js";
