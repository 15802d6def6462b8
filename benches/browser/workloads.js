// The workloads that every contender trains, and the random numbers they share.

/** W1: an MLP VAE on 28×28 digits. W2: a convolutional VAE on 64×64 colour images. `topk`: a sparse autoencoder of planted sums, for `topk.mjs`. */
export const WORKLOADS = {
  w1: { kind: 'mlp', pixels: 784, hidden: 400, latent: 20 },
  w2: { kind: 'conv', size: 64, channels: [3, 32, 64, 128, 256], kernel: 4, latent: 64 },
  topk: { kind: 'sparse', inputs: 768, features: 4096, k: 32, directions: 1536, active: 16 },
};

export const LEARNING_RATE = 1e-3;

/** Numerical Recipes' linear congruential generator: the same numbers in every contender. */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/**
 * The parameters of a workload as `{name: {shape, values, fanIn}}`, uniform in ±1/√fanIn (the default of PyTorch and Burn).
 * Dense weights are [in, out]; convolutions [out, in, k, k]; transposed convolutions [in, out, k, k].
 */
export function initialParameters(workload) {
  const random = uniform(7);
  const parameters = {};
  const add = (name, shape, fanIn) => {
    const bound = 1 / Math.sqrt(fanIn);
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (2 * random() - 1) * bound);
    parameters[name] = { shape, values };
  };
  const dense = (name, fanIn, fanOut) => {
    add(`${name}.weight`, [fanIn, fanOut], fanIn);
    add(`${name}.bias`, [fanOut], fanIn);
  };
  if (workload.kind === 'mlp') {
    dense('hidden', workload.pixels, workload.hidden);
    dense('mean', workload.hidden, workload.latent);
    dense('logVariance', workload.hidden, workload.latent);
    dense('widen', workload.latent, workload.hidden);
    dense('logits', workload.hidden, workload.pixels);
    return parameters;
  }
  const { channels, kernel, latent } = workload;
  const area = kernel * kernel;
  const depth = channels.length - 1;
  const flat = channels[depth] * (workload.size >> depth) ** 2;
  for (let i = 0; i < depth; i++) {
    add(`down${i}.weight`, [channels[i + 1], channels[i], kernel, kernel], channels[i] * area);
    add(`down${i}.bias`, [channels[i + 1]], channels[i] * area);
  }
  dense('mean', flat, latent);
  dense('logVariance', flat, latent);
  dense('widen', latent, flat);
  for (let i = depth; i > 0; i--) {
    add(`up${i}.weight`, [channels[i], channels[i - 1], kernel, kernel], channels[i - 1] * area);
    add(`up${i}.bias`, [channels[i - 1]], channels[i - 1] * area);
  }
  return parameters;
}

/** How many different minibatches the contenders cycle through. */
export const BATCHES = 64;

/** Minibatch number `index`: images in [0, 1], row-major [batch, height, width, channels]. */
export function images(workload, batch, digits, index) {
  if (workload.kind === 'mlp') {
    const first = ((index * batch) % (digits.length / workload.pixels - batch)) * workload.pixels;
    return Float32Array.from(digits.subarray(first, first + batch * workload.pixels), (byte) => byte / 255);
  }
  // Soft discs on a gradient: cheap, colourful, and learnable within a few steps.
  const { size } = workload;
  const random = uniform(11 + index);
  const out = new Float32Array(batch * size * size * 3);
  for (let b = 0; b < batch; b++) {
    const [cx, cy, radius] = [16 + 32 * random(), 16 + 32 * random(), 8 + 12 * random()];
    const [r, g, bl] = [random(), random(), random()];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const inside = 1 / (1 + Math.exp(Math.hypot(x - cx, y - cy) - radius));
        const at = ((b * size + y) * size + x) * 3;
        out[at] = inside * r + (1 - inside) * (y / size);
        out[at + 1] = inside * g + (1 - inside) * 0.5;
        out[at + 2] = inside * bl + (1 - inside) * (x / size);
      }
    }
  }
  return out;
}
