// Opens the built page in WebKit, which has no WebGPU on Linux: the page opens, its model moves, Train learns on the processor, and a figure
// of the example post plays. Says how fast it trains and for how long the page's thread was busy at most.
//
//   On Debian: apt-get install webkit2gtk-driver xvfb
//   xvfb-run -a npm run webkit [-- --page ../../dist] [--seconds 10] [--shot page.png]

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, WAITING, serve } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    driver: { type: 'string', default: 'WebKitWebDriver' },
    port: { type: 'string', default: '4723' },
    seconds: { type: 'string', default: '10' },
    query: { type: 'string', default: '' },
    shot: { type: 'string' },
  },
});

/** In the page: a panel has canvases of more than one colour, or something else to show. */
const COLOURED = `
  const root = document.querySelector(arguments[0]);
  const canvases = [...root.querySelectorAll('canvas')];
  const plain = (c) => { const p = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer); return p.every((v) => v === p[0]); };
  return canvases.length === 0 ? root.textContent.length > 0 : !canvases.every(plain);`;

const driver = spawn(options.driver, [`--port=${options.port}`], { stdio: 'inherit' });
const site = await serve((path) => join(options.page, path));
let failed;
try {
  await visit();
} catch (error) {
  failed = error;
} finally {
  driver.kill();
  site.close();
}
if (failed) {
  console.error(failed.message);
  process.exit(1);
}

async function call(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${options.port}${path}`, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
  return value;
}

async function visit() {
  await until('the driver', () => call('GET', '/status').catch(() => false));
  const { sessionId, capabilities } = await call('POST', '/session', { capabilities: { alwaysMatch: { pageLoadStrategy: 'normal' } } });
  const at = (path, body) => call('POST', `/session/${sessionId}/${path}`, body);
  const js = (script, ...args) => at('execute/sync', { script, args });
  console.log(`${capabilities.browserName} ${capabilities.browserVersion}`);
  try {
    await at('timeouts', { script: 120_000 });
    await at('window/rect', { width: 1280, height: 900 });
    await at('url', { url: `${site.origin}/?${options.query}` });
    await until('the engine is ready', () => js(`return (${READY})()`));
    if (await js('return Boolean(navigator.gpu)')) throw new Error('this browser has WebGPU: it shows nothing here');
    console.log(`adapter: ${await js("return document.querySelector('[data-testid=on-processor]')?.textContent ?? 'none'")}`);

    const picture = (id) => js('return document.querySelector(`[data-testid=${arguments[0]}]`).toDataURL()', id);
    const before = await picture('traversal-digit');
    await js("document.querySelector('[data-testid=traversal-random]').click()");
    await until('the trained model moves', async () => (await picture('traversal-digit')) !== before);

    await js(`(${WAITING})()`);
    await js("document.querySelector('[data-testid=train]').click()");
    await until('steps', () => js('return latentLab.state().step > 20 && latentLab.state().terms.length > 0'));
    const [first, began, step] = await js('window.longest = 0; return [latentLab.state().terms[0][1], performance.now(), latentLab.state().step]');
    await new Promise((resolve) => setTimeout(resolve, 1000 * +options.seconds));
    const [last, ended, later, longest] = await js('return [latentLab.state().terms[0][1], performance.now(), latentLab.state().step, window.longest]');
    await js("document.querySelector('[data-testid=train]').click()");
    const pace = (1000 * (later - step)) / (ended - began);
    console.log(`trains: ${pace.toFixed(1)} steps a second; loss ${first.toFixed(1)} at step ${step}, ${last.toFixed(1)} at step ${later}; a message waited for ${longest.toFixed(0)} ms at most`);
    if (!(last < first)) throw new Error('it does not learn');
    for (const panel of ['traversal', 'reconstructions', 'map', 'samples', 'loss', 'kl']) {
      await js('document.querySelector(`[data-testid=panel-${arguments[0]}]`).scrollIntoView()', panel);
      await until(`the panel ${panel} shows something`, () => js(COLOURED, `[data-testid=panel-${panel}]`));
    }
    if (options.shot) writeFileSync(options.shot, Buffer.from(await call('GET', `/session/${sessionId}/screenshot`), 'base64'));

    await at('url', { url: `${site.origin}/examples/post/` });
    await until('figures', () => js("return Boolean(document.querySelector('latent-lab')?.shadowRoot)"));
    await js("document.querySelector('latent-lab').scrollIntoView({ block: 'center' })");
    const drawn = () => js("return document.querySelector('latent-lab').shadowRoot.querySelector('canvas.big')?.toDataURL() ?? ''");
    await until('a figure draws', async () => (await drawn()).length > 500);
    const still = await drawn();
    await js("document.querySelector('latent-lab').play()");
    await until('it plays', async () => (await drawn()) !== still);
    console.log('a figure plays');
  } finally {
    await call('DELETE', `/session/${sessionId}`);
  }
}

async function until(what, check, seconds = 60) {
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within ${seconds} seconds`);
}
