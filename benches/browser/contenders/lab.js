// Latent Lab's own page: `window.latentLab.bench` runs the step in the page's worker.

export async function create(workload, batch) {
  const method = workload.kind === 'mlp' ? 'vae' : 'vae-conv64';
  return { run: (steps) => window.latentLab.bench({ method, batch, steps }) };
}
