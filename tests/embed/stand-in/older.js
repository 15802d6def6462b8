// @ts-check
// What stands for the program that gives files of before their networks.

/** @import * as Older from "../../../assets/embed/older.js" */

/** How often it was started. */
export const starts = { count: 0 };

export default async function start() {
  starts.count += 1;
}

/** @type {typeof Older.upgrade} */
export function upgrade(bytes) {
  const { older, ...weights } = JSON.parse(new TextDecoder().decode(bytes));
  return new TextEncoder().encode(JSON.stringify(older ? weights : { damaged: "there is nothing to upgrade" }));
}
