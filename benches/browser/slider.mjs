// Times a slider of the traversal: from its input event to the picture that belongs to it, in milliseconds.
//
//   npm install --no-package-lock && npm run slider [-- --page ../../dist] [--moves 60] [--adapter default]

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, launch, serve } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    moves: { type: 'string', default: '60' },
    adapter: { type: 'string', default: 'swiftshader' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
const site = await serve((path) => join(options.page, path));
const { browser, close } = await launch({ chromium: options.chromium, adapter: options.adapter });
const page = await browser.newPage();
await page.setViewport({ width: 1440, height: 900 });
await page.goto(`${site.origin}/`);
await page.waitForFunction(READY, { timeout: 60_000 });
// What the other panels asked for has been answered by then.
await new Promise((resolve) => setTimeout(resolve, 5000));
const times = await page.evaluate(async (moves) => {
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
}, +options.moves);
await close();
site.close();
times.sort((a, b) => a - b);
const quantile = (part) => times[Math.floor(part * (times.length - 1))].toFixed(1);
console.log(`slider to picture over ${times.length} moves: median ${quantile(0.5)} ms, nine in ten within ${quantile(0.9)} ms, longest ${quantile(1)} ms`);
