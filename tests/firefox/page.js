// The built page in Firefox, on the software adapter of Mesa: it trains, every panel shows something that comes from the weights, a slider is
// followed, a run is there after a reload, a visitor's own images are trained on, and a lesson is walked to its end. `cargo lab test` runs this;
// by hand:
//
//   npm install && LATENT_LAB=…/lab LATENT_LAB_FIREFOX=/usr/bin/firefox-esr npm test

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const { LATENT_LAB: lab = "lab", LATENT_LAB_FIREFOX: firefox = "firefox-esr", LATENT_LAB_SCREENSHOTS: pictures } = process.env;

/** A network that is trained at many steps a second, on the adapter; without it, the processor would take the steps beside a software one. */
const SMALL = "v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&engine=plan";
const TINY = "v=1&method=vae&latent=2&hidden=16&batch=4&engine=plan";

/** Where WebGPU is off, as on Linux, or the adapter is one that is not trusted. */
const PREFERENCES = {
  "dom.webgpu.enabled": true,
  "dom.webgpu.workers.enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.update.disabledForTesting": true,
};

/** From a slider's event to the picture, in milliseconds, the median: a browser that looks for finished reads every 100 ms takes 200. Alone on
 * a machine it is 50 at most. */
const SLIDER_MS = 130;

/** The site, by the same server as in every other test. */
async function serve() {
  const server = spawn(lab, ["serve", "--no-build", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(server.stdout)) {
    const port = /localhost:(\d+)/.exec(line)?.[1];
    if (port) return { origin: `http://localhost:${port}`, close: () => server.kill() };
  }
  throw new Error(`${lab} serve ended without saying its port`);
}

const scratch = mkdtempSync(join(tmpdir(), "latent-lab-firefox-"));
const site = await serve();
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: firefox,
  headless: true,
  userDataDir: join(scratch, "profile"),
  extraPrefsFirefox: PREFERENCES,
});

/** What went wrong in any page. */
const errors = [];

async function open(query) {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width: 1280, height: 900 });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(`${site.origin}/?${query}`);
  await ready(page);
  return page;
}

const ready = (page) =>
  page.waitForFunction(() => {
    const train = document.querySelector("[data-testid=train]");
    return train?.disabled === false && train.ariaDisabled === "false";
  });

const click = async (page, testid) => {
  const button = await page.waitForSelector(`[data-testid="${testid}"]`);
  await button.evaluate((element) => element.click());
};

const state = (page) => page.evaluate(() => latentLab.state());

/** Waits until an expression of the page, which may use `state`, is true. */
const until = (page, expression) => page.waitForFunction(`(() => { const state = latentLab.state(); return ${expression}; })()`, { polling: 50 });

const paused = (page) => until(page, "state.status === 'Paused'");

/** All that a panel shows, as text; nothing while each of its pictures is of one colour. */
const shown = (id) => {
  const root = document.getElementById(id);
  root.scrollIntoView({ block: "center" });
  const canvases = [...root.querySelectorAll("canvas")].filter((canvas) => canvas.width > 0 && canvas.height > 0);
  const plain = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(data.buffer);
    return pixels.every((pixel) => pixel === pixels[0]);
  };
  if (canvases.length === 0) return root.innerText.trim();
  return !canvases.every(plain) && canvases.map((canvas) => canvas.toDataURL()).join();
};

const picture = (page, keep) =>
  page.screenshot({ path: join(keep, "firefox.png"), fullPage: true });

const began = performance.now();
let at = began;
const done = (what) => {
  const now = performance.now();
  console.log(`ok: ${what} (${((now - at) / 1000).toFixed(1)} s)`);
  at = now;
};

