// Imports a CelebA-shaped archive made for it and prints what that takes: images a second, memory of the page's process before
// and at most while it imports, and how long the next start takes until the images are there and a network for them stands.
//
//   npm install --no-package-lock && npm run import [-- --images 202599] [--page ../../dist] [--seconds 120] [--detail]

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { READY, launch, memory, raise, serve, words } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    images: { type: 'string', default: '202599' },
    seconds: { type: 'string', default: '120' },
    detail: { type: 'boolean', default: false },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
const IMAGES = +options.images;
const ATTRIBUTES = 40;

/** Pictures of CelebA's size, each a bright disc on a gradient with some noise: as many bytes as a photograph. */
const PICTURES = async () => {
  const canvas = new OffscreenCanvas(178, 218);
  const context = canvas.getContext('2d');
  const pictures = [];
  for (let i = 0; i < 64; i++) {
    const gradient = context.createLinearGradient(0, 0, 178, 218);
    gradient.addColorStop(0, `hsl(${i * 37} 60% 40%)`);
    gradient.addColorStop(1, `hsl(${i * 91} 50% 70%)`);
    context.fillStyle = gradient;
    context.fillRect(0, 0, 178, 218);
    for (let k = 0; k < 2500; k++) {
      context.fillStyle = `rgb(${(k * 71 + i) % 256} ${(k * 37) % 256} ${(k * 13) % 256} / 0.15)`;
      context.fillRect((k * 7919 + i * 31) % 178, (k * 104729 + i * 17) % 218, 3, 3);
    }
    context.fillStyle = `hsl(${i * 53} 40% 60%)`;
    context.beginPath();
    context.arc(89, 109, 50, 0, 7);
    context.fill();
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
    pictures.push([...new Uint8Array(await blob.arrayBuffer())]);
  }
  return pictures;
};

