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
const [until, marks] = [+options.steps, [500, 2000, 5000, 10_000, 15_000, 20_000]];
for (const mark of marks.filter((mark) => mark <= until)) {
  await page.waitForFunction((step) => latentLab.state().step >= step, { timeout: 1_800_000, polling: 200 }, mark);
  const workers = await Promise.all(page.workers().map((worker) => worker.client.send('Runtime.getHeapUsage')));
  const sum = (key) => (workers.reduce((sum, heap) => sum + (heap[key] ?? 0), 0) / 1e6).toFixed(1);
  const [heap, kinds] = [await page.metrics(), await memory(system)];
  const processes = ['renderer', 'GPU'].map((kind) => `${kind} ${kinds[kind]?.own.toFixed(0)} MB`).join(', ');
  const step = await page.evaluate(() => latentLab.state().step);
  console.log(
    `step ${step}: ${processes}; page's heap ${(heap.JSHeapUsedSize / 1e6).toFixed(1)} MB, worker's ${sum('usedSize')} MB and buffers ${sum('backingStorageSize')} MB`,
  );
}
await close();
site.close();