async function trains() {
  const page = await open(SMALL);
  const adapter = await page.$eval("[data-testid=adapter]", (element) => element.textContent);
  assert.doesNotMatch(adapter, /processor/i, "it trains on the adapter");
  await click(page, "train");
  await until(page, "state.test.length > 0 && state.terms.length > 0");
  const { terms, test } = await state(page);
  const reconstruction = terms.findIndex(([name]) => name === "reconstruction");
  await until(page, `state.test[${reconstruction}] < ${0.8 * test[reconstruction]}`);
  done(`it trains, on ${adapter}`);

  // Every panel of the first tab, once it is in view, moves on with the weights.
  const first = await page.$$eval("#panels .panel", (panels) => panels.map((panel) => panel.id));
  assert.ok(first.length >= 6, `${first}`);
  for (const id of first) {
    const before = await page.waitForFunction(shown, {}, id);
    const old = await before.jsonValue();
    await page.waitForFunction((show, id, old) => new Function(`return (${show})`)()(id) !== old, {}, shown.toString(), id, old);
  }
  await click(page, "train");
  await paused(page);
  done(`${first.length} panels follow the weights`);

  // And the panels of every other tab have something to show.
  let count = 0;
  for (const tab of await page.$$eval("[role=tab]", (tabs) => tabs.map((tab) => tab.dataset.testid))) {
    await click(page, tab);
    const name = tab.replace("tab-", "");
    await page.waitForFunction((name) => document.querySelector(`#panels.tab-${name} > .panel:not([role=alert])`), {}, name);
    for (const id of await page.$$eval("#panels > .panel", (panels) => panels.map((panel) => panel.id))) {
      // Measures and a free hand wait for the visitor.
      if (["measures", "draw"].includes(id)) continue;
      await page.waitForFunction(shown, {}, id);
      count += 1;
    }
  }
  done(`${count} panels of all tabs have pictures`);
  await click(page, "tab-learn");
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await picture(page, pictures);
  }
  return page;
}

async function slider(page) {
  await page.waitForSelector("#traversal .row:not(.inactive) input[type=range]");
  await until(page, "state.waiting === 0");
  const times = await page.evaluate(async () => {
    document.getElementById("traversal").scrollIntoView();
    const slider = document.querySelector("#traversal .row:not(.inactive) input[type=range]");
    const canvas = document.querySelector("[data-testid=traversal-digit]");
    const [low, high] = [+slider.min, +slider.max];
    const times = [];
    for (let i = 0; i < 25; i++) {
      const before = canvas.toDataURL();
      slider.value = low + (high - low) * (0.5 + 0.45 * Math.sin(2.4 * (i + 1)));
      const began = performance.now();
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      while (canvas.toDataURL() === before && performance.now() - began < 2000) await new Promise(requestAnimationFrame);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b);
  });
  const median = times[times.length >> 1];
  assert.ok(median < SLIDER_MS, `a slider's picture comes after ${median.toFixed(0)} ms: ${times.map(Math.round)}`);
  done(`a slider's picture comes after ${median.toFixed(0)} ms`);
}

async function reload(page) {
  const { step } = await state(page);
  assert.ok(step > 0);
  await click(page, "runs");
  await page.waitForSelector("[data-testid=kept-run]");
  await page.reload();
  await page.waitForFunction(() => window.latentLab?.state().status === "Paused");
  assert.equal((await state(page)).step, step, "the run goes on where it was");
  assert.match(await page.$eval("[data-testid=on-show]", (element) => element.textContent), /kept/);
  await click(page, "train");
  await until(page, `state.step > ${step + 5}`);
  await click(page, "train");
  await paused(page);
  await page.close();
  done(`a reload resumes the run at step ${step}`);
}

async function ownImages() {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (80, 28, 28), }";
  const lead = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  const pixels = Buffer.from(Array.from({ length: 80 * 784 }, (_, i) => (Math.floor(i / 784) + (i % 28)) & 255));
  const file = join(scratch, "stripes.npy");
  writeFileSync(file, Buffer.concat([lead, Buffer.from(header), pixels]));
  const page = await open(TINY);
  await click(page, "add-data");
  const input = await page.waitForSelector("[data-testid=import-files]");
  await input.uploadFile(file);
  await click(page, "import-start");
  await page.waitForFunction(() => document.querySelector("[data-testid=import-use]")?.textContent === "Train on them");
  await click(page, "import-use");
  await until(page, "!state.setup.includes('data=mnist') && state.status === 'Ready to train'");
  await click(page, "step");
  await until(page, "state.step === 1 && state.terms.length > 0");
  await page.close();
  done("it trains on own images");
}

