// Times a slider of the traversal: from its input event to the picture that belongs to it, in milliseconds, with the weights on the
// adapter. With --firefox both browsers are open, and their rounds alternate.
//
//   npm install --no-package-lock && npm run slider [-- --page ../../dist] [--moves 60] [--rounds 3] [--adapter default]
//     [--engine plan] [--firefox /usr/bin/firefox-esr]

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, launch, serve } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    moves: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '3' },
    adapter: { type: 'string', default: 'swiftshader' },
    engine: { type: 'string', default: 'plan' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
    firefox: { type: 'string' },
  },
});
const site = await serve((path) => join(options.page, path));

/** In the page: moves a slider so many times, and gives what each took. */
async function drag(moves) {
  const slider = document.querySelector('.row:not(.inactive) input[type=range]');
  const canvas = document.querySelector('[data-testid=traversal-digit]');
  const [low, high] = [+slider.min, +slider.max];
  const times = [];
  for (let i = 0; i < moves; i++) {
    const before = canvas.toDataURL();
    // Back and forth, never twice at the same place.
    slider.value = low + (high - low) * (0.5 + 0.45 * Math.sin(2.4 * (i + 1)));
    const began = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    let now = began;
    while (canvas.toDataURL() === before && now - began < 2000) now = await new Promise(requestAnimationFrame).then(() => performance.now());
    times.push(now - began);
  }
  return times;
}

async function open(name, how) {
  const { browser, close } = await launch(how);
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  await page.goto(`${site.origin}/?engine=${options.engine}`);
  await page.waitForFunction(READY, { timeout: 60_000 });
  // What the other panels asked for has been answered by then.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  return { name, page, close, times: [] };
}

const all = [await open('Chromium', { chromium: options.chromium, adapter: options.adapter })];
if (options.firefox) all.push(await open('Firefox', { firefox: options.firefox }));
const rounds = +options.rounds;
for (let round = 0; round < rounds; round++) {
  for (const { page, times } of all) {
    await page.bringToFront();
    times.push(...(await page.evaluate(drag, Math.ceil(+options.moves / rounds))));
  }
}
for (const { name, times, close } of all) {
  await close();
  times.sort((a, b) => a - b);
  const quantile = (part) => times[Math.floor(part * (times.length - 1))].toFixed(1);
  console.log(`${name}: slider to picture over ${times.length} moves: median ${quantile(0.5)} ms, nine in ten within ${quantile(0.9)} ms, longest ${quantile(1)} ms`);
}
site.close();
