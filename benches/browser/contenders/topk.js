// A step of a TopK sparse autoencoder in jax-js, the whole of it under one `jit`: directions of length one by parametrisation, ReLU and the k largest, squared
// error, Adam. Without AuxK, as most implementations are while no feature is dead; Latent Lab's step always has it.
// Arrays are reference counted there: every use but the last of a value is written `.ref`.

import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '/node_modules/@jax-js/jax/dist/index.js';
import { adam } from '/contenders/adam.js';
import { LEARNING_RATE, uniform } from '/workloads.js';
import { timeSteps } from '/contenders/counting.js';

/** Minibatches that are cycled through. */
const BATCHES = 4;

/** Sums of planted directions, as many as are active at once on average: row-major `[rows, inputs]`. */
function planted({ inputs, directions, active }, rows) {
  const random = uniform(5);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const all = Float32Array.from({ length: directions * inputs }, () => normal() / Math.sqrt(inputs));
  const out = new Float32Array(rows * inputs);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < active; j++) {
      const [k, strength] = [Math.floor(random() * directions), 0.5 - Math.log(1 - random())];
      for (let d = 0; d < inputs; d++) out[i * inputs + d] += strength * all[k * inputs + d];
    }
  }
  return out;
}

/** On `device`: `webgpu`, or `wasm` for the processor. */
export async function create(workload, batch, _digits, device = 'webgpu') {
  const devices = await init(device);
  if (!devices.includes(device)) throw new Error(`jax-js has no device ${device}`);
  defaultDevice(device);
  const { inputs, features, k } = workload;
  const random = uniform(7);
  const drawn = (rows, columns) => np.array(Float32Array.from({ length: rows * columns }, () => (2 * random() - 1) / Math.sqrt(inputs))).reshape([rows, columns]);
  let params = { encoder: drawn(inputs, features), encoderBias: np.zeros([features]), decoder: drawn(features, inputs), decoderBias: np.zeros([inputs]) };
  let moments = tree.map((p) => np.zeros(p.shape), params);
  let variances = tree.map((p) => np.zeros(p.shape), params);
  let powers = np.array([1, 1]);
  const rows = planted(workload, BATCHES * batch);
  const minibatches = [];
  for (let i = 0; i < BATCHES; i++) minibatches.push(np.array(rows.slice(i * batch * inputs, (i + 1) * batch * inputs)).reshape([batch, inputs]));
  await blockUntilReady(minibatches);

  const loss = (p, input) => {
    const lengths = np.sqrt(np.sum(np.square(p.decoder.ref), 1, { keepdims: true }));
    const atoms = p.decoder.div(lengths);
    const pre = nn.relu(np.matmul(input.ref.sub(p.decoderBias.ref), p.encoder).add(p.encoderBias));
    const [largest, at] = lax.topK(lax.stopGradient(pre.ref), k);
    at.dispose();
    const least = largest.slice([], [k - 1, k]);
    const act = np.where(np.greaterEqual(pre.ref, least), pre, 0);
    const copy = np.matmul(act, atoms).add(p.decoderBias);
    return np.sum(np.square(copy.sub(input))).div(batch);
  };

  const step = jit((params, moments, variances, powers, input) => {
    const [value, grads] = valueAndGrad(loss)(tree.map((p) => p.ref, params), input);
    return [value, ...adam(params, grads, moments, variances, powers, LEARNING_RATE)];
  });

  let taken = 0;
  return {
    run: (steps) =>
      timeSteps(
        steps,
        () => {
          const [value, p, m, v, w] = step(params, moments, variances, powers, minibatches[taken++ % BATCHES].ref);
          [params, moments, variances, powers] = [p, m, v, w];
          return value;
        },
        async (value) => (await value.data())[0],
      ),
  };
}