/** Writes the pictures again and again, under the names of CelebA's, into an archive with the fields that large ones have. */
function archive(path, pictures) {
  const file = openSync(path, 'w');
  const index = [];
  let at = 0;
  const put = (bytes) => {
    writeSync(file, bytes);
    at += bytes.length;
  };
  for (let i = 1; i <= IMAGES; i++) {
    const name = Buffer.from(`img_align_celeba/${String(i).padStart(6, '0')}.jpg`);
    const { bytes, sum } = pictures[i % pictures.length];
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt32LE(sum, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt32LE(bytes.length, 22);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 4);
    head.copy(entry, 6, 4, 30);
    entry.writeUInt32LE(at, 42);
    index.push(entry, name);
    put(Buffer.concat([head, name, bytes]));
  }
  const [begin, entries] = [at, Buffer.concat(index)];
  put(entries);
  const large = Buffer.alloc(56);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeUInt16LE(45, 12);
  large.writeUInt16LE(45, 14);
  large.writeBigUInt64LE(BigInt(IMAGES), 24);
  large.writeBigUInt64LE(BigInt(IMAGES), 32);
  large.writeBigUInt64LE(BigInt(entries.length), 40);
  large.writeBigUInt64LE(BigInt(begin), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(0xffff, 8);
  end.writeUInt16LE(0xffff, 10);
  end.writeUInt32LE(0xffffffff, 12);
  end.writeUInt32LE(0xffffffff, 16);
  put(Buffer.concat([large, locator, end]));
  closeSync(file);
  return at;
}

const site = await serve((path) => join(options.page, path));
const folder = mkdtempSync(join(tmpdir(), 'latent-lab-import-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// A browser of its own makes the pictures: nothing of that is in what is measured.
const maker = await launch({ chromium: options.chromium });
const studio = await maker.browser.newPage();
await studio.goto(`${site.origin}/favicon.ico`);
const pictures = (await studio.evaluate(PICTURES)).map((p) => ({ bytes: Buffer.from(p), sum: crc32(Buffer.from(p)) }));
await maker.close();
const files = ['img_align_celeba.zip', 'list_attr_celeba.txt', 'list_eval_partition.txt'].map((name) => join(folder, name));
const size = archive(files[0], pictures);
const names = Array.from({ length: IMAGES }, (_, i) => `${String(i + 1).padStart(6, '0')}.jpg`);
const row = (i) => Array.from({ length: ATTRIBUTES }, (_, k) => (((i * 2654435761) >>> 0) >> k % 31) & 1 ? ' 1' : '-1').join(' ');
const attributes = Array.from({ length: ATTRIBUTES }, (_, k) => (k === 31 ? 'Smiling' : `Attribute_${k}`));
writeFileSync(files[1], `${IMAGES}\n${attributes.join(' ')}\n${names.map((n, i) => `${n} ${row(i)}`).join('\n')}\n`);
writeFileSync(files[2], names.map((n, i) => `${n} ${i < 0.8 * IMAGES ? 0 : i < 0.9 * IMAGES ? 1 : 2}`).join('\n') + '\n');
console.log(`${IMAGES} images, ${(size / 1e6).toFixed(0)} MB`);

const { browser, close } = await launch({ chromium: options.chromium });
const page = await browser.newPage();
await page.goto(`${site.origin}/?v=1&method=vae&latent=2&hidden=16&batch=16`);
await page.waitForFunction(READY, { timeout: 120_000 });
await new Promise((resolve) => setTimeout(resolve, 5000));

const system = await browser.target().createCDPSession();
/** Megabytes that each worker's memories take, largest first. */
async function workers() {
  const sizes = [];
  for (const worker of page.workers()) {
    const heap = await worker.client.send('Runtime.getHeapUsage');
    sizes.push({ worker: worker.url().split('/').pop(), heap: heap.totalSize / 1e6, buffers: (heap.backingStorageSize ?? 0) / 1e6 });
  }
  return sizes.sort((a, b) => b.buffers - a.buffers);
}
const rest = await memory(system);
console.log(`before: ${words(rest)}`);
if (options.detail) console.table(await workers());

const click = (id) => page.$eval(`[data-testid=${id}]`, (button) => button.click());
await click('add-data');
const input = await page.waitForSelector('[data-testid=import-files]');
const began = Date.now();
await input.uploadFile(...files);
await page.waitForSelector('[data-testid=import-start]', { timeout: 300_000 });
console.log(`looked at in ${((Date.now() - began) / 1e3).toFixed(1)} s: ${words(await memory(system))}`);
await click('import-start');
const [start, most] = [Date.now(), {}];
let told = '';
for (let i = 0; (Date.now() - start) / 1e3 < +options.seconds; i++) {
  await new Promise((resolve) => setTimeout(resolve, 250));
  await raise(most, system);
  told = await page.$eval('[data-testid=import-progress]', (note) => note.textContent).catch(() => told);
  if (options.detail && i % 80 === 40) console.table(await workers());
  if (told.includes('are ready')) break;
}
console.log(`after ${((Date.now() - start) / 1e3).toFixed(0)} s: ${told}`);
console.log(`at most: ${words(most)}`);
if (!told.includes('are ready')) {
  await click('import-stop');
  await page.waitForFunction(() => document.querySelector('[data-testid=import-progress]')?.textContent.includes('are ready'), { timeout: 60_000 });
}

// The next start, until the images are there and a network for them stands.
for (let i = 0; i < 3; i++) {
  const again = await browser.newPage();
  await again.evaluateOnNewDocument(() => {
    const begun = performance.now();
    const look = () => {
      const status = window.latentLab?.state?.().status ?? '';
      window.seen ??= {};
      if (/Reading|images/.test(status)) window.seen.reading ??= performance.now() - begun;
      else if (window.seen.reading) window.seen.there ??= performance.now() - begun;
      if (status === 'Ready to train' || status === 'Paused') window.seen.ready ??= performance.now() - begun;
      else setTimeout(look, 5);
    };
    look();
  });
  await again.goto(`${site.origin}/?v=1&data=own:celeba&method=vae&latent=2&hidden=16&batch=16`);
  await again.waitForFunction(() => window.seen?.ready, { timeout: 120_000 });
  const seen = await again.evaluate(() => window.seen);
  const [reading, there, ready] = ['reading', 'there', 'ready'].map((key) => ((seen[key] ?? NaN) / 1e3).toFixed(2));
  console.log(`next start: images begin to be read after ${reading} s and are there after ${there} s; a network stands after ${ready} s`);
  await again.close();
}
await close();
site.close();
