// The workloads in jax-js, the whole step (loss, gradients, Adam) under one `jit`.
// Arrays are reference counted there: every use but the last of a value is written `.ref`.

import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, random, tree, valueAndGrad } from '/node_modules/@jax-js/jax/dist/index.js';
import { adam } from '/contenders/adam.js';
import { BATCHES, LEARNING_RATE, images, initialParameters } from '/workloads.js';
import { timeSteps } from '/contenders/counting.js';

/** On `device`: `webgpu`, or `wasm` for the processor. */
export async function create(workload, batch, digits, device = 'webgpu') {
  const devices = await init(device);
  if (!devices.includes(device)) throw new Error(`jax-js has no device ${device}`);
  defaultDevice(device);

  const mlp = workload.kind === 'mlp';
  const { size, channels } = workload;
  const depth = mlp ? 0 : channels.length - 1;
  let params = {};
  for (const [name, { shape, values }] of Object.entries(initialParameters(workload))) {
    params[name] = np.array(values).reshape(shape);
  }
  let moments = tree.map((p) => np.zeros(p.shape), params);
  let variances = tree.map((p) => np.zeros(p.shape), params);
  let powers = np.array([1, 1]);
  const minibatches = [];
  for (let i = 0; i < BATCHES; i++) {
    const x = np.array(images(workload, batch, digits, i));
    minibatches.push(mlp ? x.reshape([batch, workload.pixels]) : np.transpose(x.reshape([batch, size, size, channels[0]]), [0, 3, 1, 2]));
  }
  await blockUntilReady(minibatches);

  const dense = (input, p, name) => np.matmul(input, p[`${name}.weight`]).add(p[`${name}.bias`]);
  const bias = (p, name) => p[name].reshape([1, -1, 1, 1]);
  const pad = [[1, 1], [1, 1]];

  const loss = (p, input, key) => {
    let h = input.ref;
    if (mlp) h = nn.relu(dense(h, p, 'hidden'));
    for (let i = 0; i < depth; i++) h = nn.relu(lax.conv(h, p[`down${i}.weight`], [2, 2], pad).add(bias(p, `down${i}.bias`)));
    h = h.reshape([batch, -1]);
    const mean = dense(h.ref, p, 'mean');
    const logVariance = dense(h, p, 'logVariance');
    const noise = random.normal(key, [batch, workload.latent]);
    const z = mean.ref.add(np.exp(logVariance.ref.mul(0.5)).mul(noise));
    let logits = nn.relu(dense(z, p, 'widen'));
    if (mlp) logits = dense(logits, p, 'logits');
    else logits = logits.reshape([batch, channels[depth], size >> depth, size >> depth]);
    for (let i = depth; i > 0; i--) {
      logits = lax.convTranspose(logits, p[`up${i}.weight`], [2, 2], pad, { transposeKernel: true }).add(bias(p, `up${i}.bias`));
      if (i > 1) logits = nn.relu(logits);
    }
    const rec = np.sum(nn.softplus(logits.ref).sub(logits.mul(input)));
    const kl = np.sum(np.square(mean).add(np.exp(logVariance.ref)).sub(logVariance).sub(1)).mul(0.5);
    return rec.add(kl).div(batch);
  };

  const step = jit((params, moments, variances, powers, input, key) => {
    const [value, grads] = valueAndGrad(loss)(tree.map((p) => p.ref, params), input, key);
    return [value, ...adam(params, grads, moments, variances, powers, LEARNING_RATE)];
  });

  let taken = 0;
  return {
    run: (steps) =>
      timeSteps(
        steps,
        () => {
          const [value, p, m, v, w] = step(params, moments, variances, powers, minibatches[taken % BATCHES].ref, random.key(taken++));
          [params, moments, variances, powers] = [p, m, v, w];
          return value;
        },
        async (value) => (await value.data())[0],
      ),
  };
}
