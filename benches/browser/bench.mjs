// Times one training step of Latent Lab's built page, of TensorFlow.js and of jax-js, on WebGPU and on the processor: same browser, same
// workload, rounds interleaved so that a slow minute of the machine hits everybody. Prints a table and, with --json, the raw numbers.
//
//   node bench.mjs [--page ../../dist] [--cases w1:128,w1:8,w2:16] [--rounds 5] [--ms 2000] [--json out.json]
//     [--contenders lab,lab-cpu,burn,tfjs,tfjs-wasm,jaxjs,jaxjs-wasm] [--firefox /usr/bin/firefox-esr]

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { LINKS } from './contenders/lab.js';
import { launch, serve } from './site.mjs';
import { WORKLOADS } from './workloads.js';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    cases: { type: 'string', default: 'w1:128,w1:8,w2:16' },
    contenders: { type: 'string', default: 'lab,lab-cpu,burn,tfjs,tfjs-wasm,jaxjs,jaxjs-wasm' },
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '2000' },
    json: { type: 'string' },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
    firefox: { type: 'string' },
    adapter: { type: 'string', default: 'swiftshader' },
  },
});

/** Steps from fresh weights after which the losses are compared. */
const CHECK_STEPS = { mlp: 20, conv: 2 };

/** How far apart they may lie: the loss of one image strays by about a quarter, so this is three deviations of two minibatches. */
const lossTolerance = (batch) => (3 * Math.SQRT2 * 0.25) / Math.sqrt(batch);

const IDX_HEADER = 16;

/** The benchmark's own files under `/`, the built page under `/page/`, the test digits as raw bytes under `/digits`. */
function files() {
  const digits = gunzipSync(readFileSync(join(here, '../../assets/mnist/t10k-images-idx3-ubyte.gz'))).subarray(IDX_HEADER);
  return (path) => {
    if (path === '/digits') return digits;
    return path.startsWith('/page/') ? join(options.page, path.slice('/page/'.length)) : join(here, path);
  };
}

async function openTab(browser, origin, contender, workload, batch) {
  const tab = await browser.newPage();
  tab.on('pageerror', (error) => console.error(`[${contender}] ${error.message}`));
  tab.on('console', (message) => message.type() === 'error' && console.error(`[${contender}] ${message.text()}`));
  const engine = { lab: 'plan', 'lab-cpu': 'cpu', burn: 'burn' }[contender];
  if (engine) {
    await tab.goto(`${origin}/page/?${LINKS[WORKLOADS[workload].kind]}&engine=${engine}`);
    const ready = () => /^Ready/.test(window.latentLab?.state?.().status ?? '');
    await tab.waitForFunction(ready, { timeout: 60_000, polling: 200 }).catch(async (error) => {
      const status = await tab.evaluate(() => window.latentLab?.state?.().status);
      throw new Error(`the page is not ready after a minute but says: ${status}`, { cause: error });
    });
    await tab.evaluate(
      async (url, workload, batch) => {
        const [{ WORKLOADS }, { create }] = await Promise.all([import(`${url}/workloads.js`), import(`${url}/contenders/lab.js`)]);
        window.contender = await create(WORKLOADS[workload], batch);
      },
      origin,
      workload,
      batch,
    );
  } else {
    await tab.goto(`${origin}/tab.html`);
    await tab.evaluate((...args) => window.prepare(...args), contender, workload, batch);
  }
  return tab;
}

const run = async (tab, steps) => {
  await tab.bringToFront();
  return tab.evaluate((steps) => window.contender.run(steps), steps);
};

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

async function runCase(browser, origin, workload, batch, checkSteps) {
  const entries = [];
  const losses = {};
  for (const contender of options.contenders.split(',')) {
    try {
      const tab = await openTab(browser, origin, contender, workload, batch);
      // The first steps from fresh weights warm up, and tell whether the contenders learn the same thing.
      losses[contender] = (await run(tab, checkSteps)).loss;
      const probe = await run(tab, 1);
      const steps = Math.max(1, Math.min(200, Math.round(Number(options.ms) / probe.totalMs)));
      entries.push({ contender, tab, steps, rounds: [] });
    } catch (error) {
      console.error(`${workload} batch ${batch}: ${contender} does not run: ${error.message.split('\n')[0]}`);
      losses[contender] = null;
    }
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const entry of entries) entry.rounds.push(await run(entry.tab, entry.steps));
  }
  const perStep = (entry, key) => median(entry.rounds.map((round) => round[key] / entry.steps));
  const rows = entries.map((entry) => ({
    contender: entry.contender,
    steps: entry.steps,
    msPerStep: perStep(entry, 'totalMs'),
    bestMsPerStep: Math.min(...entry.rounds.map((round) => round.totalMs / entry.steps)),
    encodeMsPerStep: perStep(entry, 'encodeMs'),
    dispatchesPerStep: perStep(entry, 'dispatches'),
    submitsPerStep: perStep(entry, 'submits'),
    ...(entry.contender === 'lab' && { compileMs: median(entry.rounds.map((r) => r.compileMs)), planMs: median(entry.rounds.map((r) => r.planMs)) }),
  }));
  for (const { tab } of entries) await tab.close();
  const found = Object.values(losses).filter((loss) => loss !== null);
  const spread = found.length > 0 ? Math.max(...found) / Math.min(...found) - 1 : Number.NaN;
  const lab = rows.find((row) => row.contender.startsWith('lab'))?.msPerStep;
  for (const row of rows) row.timesLab = lab ? row.msPerStep / lab : null;
  return { workload, batch, checkSteps, losses, lossSpread: spread, lossesAgree: spread <= lossTolerance(batch), rows };
}

const site = await serve(files());
const { browser, close } = await launch({
  chromium: options.chromium,
  firefox: options.firefox,
  adapter: options.adapter,
  protocolTimeout: 1_800_000,
  args: ['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
});

let failed = false;
const report = [];
try {
  for (const spec of options.cases.split(',')) {
    const [workload, batchText] = spec.split(':');
    const batch = Number(batchText);
    const result = await runCase(browser, site.origin, workload, batch, CHECK_STEPS[WORKLOADS[workload].kind]);
    failed ||= !result.lossesAgree;
    report.push(result);

    console.log(`\n${workload}, batch ${batch}`);
    console.log('contender    ms/step      best   encode ms   dispatches   submits   × lab   loss after ' + result.checkSteps);
    for (const row of result.rows) {
      console.log(
        [
          row.contender.padEnd(10),
          row.msPerStep.toFixed(2).padStart(9),
          row.bestMsPerStep.toFixed(2).padStart(9),
          row.encodeMsPerStep.toFixed(3).padStart(11),
          (row.dispatchesPerStep ? row.dispatchesPerStep.toFixed(1) : '-').padStart(12),
          row.submitsPerStep.toFixed(2).padStart(9),
          (row.timesLab?.toFixed(2) ?? '-').padStart(7),
          (result.losses[row.contender]?.toFixed(2) ?? '-').padStart(12),
        ].join(' '),
      );
    }
    const built = result.rows.find((row) => row.planMs !== undefined);
    if (built) console.log(`compiling the plan: ${built.planMs.toFixed(1)} ms from the Burn model to the kernels, ${built.compileMs.toFixed(0)} ms with the adapter's own compiler`);
    if (!result.lossesAgree) console.log(`the losses differ by ${(100 * result.lossSpread).toFixed(1)} %, more than ${(100 * lossTolerance(batch)).toFixed(1)} %`);
  }
} finally {
  await close();
  site.close();
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = failed ? 1 : 0;
