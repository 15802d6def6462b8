// The workloads in TensorFlow.js, WebGPU or WebAssembly backend. `tf` is the global of its UMD bundle.

import { BATCHES, LEARNING_RATE, images, initialParameters } from '/workloads.js';
import { timeSteps } from '/contenders/counting.js';

/** On `backend`: `webgpu`, or `wasm` for the processor. */
export async function create(workload, batch, digits, backend = 'webgpu') {
  if (backend === 'wasm') tf.wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  await tf.setBackend(backend);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`TensorFlow.js runs on ${tf.getBackend()}, not on ${backend}`);

  const p = {};
  for (const [name, { shape, values }] of Object.entries(initialParameters(workload))) {
    const initial = tf.tensor(values, shape);
    // Filters are [k, k, in, out] here, and [k, k, out, in] for transposed convolutions: the same permutation for both.
    p[name] = tf.variable(shape.length === 4 ? tf.transpose(initial, [2, 3, 1, 0]) : initial);
  }
  const mlp = workload.kind === 'mlp';
  const { size, channels } = workload;
  const shape = mlp ? [batch, workload.pixels] : [batch, size, size, channels[0]];
  const minibatches = Array.from({ length: BATCHES }, (_, i) => tf.tensor(images(workload, batch, digits, i), shape));
  const dense = (input, name) => tf.add(tf.matMul(input, p[`${name}.weight`]), p[`${name}.bias`]);
  const depth = mlp ? 0 : channels.length - 1;

  const encode = (x) => {
    if (mlp) return tf.relu(dense(x, 'hidden'));
    let h = x;
    for (let i = 0; i < depth; i++) h = tf.relu(tf.add(tf.conv2d(h, p[`down${i}.weight`], 2, 'same'), p[`down${i}.bias`]));
    return tf.reshape(h, [batch, -1]);
  };
  const decode = (z) => {
    let h = tf.relu(dense(z, 'widen'));
    if (mlp) return dense(h, 'logits');
    h = tf.reshape(h, [batch, size >> depth, size >> depth, channels[depth]]);
    for (let i = depth; i > 0; i--) {
      const side = size >> (i - 1);
      h = tf.conv2dTranspose(h, p[`up${i}.weight`], [batch, side, side, channels[i - 1]], 2, 'same');
      h = tf.add(h, p[`up${i}.bias`]);
      if (i > 1) h = tf.relu(h);
    }
    return h;
  };
  const loss = (x) => {
    const h = encode(x);
    const mean = dense(h, 'mean');
    const logVariance = dense(h, 'logVariance');
    const noise = tf.randomNormal(mean.shape);
    const z = tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
    const logits = decode(z);
    const rec = tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, x)));
    const kl = tf.mul(tf.sum(tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1))), 0.5);
    return tf.div(tf.add(rec, kl), batch);
  };
  const optimizer = tf.train.adam(LEARNING_RATE);
  let taken = 0;
  return {
    run: (steps) =>
      timeSteps(
        steps,
        () => optimizer.minimize(() => loss(minibatches[taken++ % BATCHES]), true),
        async (value) => {
          const [number] = await value.data();
          value.dispose();
          return number;
        },
      ),
  };
}
