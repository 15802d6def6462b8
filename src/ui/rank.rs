//! Orders. One sort for all panels: each other kind of element would bring a sort of its own, three kilobytes of download.

use latent_small::sort_indices;

/// Indices of `keys`, smallest key first; equal ones keep their order.
pub fn rank(keys: impl Iterator<Item = f32>) -> Vec<usize> {
    ranked(&keys.collect::<Vec<f32>>())
}

/// Knows nothing of where the keys come from: each kind of iterator would bring a sort of its own, too.
fn ranked(keys: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    sort_indices(&mut order, &|a, b| keys[a].total_cmp(&keys[b]));
    order
}

/// Items in the order of their keys, smallest first; equal ones keep their order.
pub fn ordered(items: Vec<usize>, key: impl Fn(usize) -> f32) -> Vec<usize> {
    rank(items.iter().map(|i| key(*i))).into_iter().map(|at| items[at]).collect()
}

/// The value that a part of all values, 0 to 1, lies below.
pub fn quantile(values: &[f32], part: f32) -> Option<f32> {
    let order = rank(values.iter().copied());
    let at = (values.len() as f32 * part) as usize;
    order.get(at.min(values.len().checked_sub(1)?)).map(|i| values[*i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_keep_their_order() {
        assert_eq!(rank([2.0, -1.0, 2.0, f32::NAN].into_iter()), vec![1, 0, 2, 3]);
        assert_eq!(ordered(vec![7, 8, 9], |i| f32::from(u8::from(i != 9))), vec![9, 7, 8]);
    }

    #[test]
    fn quantiles_of_few_values() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[3.0, 1.0], 1.0), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
