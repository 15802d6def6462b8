// The page's "Verify against Burn" for every method: the same steps from the same weights and noise on both engines.
//
//   npm install --no-package-lock && npm run verify [-- --methods vae,fsq] [--batch 8] [--page ../../dist] [--adapter default]

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, launch, serve } from './site.mjs';

/** Largest relative difference that rounding explains. */
const TOLERANCE = 1e-4;

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    methods: { type: 'string' },
    batch: { type: 'string', default: '8' },
    adapter: { type: 'string', default: 'swiftshader' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
const site = await serve((path) => join(options.page, path));
const { browser, close } = await launch({ chromium: options.chromium, adapter: options.adapter });
const page = await browser.newPage();
await page.goto(`${site.origin}/`);
await page.waitForFunction(READY, { timeout: 120_000 });
const all = () => [...document.querySelectorAll('[data-testid=method] option')].map((option) => option.value);
const methods = options.methods?.split(',') ?? (await page.evaluate(all));
let good = true;
for (const method of methods) {
  await page.goto(`${site.origin}/?v=1&method=${method}&batch=${options.batch}`);
  await page.waitForFunction(READY, { timeout: 120_000 });
  await page.$eval('[data-testid=verify]', (button) => button.click());
  const answer = () => /Largest|could not/.test(document.querySelector('[data-testid=verified]').textContent);
  await page.waitForFunction(answer, { timeout: 300_000 });
  const text = await page.$eval('[data-testid=verified]', (note) => note.textContent);
  const [loss, gradient] = ['loss ', 'gradient '].map((word) => Number.parseFloat(text.split(word)[1]));
  const agrees = loss <= TOLERANCE && gradient <= TOLERANCE;
  good &&= agrees;
  console.log(`${method}: ${text}${agrees ? '' : '  DIFFERS'}`);
}
await close();
site.close();
process.exitCode = good ? 0 : 1;
