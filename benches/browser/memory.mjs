// Trains for long and prints what the browser's processes take on the way: it must stay flat.
//
//   npm install --no-package-lock && npm run memory [-- --steps 20000] [--query "v=1&method=vae&hidden=64&batch=8"]

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, launch, memory, serve } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    steps: { type: 'string', default: '20000' },
    query: { type: 'string', default: 'v=1&method=vae&hidden=64&batch=8' },
    adapter: { type: 'string', default: 'swiftshader' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
const site = await serve((path) => join(options.page, path));
const { browser, close } = await launch({ chromium: options.chromium, adapter: options.adapter });
const system = await browser.target().createCDPSession();
const page = await browser.newPage();
await page.goto(`${site.origin}/?${options.query}`);
await page.waitForFunction(READY, { timeout: 120_000 });
await page.$eval('[data-testid=train]', (button) => button.click());
const programs = await page.evaluate(() => document.querySelector('link[rel=modulepreload]').href.replace('page/page.js', ''));
/** Megabytes of a program's WebAssembly memory, asked where it runs: a module is evaluated once, and says what it has. */
const wasm = (where, program) =>
  where.evaluate(async (module) => (await import(module)).initSync().memory.buffer.byteLength / 1e6, `${programs}${program}/${program}.js`);
const [until, marks] = [+options.steps, [500, 2000, 5000, 10_000, 15_000, 20_000]];
for (const mark of marks.filter((mark) => mark <= until)) {
  await page.waitForFunction((step) => latentLab.state().step >= step, { timeout: 1_800_000, polling: 200 }, mark);
  const [heap, kinds] = [await page.metrics(), await memory(system)];
  const [own, engine] = [await wasm(page, 'page'), await wasm(page.workers()[0], 'engine')];
  const processes = ['renderer', 'GPU'].map((kind) => `${kind} ${kinds[kind]?.own.toFixed(0)} MB`).join(', ');
  const step = await page.evaluate(() => latentLab.state().step);
  console.log(
    `step ${step}: ${processes}; WebAssembly of the page ${own.toFixed(1)} MB, of the engine ${engine.toFixed(1)} MB; the page's JavaScript ${(heap.JSHeapUsedSize / 1e6).toFixed(1)} MB`,
  );
}
await close();
site.close();
