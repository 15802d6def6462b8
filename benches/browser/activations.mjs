// Brings 100,000 activations of 768 numbers in 16 bits, made for it with planted directions and a text each; prints how long that takes and
// how much memory the browser's processes need; trains a TopK dictionary on them; prints how many directions it has found, by the page's own
// measure, and the texts of a feature.
//
//   npm install --no-package-lock && npm run activations [-- --rows 100000] [--features 4096] [--steps 300] [--page ../../dist] [--shot DIR]

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, WAITING, launch, memory, raise, serve, words } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    rows: { type: 'string', default: '100000' },
    features: { type: 'string', default: '4096' },
    steps: { type: 'string', default: '300' },
    engine: { type: 'string', default: '' },
    shot: { type: 'string' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
const ROWS = +options.rows;
const DIMS = 768;
const PLANTED = 2048;
const ACTIVE = 16;

/** Numbers from 0 to 1, the same each time: xorshift. */
let state = 0x9e3779b9;
function uniform() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

/** The header of an array as NumPy saves it. */
function header(descr, shape) {
  const text = Buffer.from(`{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }\n`);
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length & 255, text.length >> 8]), text]);
}

/** A number in 16 bits. */
const [word, float] = [new Uint32Array(1), new Float32Array(1)];
function half(v) {
  float[0] = v;
  word[0] = new Uint32Array(float.buffer)[0];
  const [sign, exponent, mantissa] = [(word[0] >>> 16) & 0x8000, ((word[0] >>> 23) & 255) - 112, (word[0] >>> 13) & 1023];
  return exponent <= 0 ? sign : exponent > 30 ? sign | 0x7bff : sign | (exponent << 10) | mantissa;
}

const folder = mkdtempSync(join(tmpdir(), 'latent-lab-activations-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const files = ['acts.npy', 'acts.jsonl', 'acts_planted.npy'].map((name) => join(folder, name));
const planted = Float32Array.from({ length: PLANTED * DIMS }, normal);
for (let k = 0; k < PLANTED; k++) {
  const row = planted.subarray(k * DIMS, (k + 1) * DIMS);
  const length = Math.hypot(...row);
  row.forEach((v, i) => (row[i] = v / length));
}
const [acts, lines, truth] = files.map((path) => openSync(path, 'w'));
writeSync(truth, header('<f4', [PLANTED, DIMS]));
writeSync(truth, Buffer.from(planted.buffer));
writeSync(acts, header('<f2', [ROWS, DIMS]));
const block = new Uint16Array(DIMS);
for (let i = 0; i < ROWS; i++) {
  const row = new Float32Array(DIMS);
  let [most, of] = [0, 0];
  for (let j = 0; j < ACTIVE; j++) {
    const [k, strength] = [Math.floor(uniform() * PLANTED), 0.5 - Math.log(1 - uniform())];
    if (strength > most) [most, of] = [strength, k];
    for (let d = 0; d < DIMS; d++) row[d] += strength * planted[k * DIMS + d];
  }
  for (let d = 0; d < DIMS; d++) block[d] = half(row[d]);
  writeSync(acts, Buffer.from(block.buffer));
  writeSync(lines, JSON.stringify({ text: `row ${i}: mostly <<direction ${of}>>`, group: `g${of % 8}` }) + '\n');
}
for (const file of [acts, lines, truth]) closeSync(file);
console.log(`${ROWS} rows of ${DIMS} numbers, ${((ROWS * DIMS * 2) / 1e6).toFixed(0)} MB; ${PLANTED} directions, ${ACTIVE} in each row`);

const site = await serve((path) => join(options.page, path));
const { browser, close } = await launch({ chromium: options.chromium });
const page = await browser.newPage();
await page.setViewport({ width: 1440, height: 900 });
const engine = options.engine ? `&engine=${options.engine}` : '';
const query = `v=1&method=topk-sae&features=${options.features}&k=${ACTIVE}&batch=256&lr=0.003${engine}`;
await page.goto(`${site.origin}/?${query}`);
await page.waitForFunction(READY, { timeout: 120_000 });
await new Promise((resolve) => setTimeout(resolve, 3000));
const system = await browser.target().createCDPSession();
console.log(`before: ${words(await memory(system))}`);
await page.evaluate(WAITING);

const most = {};
async function watch(done, seconds) {
  for (const end = Date.now() + 1e3 * seconds; Date.now() < end; ) {
    await raise(most, system);
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`not within ${seconds} seconds`);
}
const click = (id) => page.$eval(`[data-testid=${id}]`, (button) => button.click());
const text = (id) => page.$eval(`[data-testid=${id}]`, (element) => element.textContent).catch(() => '');
const shot = async (name) => {
  if (!options.shot) return;
  mkdirSync(options.shot, { recursive: true });
  await page.screenshot({ path: join(options.shot, `${name}.png`) });
};
const longest = async (what) => {
  const ms = await page.evaluate(() => { const ms = window.longest; window.longest = 0; return ms; });
  console.log(`${what}: the page's thread was busy for ${ms.toFixed(0)} ms at most`);
};

let began = Date.now();
const since = () => ((Date.now() - began) / 1e3).toFixed(1);
await click('add-data');
await (await page.waitForSelector('[data-testid=import-files]')).uploadFile(...files);
await watch(() => page.$('[data-testid=import-start]'), 300);
console.log(`looked at in ${since()} s: ${await text('found')}`);
await longest('looking');
await shot('found');
began = Date.now();
await click('import-start');
await watch(async () => (await text('import-progress')).includes('are ready'), 300);
console.log(`packed in ${since()} s: ${await text('import-progress')}`);
await longest('packing');
console.log(`at most while they came in: ${words(most)}`);
began = Date.now();
await click('import-use');
await watch(() => page.evaluate(() => latentLab.state().setup.includes('data=acts:') && latentLab.state().status === 'Ready to train'), 120);
console.log(`a dictionary for them stands after ${since()} s`);
began = Date.now();
await click('train');
await watch(() => page.evaluate((steps) => latentLab.state().step >= steps, +options.steps), 1500);
await click('train');
const told = await page.evaluate(() => latentLab.state());
console.log(`${told.step} steps of ${options.features} features, 256 rows each, in ${since()} s; ${JSON.stringify(told.terms)}`);
await longest('training');
await click('tab-features');
await page.waitForFunction(() => document.querySelectorAll('[data-testid=feature-strongest] li').length > 0, { timeout: 120_000 });
console.log(`a feature fires on: ${await page.$$eval('[data-testid=feature-strongest] .strongest-text', (all) => all.slice(0, 6).map((e) => e.textContent).join(' | '))}`);
await page.$eval('[data-testid=panel-feature]', (panel) => panel.scrollIntoView());
await new Promise((resolve) => setTimeout(resolve, 500));
await shot('feature');
await longest('the features');
console.log(`at most in all: ${words(most)}`);
await close();
site.close();
