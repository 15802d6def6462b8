//! Products of matrices: tiles in registers, on panels that were packed one behind the other.

use crate::threads;

/// Steps of a product's inner dimension that are taken at a time: a panel of the second factor stays in the fastest cache.
const DEPTH: usize = 256;
/// Rows of the first factor that are packed at a time.
const HEIGHT: usize = 96;
/// Columns of the second.
pub(crate) const WIDTH: usize = 1024;
/// Floats of packed panels that stay in the fastest cache: tiles are computed one after the other along those.
const NEAR: usize = 1 << 13;
/// Multiplications from which on it pays to wake other cores.
const SHARED: usize = 1 << 18;

/// A matrix among the floats of a buffer.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub data: &'a [f32],
    /// Floats from one row to the next, and from one column to the next.
    pub step: [usize; 2],
}

/// What the products of a thread are packed into; it serves again and again.
#[derive(Debug, Default)]
pub(crate) struct Packs {
    a: Vec<f32>,
    b: Vec<f32>,
    /// Of each panel of `a` that is mostly zero, the columns that are not.
    columns: Vec<u32>,
    /// How many those are; `None` for panels as they are.
    counts: Vec<Option<usize>>,
}

/// Where tiles go that stand side by side.
pub struct Place<'a> {
    /// Their rows.
    c: &'a mut [f32],
    /// Floats from one row to the next.
    step: usize,
    /// How many they are, and rows of their panels of the second factor.
    count: usize,
    depth: usize,
    /// Whether they are added to what is there.
    add: bool,
}

/// Rows and columns of a matrix, and the inner dimension.
pub(crate) type Size = [usize; 3];

/// `c = a · b`, or `c += a · b`; `c` is row-major, `[m, n]`.
pub(crate) fn product(c: &mut [f32], [m, n, k]: Size, a: Matrix<'_>, b: Matrix<'_>, add: bool, packs: &mut Packs) {
    if k == 0 && !add {
        c[..m * n].fill(0.0);
    }
    if m * n * k == 0 {
        return;
    }
    choose(c, [m, n, k], a, b, [add, false], packs);
}

/// `c = a · b` of a first factor that is some rows of another, and of a second that is no larger than one block: where it was `packed` for
/// other rows before, it stays so.
pub(crate) fn block(c: &mut [f32], size: Size, a: Matrix<'_>, b: Matrix<'_>, packed: bool, packs: &mut Packs) {
    debug_assert!(size[1] <= WIDTH && size[2] <= DEPTH && size.iter().all(|n| *n > 0));
    choose(c, size, a, b, [false, packed], packs);
}

/// The same on several cores.
pub(crate) fn shared(c: &mut [f32], [m, n, k]: Size, a: Matrix<'_>, b: Matrix<'_>, packs: &mut Vec<Packs>) {
    let cores = threads::cores();
    packs.resize_with(cores, Packs::default);
    // Fewer rows than a tile has are not worth a core.
    let parts = if m * n * k < SHARED { 1 } else { cores.min(m.div_ceil(8)) };
    let each = m.div_ceil(parts).next_multiple_of(4).max(1);
    if parts == 1 {
        return product(c, [m, n, k], a, b, false, &mut packs[0]);
    }
    let work: Vec<_> = c[..m * n].chunks_mut(each * n).zip(packs).enumerate().collect();
    threads::each(work, |(i, (c, packs))| {
        let a = Matrix { data: &a.data[i * each * a.step[0]..], ..a };
        product(c, [c.len() / n, n, k], a, b, false, packs);
    });
}

