// Latent Lab's own page: `window.latentLab.bench` trains a fresh network in the page's worker and times it there.

export async function create(workload, batch) {
  const request = workload.kind === 'mlp' ? { method: 'vae' } : { method: 'vae', data: 'faces', params: { net: 'conv', latent: 64 } };
  return {
    run: async (steps) => {
      const report = await window.latentLab.bench({ ...request, batch, steps });
      // The report tells dispatches of one step: a plan has the same number every time.
      return { ...report, dispatches: report.dispatches * steps };
    },
  };
}
