// Adam's step in jax-js, to be traced by `jit`: usual decays, unbiased moments.

import { numpy as np } from '/node_modules/@jax-js/jax/dist/index.js';

/**
 * Parameters, moments and variances after a step, and the powers of both decays: `powers` has those of the steps before.
 * It takes what it is given.
 */
export function adam(params, grads, moments, variances, powers, learningRate) {
  const decayed = powers.mul(np.array([0.9, 0.999]));
  const [power1, power2] = [decayed.ref.slice(0), decayed.ref.slice(1)];
  const next = { params: {}, moments: {}, variances: {} };
  for (const name of Object.keys(params)) {
    const g = grads[name];
    const m = moments[name].mul(0.9).add(g.ref.mul(0.1));
    const v = variances[name].mul(0.999).add(np.square(g).mul(0.001));
    const unbiasedM = m.ref.div(np.subtract(1, power1.ref));
    const unbiasedV = v.ref.div(np.subtract(1, power2.ref));
    next.params[name] = params[name].sub(unbiasedM.div(np.sqrt(unbiasedV).add(1e-8)).mul(learningRate));
    next.moments[name] = m;
    next.variances[name] = v;
  }
  power1.dispose();
  power2.dispose();
  return [next.params, next.moments, next.variances, decayed];
}