/// The widest tile that the processor has registers for.
#[cfg(target_arch = "x86_64")]
fn choose(c: &mut [f32], size: Size, a: Matrix<'_>, b: Matrix<'_>, how: [bool; 2], packs: &mut Packs) {
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        let one = |a: &[f32], b: &[f32], columns: Option<&[u32]>, out: &mut [[f32; 16]; 6]| {
            #[allow(unsafe_code, reason = "the processor has just been asked")]
            unsafe {
                avx(a, b, columns, out);
            }
        };
        let many = |a: &[f32], b: &[f32], columns: Option<&[u32]>, to: Place<'_>| {
            #[allow(unsafe_code, reason = "the processor has just been asked")]
            unsafe {
                avx_along(a, b, columns, to);
            }
        };
        return blocks::<6, 16>(c, size, a, b, how, packs, (one, many));
    }
    blocks::<4, 8>(c, size, a, b, how, packs, (tile::<4, 8, false>, along::<4, 8, false>));
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx(a: &[f32], b: &[f32], columns: Option<&[u32]>, out: &mut [[f32; 16]; 6]) {
    tile::<6, 16, true>(a, b, columns, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx_along(a: &[f32], b: &[f32], columns: Option<&[u32]>, to: Place<'_>) {
    along::<6, 16, true>(a, b, columns, to);
}

/// Rows of a tile: what is computed in pieces should have a multiple of them.
pub(crate) const ROWS: usize = if cfg!(target_arch = "wasm32") { 4 } else { 6 };

#[cfg(target_arch = "wasm32")]
#[target_feature(enable = "simd128")]
fn choose(c: &mut [f32], size: Size, a: Matrix<'_>, b: Matrix<'_>, how: [bool; 2], packs: &mut Packs) {
    match wasm::FUSED.get() {
        Some(tiles) => blocks::<{ wasm::ROWS }, 8>(c, size, a, b, how, packs, *tiles),
        None => {
            let one: wasm::Tile = |a, b, columns, out| wasm::tile(a, b, columns, out);
            blocks::<{ wasm::ROWS }, 8>(c, size, a, b, how, packs, (one, |a, b, columns, to| wasm::along(a, b, columns, to)));
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "wasm32")))]
fn choose(c: &mut [f32], size: Size, a: Matrix<'_>, b: Matrix<'_>, how: [bool; 2], packs: &mut Packs) {
    blocks::<8, 8>(c, size, a, b, how, packs, (tile::<8, 8, true>, along::<8, 8, true>));
}

/// `out[i][j] = Σ a[t][i] · b[t][j]` of two panels, or with column `columns[t]` of the second; `FUSED` rounds once a step where the
/// processor can.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
fn tile<const R: usize, const C: usize, const FUSED: bool>(a: &[f32], b: &[f32], columns: Option<&[u32]>, out: &mut [[f32; C]; R]) {
    let mut acc = [[0.0f32; C]; R];
    let mut step = |a: &[f32; R], b: &[f32; C]| {
        for (acc, a) in acc.iter_mut().zip(a) {
            for (acc, b) in acc.iter_mut().zip(b) {
                *acc = if FUSED { a.mul_add(*b, *acc) } else { *acc + a * b };
            }
        }
    };
    let (a, b) = (a.as_chunks::<R>().0, b.as_chunks::<C>().0);
    match columns {
        None => a.iter().zip(b).for_each(|(a, b)| step(a, b)),
        Some(columns) => a.iter().zip(columns).for_each(|(a, t)| step(a, &b[*t as usize])),
    }
    *out = acc;
}

/// Tiles of one panel and many, put where they go at once.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
fn along<const R: usize, const C: usize, const FUSED: bool>(a: &[f32], b: &[f32], columns: Option<&[u32]>, to: Place<'_>) {
    let Place { c, step, count, depth, add } = to;
    for (i, b) in b.chunks_exact(depth * C).enumerate().take(count) {
        let mut out = [[0.0; C]; R];
        tile::<R, C, FUSED>(a, b, columns, &mut out);
        for (row, out) in out.iter().enumerate() {
            let c = &mut c[row * step + i * C..][..C];
            if add {
                c.iter_mut().zip(out).for_each(|(c, out)| *c += out);
            } else {
                c.copy_from_slice(out);
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm {
    //! Tiles of WebAssembly's vectors.

    use std::arch::wasm32::{f32x4, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_relaxed_madd, f32x4_splat, v128};
    use std::sync::OnceLock;

    use super::Place;

    /// Rows of a tile: its sums, a row of the second factor and a number of the first fit into sixteen registers.
    pub(super) const ROWS: usize = super::ROWS;

    /// Computes a tile of two panels.
    pub type Tile = fn(&[f32], &[f32], Option<&[u32]>, &mut [[f32; 8]; ROWS]);

    /// Computes the tiles of one panel and many.
    pub type Along = fn(&[f32], &[f32], Option<&[u32]>, Place<'_>);

    /// The tiles of browsers that can round once where they multiply and add.
    pub(super) static FUSED: OnceLock<(Tile, Along)> = OnceLock::new();

    /// Computes products with those tiles from now on.
    pub fn use_tiles(tile: Tile, along: Along) {
        let _ = FUSED.set((tile, along));
    }

    #[inline(always)]
    fn four(b: &[f32]) -> v128 {
        f32x4(b[0], b[1], b[2], b[3])
    }

    /// A tile whose sums take the next product as written. A macro, since a closure would not be of the function's target.
    macro_rules! tile {
        ($(#[$attribute:meta])+ $vis:vis $name:ident: |$acc:ident, $x:ident, $y:ident| $step:expr) => {
            $(#[$attribute])+
            $vis fn $name(a: &[f32], b: &[f32], columns: Option<&[u32]>, out: &mut [[f32; 8]; ROWS]) {
                let mut acc = [[f32x4_splat(0.0); 2]; ROWS];
                let (a, b) = (a.as_chunks::<ROWS>().0, b.as_chunks::<8>().0);
                macro_rules! column {
                    ($a:expr, $b:expr) => {
                        let (a, b): (&[f32; ROWS], &[f32; 8]) = ($a, $b);
                        let b = [four(&b[..4]), four(&b[4..])];
                        for (acc, a) in acc.iter_mut().zip(a) {
                            let $x = f32x4_splat(*a);
                            for ($acc, $y) in acc.iter_mut().zip(b) {
                                *$acc = $step;
                            }
                        }
                    };
                }
                match columns {
                    None => {
                        for (a, b) in a.iter().zip(b) {
                            column!(a, b);
                        }
                    }
                    Some(columns) => {
                        for (a, t) in a.iter().zip(columns) {
                            column!(a, &b[*t as usize]);
                        }
                    }
                }
                for (out, acc) in out.as_flattened_mut().as_chunks_mut::<4>().0.iter_mut().zip(acc.as_flattened()) {
                    let v = *acc;
                    *out = [f32x4_extract_lane::<0>(v), f32x4_extract_lane::<1>(v), f32x4_extract_lane::<2>(v), f32x4_extract_lane::<3>(v)];
                }
            }
        };
    }

    /// The same for many panels, whose sums go where they belong at once.
    macro_rules! along {
        ($(#[$attribute:meta])+ $vis:vis $name:ident: |$acc:ident, $x:ident, $y:ident| $step:expr) => {
            $(#[$attribute])+
            $vis fn $name(a: &[f32], b: &[f32], columns: Option<&[u32]>, to: Place<'_>) {
                let Place { c, step, count, depth, add } = to;
                let (a, panels) = (a.as_chunks::<ROWS>().0, b.as_chunks::<8>().0);
                for i in 0..count {
                    let b = &panels[i * depth..][..depth];
                    let mut acc = [[f32x4_splat(0.0); 2]; ROWS];
                    macro_rules! column {
                        ($a:expr, $b:expr) => {
                            let (a, b): (&[f32; ROWS], &[f32; 8]) = ($a, $b);
                            let b = [four(&b[..4]), four(&b[4..])];
                            for (acc, a) in acc.iter_mut().zip(a) {
                                let $x = f32x4_splat(*a);
                                for ($acc, $y) in acc.iter_mut().zip(b) {
                                    *$acc = $step;
                                }
                            }
                        };
                    }
                    match columns {
                        None => {
                            for (a, b) in a.iter().zip(b) {
                                column!(a, b);
                            }
                        }
                        Some(columns) => {
                            for (a, t) in a.iter().zip(columns) {
                                column!(a, &b[*t as usize]);
                            }
                        }
                    }
                    let rows = &mut c[i * 8..];
                    // One after the other, as written: in a loop the sums would leave their registers first.
                    macro_rules! row {
                        ($row:expr) => {
                            let c: &mut [f32; 8] = (&mut rows[$row * step..][..8]).try_into().expect("eight numbers");
                            let [mut low, mut high] = acc[$row];
                            if add {
                                (low, high) = (f32x4_add(four(&c[..4]), low), f32x4_add(four(&c[4..]), high));
                            }
                            *c = [
                                f32x4_extract_lane::<0>(low), f32x4_extract_lane::<1>(low), f32x4_extract_lane::<2>(low), f32x4_extract_lane::<3>(low),
                                f32x4_extract_lane::<0>(high), f32x4_extract_lane::<1>(high), f32x4_extract_lane::<2>(high), f32x4_extract_lane::<3>(high),
                            ];
                        };
                    }
                    row!(0);
                    row!(1);
                    row!(2);
                    row!(3);
                }
            }
        };
    }

    tile!(
        #[target_feature(enable = "simd128")]
        pub(super) tile: |acc, x, y| f32x4_add(*acc, f32x4_mul(x, y))
    );

    along!(
        #[target_feature(enable = "simd128")]
        pub(super) along: |acc, x, y| f32x4_add(*acc, f32x4_mul(x, y))
    );

    along!(
        /// Tiles with relaxed SIMD, as [`fused`].
        #[target_feature(enable = "simd128,relaxed-simd")]
        pub fused_along: |acc, x, y| f32x4_relaxed_madd(x, y, *acc)
    );

    tile!(
        /// The tile with relaxed SIMD, which some browsers lack: nothing that all of them fetch may name it.
        #[target_feature(enable = "simd128,relaxed-simd")]
        pub fused: |acc, x, y| f32x4_relaxed_madd(x, y, *acc)
    );
}

/// The whole product, block by block, with tiles of `R` rows and `C` columns, one at a time or along a panel; added to what is there, or with
/// the second factor packed already.
#[inline(always)]
fn blocks<const R: usize, const C: usize>(
    c: &mut [f32],
    [m, n, k]: Size,
    a: Matrix<'_>,
    b: Matrix<'_>,
    [add, packed]: [bool; 2],
    packs: &mut Packs,
    (tile, along): (
        impl Fn(&[f32], &[f32], Option<&[u32]>, &mut [[f32; C]; R]),
        impl Fn(&[f32], &[f32], Option<&[u32]>, Place<'_>),
    ),
) {
    let mut out = [[0.0; C]; R];
    for k0 in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - k0);
        let add = add || k0 > 0;
        for n0 in (0..n).step_by(WIDTH) {
            let width = WIDTH.min(n - n0);
            let from = Matrix { data: &b.data[k0 * b.step[0] + n0 * b.step[1]..], step: [b.step[1], b.step[0]] };
            if !packed {
                pack::<C>(&mut packs.b, from, width, depth);
            }
            for m0 in (0..m).step_by(HEIGHT) {
                let height = HEIGHT.min(m - m0);
                let from = Matrix { data: &a.data[m0 * a.step[0] + k0 * a.step[1]..], step: a.step };
                pack::<R>(&mut packs.a, from, height, depth);
                let Packs { a, columns, counts, .. } = &mut *packs;
                squeeze::<R>(&mut a[..height.div_ceil(R) * R * depth], depth, columns, counts);
                // Where the second factor is near, along all of it with each panel of whole tiles.
                let (mut first_row, mut first_column) = (0, 0);
                if width / C * C * depth <= NEAR {
                    (first_row, first_column) = (height / R * R, width / C * C);
                    for (i, a) in packs.a.chunks_exact(depth * R).take(height / R).enumerate() {
                        let (a, columns) =
                            packs.counts[i].map_or((a, None), |n| (&a[..n * R], Some(&packs.columns[i * depth..][..n])));
                        let c = &mut c[(m0 + i * R) * n + n0..];
                        along(a, &packs.b, columns, Place { c, step: n, count: width / C, depth, add });
                    }
                }
                for (j, b) in packs.b.chunks_exact(depth * C).take(width.div_ceil(C)).enumerate() {
                    for (i, a) in packs.a.chunks_exact(depth * R).take(height.div_ceil(R)).enumerate() {
                        if i * R < first_row && j * C < first_column {
                            continue;
                        }
                        match packs.counts[i] {
                            None => tile(a, b, None, &mut out),
                            Some(n) => tile(&a[..n * R], b, Some(&packs.columns[i * depth..][..n]), &mut out),
                        }
                        let columns = C.min(width - j * C);
                        let first = (m0 + i * R) * n + n0 + j * C;
                        for (r, out) in out.iter().enumerate().take(height - i * R) {
                            let c = &mut c[first + r * n..][..columns];
                            if add {
                                c.iter_mut().zip(out).for_each(|(c, o)| *c += o);
                            } else {
                                c.copy_from_slice(&out[..columns]);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Leaves out the columns of a panel that are zero, where those are many: images are mostly background. What is zero times infinity is
/// then zero.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn squeeze<const P: usize>(a: &mut [f32], depth: usize, columns: &mut Vec<u32>, counts: &mut Vec<Option<usize>>) {
    // Every so many columns are looked at before all are.
    const EVERY: usize = 8;
    let zero = |column: &[f32; P]| column.iter().all(|v| *v == 0.0);
    counts.clear();
    let panels = a.len() / (P * depth);
    if columns.len() < panels * depth {
        columns.resize(panels * depth, 0);
    }
    for (panel, columns) in a.chunks_exact_mut(P * depth).zip(columns.chunks_exact_mut(depth)) {
        let all = panel.as_chunks_mut::<P>().0;
        let zeros = all.iter().step_by(EVERY).filter(|c| zero(c)).count();
        if 4 * EVERY * zeros < depth {
            counts.push(None);
            continue;
        }
        let mut n = 0;
        for i in 0..depth {
            if !zero(&all[i]) {
                all[n] = all[i];
                columns[n] = i as u32;
                n += 1;
            }
        }
        counts.push(Some(n));
    }
}

/// Panels of `P` rows, each by columns: `out[panel][column][row]`. Rows beyond the last are zero.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn pack<const P: usize>(out: &mut Vec<f32>, from: Matrix<'_>, rows: usize, columns: usize) {
    let panels = rows.div_ceil(P);
    if out.len() < panels * P * columns {
        out.resize(panels * P * columns, 0.0);
    }
    let [down, across] = from.step;
    for (panel, out) in out.chunks_exact_mut(P * columns).take(panels).enumerate() {
        let first = panel * P;
        let full = rows - first >= P;
        let data = &from.data[first * down..];
        if full && down == 1 {
            for (i, out) in out.as_chunks_mut::<P>().0.iter_mut().enumerate() {
                out.copy_from_slice(&data[i * across..][..P]);
            }
        } else if full && across == 1 {
            let rows: [&[f32]; P] = std::array::from_fn(|r| &data[r * down..][..columns]);
            for (i, out) in out.as_chunks_mut::<P>().0.iter_mut().enumerate() {
                for (o, row) in out.iter_mut().zip(rows) {
                    *o = row[i];
                }
            }
        } else {
            for (i, out) in out.as_chunks_mut::<P>().0.iter_mut().enumerate() {
                for (r, o) in out.iter_mut().enumerate() {
                    *o = if first + r < rows { data[r * down + i * across] } else { 0.0 };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_all_sizes_and_orders() {
        let number = |i: usize| ((i * 7919) % 113) as f32 / 113.0 - 0.4;
        for [m, n, k] in [[1, 1, 1], [3, 5, 7], [6, 16, 300], [14, 43, 9], [97, 33, 12], [13, 1100, 9], [200, 40, 270]] {
            // The last is mostly zero.
            let sparse = |i: usize| if m == 200 && i % 270 % 9 > 1 { 0.0 } else { number(i) };
            let (a, b): (Vec<f32>, Vec<f32>) = ((0..m * k).map(sparse).collect(), (0..k * n).map(|i| number(i + 5)).collect());
            for [ta, tb] in [[false, false], [true, false], [false, true], [true, true]] {
                let (sa, sb) = (if ta { [1, m] } else { [k, 1] }, if tb { [1, k] } else { [n, 1] });
                let (fa, fb) = (Matrix { data: &a, step: sa }, Matrix { data: &b, step: sb });
                let (mut c, mut d) = (vec![f32::NAN; m * n], vec![0.5; m * n]);
                shared(&mut c, [m, n, k], fa, fb, &mut vec![]);
                product(&mut d, [m, n, k], fa, fb, true, &mut Packs::default());
                for i in 0..m {
                    for j in 0..n {
                        let at = |x: &Matrix<'_>, r: usize, c: usize| f64::from(x.data[r * x.step[0] + c * x.step[1]]);
                        let want: f64 = (0..k).map(|t| at(&fa, i, t) * at(&fb, t, j)).sum();
                        assert!((f64::from(c[i * n + j]) - want).abs() < 1e-4, "{m} × {n} × {k} at {i}, {j}");
                        assert!((f64::from(d[i * n + j]) - want - 0.5).abs() < 1e-4, "added, {m} × {n} × {k} at {i}, {j}");
                    }
                }
            }
        }
    }
}
