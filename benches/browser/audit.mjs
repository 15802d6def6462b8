// Audits every tab of the built page with axe-core, light and dark, desktop and phone. Fails on serious and critical findings.
//
//   npm install --no-package-lock && npm run audit [-- --page ../../dist]

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READY, launch, serve } from './site.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    page: { type: 'string', default: join(here, '../../dist') },
    chromium: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENS = [['desktop', 1440, 900], ['phone', 390, 844]];
const BAD = ['serious', 'critical'];
// Trained models with tabs that the first one has not.
const OTHERS = ['mnist-vq', 'faces-sae'];

const site = await serve((path) => join(options.page, path));
const { browser, close } = await launch({ chromium: options.chromium });
let bad = 0;

/** Audits each tab of the page that is open. */
async function audit(page, name) {
  await page.evaluate(AXE);
  for (const tab of await page.$$eval('[role=tab]', (tabs) => tabs.map((t) => t.id))) {
    await page.evaluate((id) => document.getElementById(id).click(), tab);
    // What the panel asks of the engine arrives.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { violations } = await page.evaluate(() => axe.run({ resultTypes: ['violations'] }));
    for (const v of violations) {
      const places = v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join('; ');
      console.log(`${name} ${tab}: ${v.impact}: ${v.id}: ${v.help} (${v.nodes.length}: ${places})`);
      bad += BAD.includes(v.impact) ? 1 : 0;
    }
  }
}

for (const [screen, width, height] of SCREENS) {
  for (const scheme of ['light', 'dark']) {
    for (const preset of [null, ...OTHERS]) {
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(`${site.origin}/`);
      await page.waitForFunction(READY, { timeout: 60_000 });
      if (preset) {
        await page.$eval(`[data-testid=preset-${preset}]`, (button) => button.click());
        await page.waitForFunction(() => document.querySelector('#tab-codebook, #tab-features'), { timeout: 60_000 });
        await page.waitForFunction(READY, { timeout: 60_000 });
      }
      await audit(page, `${screen} ${scheme}`);
      await page.close();
    }
  }
}
await close();
site.close();
console.log(`${bad} serious or critical findings`);
process.exitCode = bad ? 1 : 0;
