//! Who answers the panels' questions: the engine when a run stands, else the pretrained model on the CPU.

use std::collections::VecDeque;

use serde_bytes::ByteBuf;

use crate::player::{Digits, Player, to_bytes};
use crate::spec::protocol::{Query, Slot, View, bytes_f32, f32_bytes};

/// The panels' slots.
pub const RECONSTRUCTIONS: Slot = 0;
pub const CURRENT: Slot = 1;
pub const STRIPS: Slot = 2;
pub const CODES: Slot = 3;
pub const POINT: Slot = 4;
pub const SAMPLES: Slot = 5;
pub const SLOTS: usize = 6;

/// Images encoded before the thread is given back: a few milliseconds.
const SLICE: usize = 100;

/// One slot: its latest question, and whether anybody looks.
#[derive(Default)]
pub struct Desk {
    pub query: Option<Query>,
    pub visible: bool,
    /// The question has not been passed on yet.
    pub fresh: bool,
}

/// A question that the CPU is answering, a slice at a time.
struct Job {
    slot: Slot,
    query: Query,
    means: Vec<f32>,
    logvars: Vec<f32>,
    done: usize,
}

/// Answers queries on the CPU from the pretrained model.
#[derive(Default)]
pub struct CpuDesk {
    jobs: VecDeque<Job>,
}

impl CpuDesk {
    /// Takes a question; it replaces an unfinished one of the same slot.
    pub fn take(&mut self, slot: Slot, query: Query) {
        self.jobs.retain(|job| job.slot != slot);
        self.jobs.push_back(Job { slot, query, means: Vec::new(), logvars: Vec::new(), done: 0 });
    }

    pub fn clear(&mut self) {
        self.jobs.clear();
    }

    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Works for a few milliseconds. Returns an answer when one is ready.
    pub fn work(&mut self, player: &Player, digits: Option<&Digits>) -> Option<(Slot, View)> {
        let mut job = self.jobs.pop_front()?;
        let view = match &job.query {
            Query::Decode { z_nd } => {
                let z = bytes_f32(z_nd);
                let codes = z.chunks_exact(player.latent());
                let n = codes.len();
                let pixels = codes.flat_map(|z| to_bytes(&player.decode(z)).collect::<Vec<u8>>()).collect();
                images(n, pixels)
            }
            Query::Reconstruct { first, count } => {
                let digits = digits?;
                let range = (*first as usize).min(digits.len())..((first + count) as usize).min(digits.len());
                let mut pixels: Vec<u8> = range.clone().flat_map(|i| digits.image(i).to_vec()).collect();
                for i in range.clone() {
                    pixels.extend(to_bytes(&player.decode(&player.encode(&digits.values(i)).0)));
                }
                images(2 * range.len(), pixels)
            }
            Query::Embed { count } => {
                let digits = digits?;
                let total = (*count as usize).min(digits.len());
                let end = (job.done + SLICE).min(total);
                for i in job.done..end {
                    let (mean, logvar) = player.encode(&digits.values(i));
                    job.means.extend(mean);
                    job.logvars.extend(logvar);
                }
                job.done = end;
                if end < total {
                    self.jobs.push_back(job);
                    return None;
                }
                View::Codes {
                    n: total as u32,
                    latent: player.latent() as u32,
                    mean_nd: f32_bytes(&job.means),
                    logvar_nd: f32_bytes(&job.logvars),
                    labels: ByteBuf::from((0..total).map(|i| digits.label(i)).collect::<Vec<u8>>()),
                }
            }
        };
        Some((job.slot, view))
    }
}

fn images(n: usize, pixels: Vec<u8>) -> View {
    View::Images { n: n as u32, width: 28, height: 28, channels: 1, pixels: ByteBuf::from(pixels) }
}
