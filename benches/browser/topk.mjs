// Times a step of a TopK sparse autoencoder on vectors of 768 numbers with 4,096 features in Latent Lab's built page, on the processor and on WebGPU, and the same
// step in jax-js: same browser, in turns. Prints seconds a step, and each as a multiple of the page's on the processor.
//
//   npm install --no-package-lock && npm run topk [-- --page ../../dist] [--batch 1024] [--rounds 3] [--steps 2] [--contenders lab-cpu,lab,jaxjs,jaxjs-wasm]

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, launch, serve } from './site.mjs';
import { WORKLOADS } from './workloads.js';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    batch: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '2' },
    contenders: { type: 'string', default: 'lab-cpu,lab,jaxjs,jaxjs-wasm' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
const [batch, steps] = [+options.batch, +options.steps];
const { inputs, features, k, directions, active } = WORKLOADS.topk;

/** An array of 32-bit numbers as NumPy saves it. */
function npy(values, shape) {
  const text = Buffer.from(`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }\n`);
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length & 255, text.length >> 8]), text, Buffer.from(values.buffer)]);
}

/** A file of planted sums for the page. */
function rowsFile(folder, rows) {
  let state = 0x9e3779b9;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const all = Float32Array.from({ length: directions * inputs }, () => normal() / Math.sqrt(inputs));
  const out = new Float32Array(rows * inputs);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < active; j++) {
      const [at, strength] = [Math.floor(random() * directions), 0.5 - Math.log(1 - random())];
      for (let d = 0; d < inputs; d++) out[i * inputs + d] += strength * all[at * inputs + d];
    }
  }
  const path = join(folder, 'acts.npy');
  writeFileSync(path, npy(out, [rows, inputs]));
  return path;
}

const folder = mkdtempSync(join(tmpdir(), 'latent-lab-topk-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const site = await serve((path) => (path.startsWith('/page/') ? join(options.page, path.slice('/page/'.length)) : path === '/digits' ? Buffer.alloc(0) : join(here, path)));
const { browser, close } = await launch({
  chromium: options.chromium,
  protocolTimeout: 1_800_000,
  args: ['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
});

async function openPage(engine) {
  const tab = await browser.newPage();
  tab.on('pageerror', (error) => console.error(`[${engine}] ${error.message}`));
  const query = `v=1&method=topk-sae&features=${features}&k=${k}&batch=${batch}&engine=${engine}`;
  await tab.goto(`${site.origin}/page/?${query}`);
  await tab.waitForFunction(READY, { timeout: 120_000 });
  const stored = await tab.$('[data-testid=add-data]');
  await stored.click();
  await (await tab.waitForSelector('[data-testid=import-files]')).uploadFile(rowsFile(folder, 8192));
  await (await tab.waitForSelector('[data-testid=import-start]', { timeout: 120_000 })).click();
  await tab.waitForFunction(() => document.querySelector('[data-testid=import-progress]')?.textContent.includes('are ready'), { timeout: 120_000 });
  await tab.$eval('[data-testid=import-use]', (button) => button.click());
  await tab.waitForFunction(() => latentLab.state().setup.includes('data=acts:') && latentLab.state().status === 'Ready to train', { timeout: 300_000, polling: 300 });
  await tab.evaluate((batch) => {
    window.contender = { run: (steps) => window.latentLab.bench({ batch, steps }) };
  }, batch);
  return tab;
}

async function openLibrary(device) {
  const tab = await browser.newPage();
  tab.on('pageerror', (error) => console.error(`[jax-js] ${error.message}`));
  await tab.goto(`${site.origin}/tab.html`);
  await tab.evaluate(
    async (batch, device) => {
      const [{ WORKLOADS }, { create }] = await Promise.all([import('/workloads.js'), import('/contenders/topk.js')]);
      window.contender = await create(WORKLOADS.topk, batch, undefined, device);
    },
    batch,
    device,
  );
  return tab;
}

const OPEN = { 'lab-cpu': () => openPage('cpu'), lab: () => openPage('plan'), jaxjs: () => openLibrary('webgpu'), 'jaxjs-wasm': () => openLibrary('wasm') };
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const run = async (tab, steps) => {
  await tab.bringToFront();
  return tab.evaluate((steps) => window.contender.run(steps), steps);
};

try {
  const entries = [];
  for (const contender of options.contenders.split(',')) {
    try {
      const tab = await OPEN[contender]();
      await run(tab, 1);
      entries.push({ contender, tab, rounds: [] });
    } catch (error) {
      console.error(`${contender} does not run: ${error.message.split('\n')[0]}`);
    }
  }
  for (let round = 0; round < +options.rounds; round++) {
    for (const entry of entries) entry.rounds.push((await run(entry.tab, steps)).totalMs / steps / 1e3);
  }
  const first = entries.length > 0 ? median(entries[0].rounds) : Number.NaN;
  console.log(`${inputs} numbers, ${features} features, k = ${k}, batch ${batch}; seconds a step, ${options.rounds} rounds of ${steps} steps in turn`);
  for (const { contender, rounds } of entries) {
    console.log(`${contender.padEnd(12)} ${median(rounds).toFixed(2).padStart(8)}  ${(median(rounds) / first).toFixed(2).padStart(7)} ×   ${rounds.map((s) => s.toFixed(2)).join(' ')}`);
  }
} finally {
  await close();
  site.close();
}
