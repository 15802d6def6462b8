// Before each test: `node --import ./stand-in/register.js --test`.

import { register } from "node:module";

import "./dom.js";

register("./hooks.js", import.meta.url);
