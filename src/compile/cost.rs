//! What a dispatch costs on a graphics card, reasoned about: launch, the longest chain, bytes, arithmetic, whichever takes longest.
//!
//! A model is no measurement. It says which of the four bounds a dispatch, and by about how much one plan is better than another; the
//! constants of the machines are what others have measured or makers have printed, and say so.

use serde::Serialize;

use super::lanes::scatter;
use super::listing::Kernel;
use super::target::LANES;

/// A machine, as far as a step's time depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// What it is.
    pub name: &'static str,
    /// Microseconds from one dispatch to the next in a pass, the write of the one being seen by the other.
    pub launch_us: f64,
    /// Nanoseconds of a turn that waits for the one before: a load from the second cache, which holds what the last dispatch wrote.
    pub turn_ns: f64,
    /// Workgroups of 256 lanes below which cores are idle.
    pub cores: f64,
    /// Gigabytes a second.
    pub bandwidth: f64,
    /// Billions of operations a second that kernels in WGSL reach.
    pub gflops: f64,
}

/// The machines that plans are judged on.
///
/// Launch: 24 to 36 µs for a dispatch on Vulkan and 32 to 71 on Metal (arXiv 2604.02344, where each has a pass of its own; ours share
/// one, so the lower end). Arithmetic: what the best published WGSL products reach. Turns: latencies of a load that misses the first
/// cache, in cycles, by the clock; these are estimates, but for the desktop's (273 cycles: Luo et al. 2024, arXiv 2402.13499).
pub const MACHINES: [Machine; 3] = [
    // Intel UHD 630: 58 GFLOP/s of products of 1024³ (gpuweb issue 1202); three subslices of eight units; two channels of DDR4-2400.
    Machine { name: "integrated", launch_us: 24.0, turn_ns: 200.0, cores: 12.0, bandwidth: 30.0, gflops: 60.0 },
    // Apple M2 with ten cores: 2,600 GFLOP/s (wgpu-mm issue 20); 100 GB/s by its maker.
    Machine { name: "laptop", launch_us: 32.0, turn_ns: 150.0, cores: 20.0, bandwidth: 100.0, gflops: 2600.0 },
    // NVIDIA RTX 4090: a quarter of 82.6 TFLOP/s, as WGSL reaches on cards of its kind (gpu.cpp issue 35); 128 cores; 1,008 GB/s by
    // its maker; 273 cycles at 2.5 GHz.
    Machine { name: "desktop", launch_us: 24.0, turn_ns: 110.0, cores: 128.0, bandwidth: 1008.0, gflops: 20_000.0 },
];

/// What bounds a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// That it is a dispatch at all.
    Launch,
    /// Turns that wait for each other.
    Chain,
    /// What it reads and writes.
    Bytes,
    /// What it computes.
    Arithmetic,
}

impl Bound {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Chain => "chain",
            Self::Bytes => "bytes",
            Self::Arithmetic => "arithmetic",
        }
    }
}

/// A dispatch's time on a machine.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Time {
    /// Of [`MACHINES`].
    pub machine: &'static str,
    /// Microseconds.
    pub us: f64,
    /// What most of them are.
    pub bound: Bound,
}

/// Whether neighbouring lanes of the kernels of a dispatch with this text load neighbours, as [`Kernel::scatter`] says.
pub fn look_at(kernels: &mut [Kernel], wgsl: &str) {
    for k in kernels {
        k.scatter = scatter(wgsl, &k.function, k.workgroups, k.lanes);
    }
}

/// The time of a dispatch of these kernels: they share the machine, but none has more of it than its own workgroups can use, and the
/// dispatch is over when the slowest is. Arithmetic and bytes go on at the same time.
pub fn time(machine: &Machine, kernels: &[Kernel]) -> Time {
    let slowest = |of: &dyn Fn(&Kernel, f64) -> f64| {
        let alone = kernels.iter().map(|k| {
            let used = (k.workgroups * k.lanes) as f64 / LANES as f64 / machine.cores;
            of(k, used.clamp(1.0 / (8.0 * machine.cores), 1.0))
        });
        let together: f64 = kernels.iter().map(|k| of(k, 1.0)).sum();
        alone.fold(together, f64::max)
    };
    let chain = kernels.iter().filter_map(|k| k.waits).max().unwrap_or(0) as f64 * machine.turn_ns / 1e3;
    let bytes = |k: &Kernel, share: f64| {
        // What is brought in vain counts, as if no cache kept it until it is wanted.
        let read = k.read.unwrap_or(0) as f64 * k.scatter.unwrap_or(1.0);
        (read + k.written.unwrap_or(0) as f64) / (machine.bandwidth * share) / 1e3
    };
    let arithmetic = |k: &Kernel, share: f64| k.flops.unwrap_or(0) as f64 / (machine.gflops * share) / 1e3;
    let work = [(Bound::Chain, chain), (Bound::Bytes, slowest(&bytes)), (Bound::Arithmetic, slowest(&arithmetic))];
    let (bound, longest) = work.into_iter().fold(work[0], |a, b| if b.1 > a.1 { b } else { a });
    let bound = if longest > machine.launch_us { bound } else { Bound::Launch };
    Time { machine: machine.name, us: machine.launch_us + longest, bound }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(workgroups: usize, flops: u64, read: u64, chain: u64) -> Kernel {
        let (name, function, lanes) = ("map".into(), "kernel0".into(), LANES);
        let [flops, read, written, chain] = [flops, read, 0, chain].map(Some);
        Kernel { name, function, members: vec![], workgroups, lanes, flops, read, written, chain, waits: chain, scatter: None }
    }

    #[test]
    fn what_takes_longest_bounds() {
        let desktop = MACHINES[2];
        let bound = |k: Kernel| time(&desktop, &[k]).bound;
        assert_eq!(bound(kernel(1000, 1000, 1000, 10)), Bound::Launch);
        assert_eq!(bound(kernel(1, 1000, 1000, 1568)), Bound::Chain);
        assert_eq!(bound(kernel(1000, 1000, 1 << 30, 10)), Bound::Bytes);
        assert_eq!(bound(kernel(1000, 1 << 40, 1000, 10)), Bound::Arithmetic);
    }

    #[test]
    fn few_workgroups_have_few_of_the_cores() {
        let desktop = MACHINES[2];
        let us = |workgroups| time(&desktop, &[kernel(workgroups, 10_000_000_000, 0, 0)]).us - desktop.launch_us;
        assert!((us(14) / us(128) - 128.0 / 14.0).abs() < 1e-9);
        assert_eq!(us(128), us(1000));
        // Two that share the machine take as long as both.
        let both = time(&desktop, &[kernel(128, 10_000_000_000, 0, 0), kernel(128, 10_000_000_000, 0, 0)]);
        assert!((both.us - desktop.launch_us - 2.0 * us(128)).abs() < 1e-6);
    }
}