/** Presses or moves the i-th part of the page whose name is `part`, or begins with it where that ends with a dash. */
const touch = (part, i) => {
  const named = part.endsWith("-") ? `[data-testid^='${part}']:not(input[type=search], select)` : `[data-testid='${part}']`;
  const all = [...document.querySelectorAll(named)].filter((e) => !e.closest(".lesson") && e.getClientRects().length && !e.closest(".gone"));
  let found = all[i % all.length];
  if (found?.matches("section")) found = found.querySelectorAll(".pick")[i];
  if (!found) return false;
  found.scrollIntoView({ block: "center" });
  if (!found.matches("input[type=range]")) {
    found.click();
    return true;
  }
  found.value = +found.value > (+found.min + +found.max) / 2 ? found.min : found.max;
  for (const name of ["input", "change"]) found.dispatchEvent(new Event(name, { bubbles: true }));
  return true;
};

/** Whether what the page of the lesson asks for is done. */
const deedDone = (page) => page.evaluate(() => document.querySelector(".deed")?.classList.contains("done") === true);

/** Walks a lesson to its end; nothing is done before the deed. */
async function lesson(id) {
  const { pages } = JSON.parse(readFileSync(new URL(`../../assets/lessons/${id}.json`, import.meta.url), "utf8"));
  const page = await open(`engine=cpu&lesson=${id}`);
  page.setDefaultTimeout(240_000);
  for (const of of pages) {
    await page.waitForFunction((title) => document.querySelector("[data-testid=lesson-page]")?.textContent === title, {}, of.title);
    await page.waitForFunction(() => document.querySelector("[data-testid=lesson-state]")?.textContent === "");
    if (of.done || of.predict) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      assert.equal(await deedDone(page), false, `${of.title}: done before the deed`);
      const { steps, touched } = of.done ?? {};
      if (steps) {
        await click(page, "train");
        await until(page, `state.step >= ${steps}`);
        await click(page, "train");
      }
      for (let i = 0; i < (touched?.times ?? 0); i++) await page.waitForFunction(touch, { polling: 150 }, touched.part, i);
      if (of.predict) {
        const run = await page.waitForSelector("[data-testid=prediction-run]");
        assert.equal(await run.evaluate((button) => button.disabled), true, "nobody has guessed");
        if (of.predict.by.choice) {
          await click(page, "guess-0");
        } else if (of.predict.by.curve) {
          await page.evaluate(() => document.querySelector("[data-testid=guess-curve]").focus());
          for (const key of ["ArrowUp", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
        } else {
          await page.evaluate(() => document.querySelector("[data-testid=guess-place]").focus());
          await page.keyboard.press("ArrowRight");
        }
        await page.waitForFunction(() => document.querySelector("[data-testid=prediction-run]").disabled === false);
        await click(page, "prediction-run");
        await page.waitForFunction(() => document.querySelector("[data-testid=prediction-outcome]").textContent);
      }
      await page.waitForFunction(() => document.querySelector(".deed").classList.contains("done"));
    }
    await click(page, "lesson-next");
  }
  await page.waitForSelector("[data-testid=lesson-list]");
  const said = await page.$eval(`[data-testid=lesson-${id}]`, (button) => button.parentElement.textContent);
  assert.match(said, new RegExp(`${pages.length} of ${pages.length} pages done`));
  await page.close();
  done(`the lesson ${id} is walked to its end`);
}

try {
  const page = await trains();
  await slider(page);
  await reload(page);
  await ownImages();
  await lesson("what-an-autoencoder-learns");
  assert.deepEqual(errors, [], "no errors in the pages");
  console.log(`Firefox: all in ${((performance.now() - began) / 1000).toFixed(0)} s`);
} finally {
  await browser.close();
  site.close();
  rmSync(scratch, { recursive: true, force: true });
}
