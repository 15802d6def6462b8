//! An order in which things that are alike are near each other, so that a compressor finds what it has seen.
//!
//! Balanced graph partitioning, as in *Optimizing Function Layout for Mobile Applications* (Hoag, Lee, Mestre, Pupyrev 2022,
//! section 4): halves exchange members as long as that brings equal stretches of bytes together, then each half is halved.

use std::collections::HashMap;

/// Bytes of a stretch by which two things are alike. Of three to eight, six made the page and the engine smallest.
const STRETCH: usize = 6;
/// Rounds of exchange at each halving; most stop by themselves before.
const ROUNDS: usize = 20;
/// One pair in so many stays, another in each round: otherwise alike things may change sides together for ever.
const STAYS: usize = 10;

/// The numbers of `things`, in such an order.
pub fn alike(things: &[&[u8]]) -> Vec<usize> {
    let mut seen = HashMap::<&[u8], u32>::new();
    let stretches: Vec<Vec<&[u8]>> = things
        .iter()
        .map(|thing| {
            let mut own: Vec<&[u8]> = thing.windows(STRETCH).collect();
            own.sort_unstable();
            own.dedup();
            own.iter().for_each(|&stretch| *seen.entry(stretch).or_default() += 1);
            own
        })
        .collect();
    // What one has, or nearly all have, says nothing.
    seen.retain(|_, n| (2..=things.len() as u32 / 2).contains(n));
    let mut kinds: Vec<&[u8]> = seen.into_keys().collect();
    kinds.sort_unstable();
    let number: HashMap<&[u8], u32> = kinds.iter().zip(0..).map(|(&kind, i)| (kind, i)).collect();
    let kinds: Vec<Vec<u32>> =
        stretches.iter().map(|own| own.iter().filter_map(|stretch| number.get(stretch).copied()).collect()).collect();
    let mut order: Vec<usize> = (0..things.len()).collect();
    // Exchange finds what is near a good beginning: what begins alike often goes on alike.
    order.sort_by_key(|&i| things[i]);
    halve(&kinds, &mut order);
    order
}

/// Orders `members`, of which each has some `kinds` of stretches.
fn halve(kinds: &[Vec<u32>], members: &mut [usize]) {
    if members.len() <= 2 {
        return;
    }
    let middle = members.len() / 2;
    let mut here: Vec<u32> = members.iter().flat_map(|&m| &kinds[m]).copied().collect();
    here.sort_unstable();
    here.dedup();
    let local: HashMap<usize, Vec<usize>> =
        members.iter().map(|&m| (m, kinds[m].iter().filter_map(|kind| here.binary_search(kind).ok()).collect())).collect();

    // How many on either side have a kind.
    let mut count = vec![[0_usize; 2]; here.len()];
    for (i, m) in members.iter().enumerate() {
        local[m].iter().for_each(|&kind| count[kind][usize::from(i >= middle)] += 1);
    }
    // What it costs to write the kind down on a side, up to what is the same for all.
    let cost: Vec<f64> = (0..=members.len()).map(|n| -(n as f64) * ((n + 1) as f64).log2()).collect();
    for round in 0..ROUNDS {
        let gain: Vec<[f64; 2]> = count
            .iter()
            .map(|&[left, right]| {
                let now = cost[left] + cost[right];
                [
                    if left > 0 { now - cost[left - 1] - cost[right + 1] } else { 0.0 },
                    if right > 0 { now - cost[left + 1] - cost[right - 1] } else { 0.0 },
                ]
            })
            .collect();
        let by_gain = |side: usize, range: std::ops::Range<usize>| {
            let mut ranked: Vec<(f64, usize)> =
                range.map(|at| (local[&members[at]].iter().map(|&kind| gain[kind][side]).sum(), at)).collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            ranked
        };
        let pairs: Vec<_> = by_gain(0, 0..middle).into_iter().zip(by_gain(1, middle..members.len())).collect();
        let mut moved = false;
        for (i, ((left, a), (right, b))) in pairs.into_iter().enumerate() {
            if left + right <= 0.0 {
                break;
            }
            if (i + round) % STAYS == STAYS - 1 {
                continue;
            }
            for (at, from) in [(a, 0), (b, 1)] {
                for &kind in &local[&members[at]] {
                    count[kind][from] -= 1;
                    count[kind][1 - from] += 1;
                }
            }
            members.swap(a, b);
            moved = true;
        }
        if !moved {
            break;
        }
    }
    let (left, right) = members.split_at_mut(middle);
    halve(kinds, left);
    halve(kinds, right);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_comes_together() {
        let text = |seed: u32| {
            let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            std::iter::successors(Some(seed), next).map(|v| (v >> 24) as u8).take(100).collect::<Vec<u8>>()
        };
        // Eight texts, mixed.
        let which: Vec<u32> = text(1).iter().map(|v| u32::from(v % 8)).collect();
        let texts: Vec<Vec<u8>> = which.iter().map(|&i| text(i)).collect();
        let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let order = alike(&texts);
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..texts.len()).collect::<Vec<_>>(), "each is there once");
        let changes = |order: &[u32]| order.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(changes(&which) > 70);
        // Halves are of the same size, so some texts are cut.
        let ordered: Vec<u32> = order.iter().map(|&i| which[i]).collect();
        assert!(changes(&ordered) < 30, "{ordered:?}");
    }

    #[test]
    fn few_or_empty_things_are_ordered_too() {
        assert!(alike(&[]).is_empty());
        assert_eq!(alike(&[b"", b"a"]), [0, 1]);
    }
}
