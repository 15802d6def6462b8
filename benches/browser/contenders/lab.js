// Latent Lab's own page: `window.latentLab.bench` trains a fresh network in the page's worker and times it there.
// Runs inside the page, so it imports nothing.

/** What the page is opened with: W2 is not a method's default, so the benchmark takes it from the page's setup. */
export const LINKS = { mlp: '', conv: 'v=1&data=faces&method=vae&net=conv&latent=64' };

export async function create(workload, batch) {
  const request = { batch };
  // The page keeps a copy of itself for when there is no network: that work is none of a step's.
  const kept = navigator.serviceWorker?.ready ?? Promise.resolve();
  await Promise.race([kept, new Promise((late) => setTimeout(late, 30_000))]);
  if (workload.kind === 'mlp') {
    request.method = 'vae';
  } else {
    const setup = new URLSearchParams(window.latentLab.state().setup);
    for (const key of ['data', 'net']) {
      const wanted = new URLSearchParams(LINKS.conv).get(key);
      if (setup.get(key) !== wanted) throw new Error(`the page has no ${key}=${wanted}`);
    }
  }
  return {
    run: async (steps) => {
      const report = await window.latentLab.bench({ ...request, steps });
      // The report tells dispatches of one step: a plan has the same number every time.
      return { ...report, dispatches: report.dispatches * steps };
    },
  };
}
