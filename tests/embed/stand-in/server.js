// Every server there is: what they have, by address, and what they were asked for.

import assert from "node:assert/strict";

export const [files, asked] = [new Map(), []];

globalThis.fetch = async (url, { credentials } = {}) => {
  asked.push(url.href);
  if (/\.safetensors/.test(url.href)) assert.equal(credentials, "omit");
  const file = files.get(url.href);
  const answer = { ok: Boolean(file), status: file ? 200 : 404, arrayBuffer: async () => file.buffer };
  return { ...answer, json: async () => JSON.parse(new TextDecoder().decode(file)) };
};
