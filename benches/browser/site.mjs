// What the scripts here share: a server of static files, and a browser with WebGPU.

import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import puppeteer from 'puppeteer-core';

const MIME = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.gz': 'application/gzip' };

/** Serves what `find` makes of a path: bytes, or the name of a file or of a folder with an `index.html`. */
export function serve(find) {
  const server = createServer((request, response) => {
    const found = find(normalize(decodeURIComponent(new URL(request.url, 'http://local').pathname)));
    if (typeof found !== 'string') return response.end(found);
    try {
      const file = statSync(found).isDirectory() ? join(found, 'index.html') : found;
      response.setHeader('content-type', MIME[extname(file)] ?? 'application/octet-stream');
      response.end(readFileSync(file));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() })));
}

/** Starts Chromium on a software adapter (`swiftshader`) or the machine's own (`default`), or Firefox where its path is given; `close` ends
 * it and its profile. */
export async function launch({ chromium, firefox, adapter = 'swiftshader', args = [], ...more }) {
  if (firefox) {
    const extraPrefsFirefox = { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true, 'dom.webgpu.workers.enabled': true };
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox, headless: true, extraPrefsFirefox, ...more });
    return { browser, close: () => browser.close() };
  }
  const profile = mkdtempSync(join(tmpdir(), 'latent-lab-'));
  const gpu = adapter === 'default' ? '--enable-features=Vulkan' : `--use-webgpu-adapter=${adapter}`;
  const browser = await puppeteer.launch({
    executablePath: chromium,
    userDataDir: profile,
    args: ['--headless=new', '--no-sandbox', '--enable-unsafe-webgpu', gpu, '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', ...args],
    ...more,
  });
  const close = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { browser, close };
}

/** Megabytes of memory of each kind of Chromium's processes, by a session with the browser: the largest of a kind, resident and of
 * that without files. Linux only. */
export async function memory(system) {
  const { processInfo } = await system.send('SystemInfo.getProcessInfo');
  const kinds = {};
  for (const { type, id } of processInfo) {
    const status = readFileSync(`/proc/${id}/status`, 'utf8');
    const mb = (key) => +new RegExp(`${key}:\\s+(\\d+)`).exec(status)[1] / 1024;
    const now = { resident: mb('VmRSS'), own: mb('RssAnon') + mb('RssShmem') };
    if (!kinds[type] || kinds[type].resident < now.resident) kinds[type] = now;
  }
  return kinds;
}

/** In the page: a network stands, and can be trained. */
export const READY = () => {
  const train = document.querySelector('[data-testid=train]');
  return train?.disabled === false && train.ariaDisabled === 'false';
};

/** What each kind of process takes, in words. */
export const words = (memories) =>
  Object.entries(memories).map(([kind, { resident, own }]) => `${kind} ${resident.toFixed(0)} MB (${own.toFixed(0)} its own)`).join(', ');

/** Raises `most` to what each kind of process takes now. */
export async function raise(most, system) {
  for (const [kind, now] of Object.entries(await memory(system))) {
    most[kind] = { resident: Math.max(now.resident, most[kind]?.resident ?? 0), own: Math.max(now.own, most[kind]?.own ?? 0) };
  }
}

/** In the page: from now on `window.longest` has the milliseconds for which a message had to wait at most. */
export const WAITING = () => {
  window.longest = 0;
  let last = performance.now();
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {
    const now = performance.now();
    window.longest = Math.max(window.longest, now - last);
    last = now;
    setTimeout(() => {
      last = performance.now();
      port1.postMessage(0);
    }, 4);
  };
  port1.postMessage(0);
};
