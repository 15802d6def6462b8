// Counts dispatches and submits of whatever library runs in this tab.

export const counts = { dispatches: 0, submits: 0 };

for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect']) {
  const original = GPUComputePassEncoder.prototype[name];
  GPUComputePassEncoder.prototype[name] = function (...args) {
    counts.dispatches++;
    return original.apply(this, args);
  };
}
const submit = GPUQueue.prototype.submit;
GPUQueue.prototype.submit = function (...args) {
  counts.submits++;
  return submit.apply(this, args);
};

/**
 * Runs `steps` calls of `step()` and waits for `settle(last)`. `encodeMs` is the time spent inside `step`, that is the time the
 * thread is busy describing work; `totalMs` ends when the last loss has arrived.
 */
export async function timeSteps(steps, step, settle) {
  const before = { ...counts };
  const start = performance.now();
  let encodeMs = 0;
  let last;
  for (let i = 0; i < steps; i++) {
    const from = performance.now();
    const out = step();
    encodeMs += performance.now() - from;
    // Back-pressure: without it the libraries queue without bound.
    const loss = await settle(out);
    last = loss;
  }
  return {
    totalMs: performance.now() - start,
    encodeMs,
    dispatches: counts.dispatches - before.dispatches,
    submits: counts.submits - before.submits,
    loss: last,
  };
}
