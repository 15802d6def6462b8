// Keeps the page for when there is no network. `cargo lab build` puts in what the build is called; `offline.json` lists the site's files.
//
// What is called by its content never changes, so it is taken from what is kept. All else is asked for on the network first, so that a
// site that was replaced shows at once; what is kept stands in only where nothing answers. All that is kept is of one build: once another
// one has been seen, nothing of this one stands in any more, and the other's worker, which the browser fetches then, takes its place.

const BUILD = "{{build}}";
const SCOPE = registration.scope;
/** Other sites of this host have caches too. */
const OURS = `latent-lab ${SCOPE} `;
const KEPT = OURS + BUILD;
const LIST = `${SCOPE}offline.json`;
/** Says that another build has been seen. */
const RETIRED = `${SCOPE}retired`;
const BY_CONTENT = /-[0-9a-f]{16}[/.]/;
const PROGRAMS = /programs-[0-9a-f]{16}/;
/** Requests at a time. */
const AT_ONCE = 4;

/** A file of the list: its path, its bytes, whether the page does not work without it, and the sum of one that is not called by its content. */
const file = ([path, bytes, needed, sum]) => ({ url: SCOPE + path, path, bytes, needed, sum });
const read = async (answer) => (await answer?.json())?.files.map(file) ?? [];
const kept = (url) => caches.match(url, { cacheName: KEPT, ignoreVary: true });
let listed;
/** The files of this build, by their addresses. */
const files = () => (listed ??= kept(LIST).then(read).then((all) => new Map(all.map((one) => [one.url, one]))));

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Keeps a file that came, if it is the one of this build. */
async function put(cache, { url, sum }, answer) {
  const bytes = await answer.arrayBuffer();
  const digest = sum && hex(await crypto.subtle.digest("SHA-256", bytes));
  if (digest !== sum) throw new Error(`${url} is not the one of this build`);
  // A new answer: one that came by a detour is refused where a page is asked for.
  await cache.put(url, new Response(bytes, { headers: answer.headers }));
}

/** Fetches a file and keeps it. */
async function keep(cache, one, how = { cache: BY_CONTENT.test(one.url) ? "default" : "no-cache" }) {
  const answer = await fetch(one.url, how);
  if (!answer.ok) throw new Error(`${one.url}: ${answer.status}`);
  await put(cache, one, answer);
}

/** Does `work` for all of a list, a few at a time. */
async function each(list, work) {
  const next = list.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { for (const one of next) await work(one); }));
}

/** What an earlier worker has kept: for each address where it is, and the sum or the name by which it is known. */
async function earlier() {
  const found = new Map();
  for (const name of await caches.keys()) {
    if (!name.startsWith(OURS)) continue;
    const cache = await caches.open(name);
    const there = new Set((await cache.keys()).map((request) => request.url));
    for (const one of await read(await cache.match(LIST))) if (there.has(one.url)) found.set(one.url, { cache, sum: one.sum });
  }
  return found;
}

async function install() {
  const answer = await fetch(LIST, { cache: "no-cache" });
  const { build, files: all } = await answer.clone().json();
  if (build !== BUILD) throw new Error("the site is being replaced");
  const before = await earlier();
  const cache = await caches.open(KEPT);
  await each(all.map(file), async (one) => {
    const old = before.get(one.url);
    if (old && old.sum === one.sum) await cache.put(one.url, await old.cache.match(one.url));
    else if (one.needed) await keep(cache, one);
    // What the visit has used before this worker stood is in the browser's own cache, or is kept the next time.
    else await keep(cache, one, { cache: "only-if-cached", mode: "same-origin" }).catch(() => {});
  });
  await cache.put(LIST, answer);
  await skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith(OURS) && name !== KEPT) await caches.delete(name);
  await clients.claim();
}

async function forget() {
  for (const name of await caches.keys()) if (name.startsWith(OURS)) await caches.delete(name);
  await registration.unregister();
}

/** Looks whether the page that came is of this build. */
async function look(page) {
  const [now, then] = await Promise.all([page.text(), kept(SCOPE).then((page) => page?.text())]);
  const programs = PROGRAMS.exec(now)?.[0];
  // Something else lies here now.
  if (!programs) return forget();
  if (!then) return;
  const cache = await caches.open(KEPT);
  if (programs === PROGRAMS.exec(then)?.[0]) await cache.delete(RETIRED);
  else await cache.put(RETIRED, new Response());
}

async function answer(event, url) {
  const byContent = BY_CONTENT.test(url);
  const found = byContent && (await kept(url));
  if (found) return found;
  let came;
  try {
    came = await fetch(event.request);
  } catch (error) {
    const found = !(await kept(RETIRED)) && (await kept(url));
    if (found) return found;
    throw error;
  }
  if (!came.ok) return came;
  if (url === SCOPE) {
    event.waitUntil(look(came.clone()));
    return came;
  }
  const one = (await files()).get(url);
  if (!one || (await kept(url))) return came;
  const copy = came.clone();
  event.waitUntil(caches.open(KEPT).then((cache) => put(cache, one, copy)).catch(() => {}));
  return came;
}

/** Tells the page which files there are, how large, and whether they are kept; keeps those that it wants before. */
async function tell({ keep: wanted = [], forget: all }, port) {
  let wrong = "";
  const say = async (over) => {
    const there = new Set((await (await caches.open(KEPT)).keys()).map((request) => request.url));
    const all = [...(await files()).values()].map(({ url, path, bytes, needed }) => [path, bytes, needed, there.has(url)]);
    port.postMessage(JSON.stringify({ files: all, over, wrong }));
  };
  if (all) {
    await forget();
    return port.postMessage(JSON.stringify({ files: [], over: true, wrong }));
  }
  const cache = await caches.open(KEPT);
  for (const path of wanted) {
    const one = (await files()).get(SCOPE + path);
    if (!one || (await kept(one.url))) continue;
    try {
      await keep(cache, one);
    } catch (error) {
      wrong = String(error.message ?? error);
      break;
    }
    await say(false);
  }
  await say(true);
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("message", (event) => event.waitUntil(tell(event.data, event.ports[0])));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = request.url.split(/[?#]/)[0].replace(/\/index\.html$/, "/");
  if (request.method === "GET" && url.startsWith(SCOPE) && !request.headers.has("range")) event.respondWith(answer(event, url));
});
