//! Index arithmetic of generated kernels: linear forms over named WGSL variables, so that views cost nothing.

use std::fmt::Write;

use super::graph::{len, strides};

/// A `u32` variable of a kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var {
    /// Its name in WGSL.
    pub name: String,
    /// Exclusive upper bound of its value; `u32::MAX as usize` where it may have wrapped below zero.
    pub bound: usize,
    /// Nesting depth of the scope that declares it: 0 is the invocation, 1 the inner loop.
    pub scope: usize,
}

/// `constant + Σ factor · variable`
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Lin {
    /// Variables and their factors; a variable occurs once.
    pub terms: Vec<(Var, usize)>,
    /// May be negative: `u32` arithmetic wraps, and whoever needs it checks the range.
    pub constant: i64,
}

impl Lin {
    /// A number without variables.
    pub fn constant(c: usize) -> Self {
        Self { terms: vec![], constant: c as i64 }
    }

    /// A single variable.
    pub fn var(name: impl Into<String>, bound: usize, scope: usize) -> Self {
        if bound == 1 {
            return Self::constant(0);
        }
        Self { terms: vec![(Var { name: name.into(), bound, scope }, 1)], constant: 0 }
    }

    /// It times `f`.
    pub fn scaled(&self, f: usize) -> Self {
        if f == 0 {
            return Self::default();
        }
        Self { terms: self.terms.iter().map(|(v, c)| (v.clone(), c * f)).collect(), constant: self.constant * f as i64 }
    }

    /// The sum of both, with the terms of equal variables joined.
    pub fn plus(&self, other: &Self) -> Self {
        let mut out = self.clone();
        for (v, c) in &other.terms {
            match out.terms.iter_mut().find(|(w, _)| w == v) {
                Some((_, d)) => *d += c,
                None => out.terms.push((v.clone(), *c)),
            }
        }
        out.constant += other.constant;
        out
    }

    /// It plus `c`, which may be negative.
    pub fn offset(&self, c: i64) -> Self {
        Self { terms: self.terms.clone(), constant: self.constant + c }
    }

    /// The deepest scope of its variables.
    pub fn scope(&self) -> usize {
        self.terms.iter().map(|(v, _)| v.scope).max().unwrap_or(0)
    }

    /// Exclusive upper bound of its value, if it is known not to wrap.
    pub fn bound(&self) -> Option<usize> {
        let mut max = usize::try_from(self.constant).ok()?;
        for (v, c) in &self.terms {
            max = max.checked_add(v.bound.checked_sub(1)?.checked_mul(*c)?)?;
        }
        (max < u32::MAX as usize).then_some(max + 1)
    }

    /// Divides by `n` where both parts are again linear: `(quotient, remainder)`.
    fn split(&self, n: usize) -> Option<(Self, Self)> {
        let (mut q, mut r) = (Self::default(), Self::default());
        for (v, c) in &self.terms {
            if c % n == 0 {
                q.terms.push((v.clone(), c / n));
            } else {
                r.terms.push((v.clone(), *c));
            }
        }
        q.constant = self.constant.div_euclid(n as i64);
        r.constant = self.constant.rem_euclid(n as i64);
        (r.bound()? <= n && self.constant >= 0).then_some((q, r))
    }

    /// WGSL text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (i, (v, c)) in self.terms.iter().enumerate() {
            let sep = if i > 0 { " + " } else { "" };
            match c {
                1 => write!(out, "{sep}{}", v.name),
                _ => write!(out, "{sep}{} * {c}u", v.name),
            }
            .expect("writing to a string");
        }
        match (out.is_empty(), self.constant) {
            (true, c) => format!("{}u", c.rem_euclid(1 << 32)),
            (false, 0) => out,
            (false, c) if c > 0 => format!("{out} + {c}u"),
            (false, c) => format!("{out} - {}u", -c),
        }
    }
}

/// Where an element lies in a tensor of some shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// By its position in row-major order.
    Flat(Lin),
    /// By one index a dimension.
    Dims(Vec<Lin>),
}

/// Declares `let` bindings in the scope where their inputs live.
pub trait Bind {
    /// A new variable with the value of `expression`.
    fn bind(&mut self, expression: String, bound: usize, scope: usize) -> Lin;
}

impl At {
    /// Row-major position.
    pub fn flat(&self, shape: &[usize]) -> Lin {
        match self {
            Self::Flat(l) => l.clone(),
            Self::Dims(dims) => dims.iter().zip(strides(shape)).fold(Lin::default(), |sum, (d, s)| sum.plus(&d.scaled(s))),
        }
    }

    /// One index a dimension; divides only where linear algebra does not suffice.
    pub fn dims(&self, shape: &[usize], b: &mut dyn Bind) -> Vec<Lin> {
        let mut rest = match self {
            Self::Dims(dims) => return dims.clone(),
            Self::Flat(l) => l.clone(),
        };
        let mut out = Vec::with_capacity(shape.len());
        let mut left = len(shape);
        for (i, n) in shape.iter().enumerate() {
            left /= (*n).max(1);
            if *n == 1 {
                out.push(Lin::default());
            } else if i + 1 == shape.len() || left == 1 {
                out.push(std::mem::take(&mut rest));
            } else if let Some((q, r)) = rest.split(left) {
                out.push(q);
                rest = r;
            } else {
                let (text, scope) = (rest.text(), rest.scope());
                out.push(b.bind(format!("({text}) / {left}u"), *n, scope));
                rest = b.bind(format!("({text}) % {left}u"), left, scope);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Never;
    impl Bind for Never {
        fn bind(&mut self, expression: String, _: usize, _: usize) -> Lin {
            panic!("division {expression}")
        }
    }

    struct Count(usize);
    impl Bind for Count {
        fn bind(&mut self, _: String, bound: usize, scope: usize) -> Lin {
            self.0 += 1;
            Lin::var(format!("t{}", self.0), bound, scope)
        }
    }

    #[test]
    fn aligned_views_need_no_division() {
        let (m, k) = (Lin::var("m", 128, 0), Lin::var("k", 784, 1));
        let flat = At::Dims(vec![m.clone(), k.clone()]).flat(&[128, 784]);
        assert_eq!(flat.text(), "m * 784u + k");
        assert_eq!(At::Flat(flat.clone()).dims(&[128, 784], &mut Never), vec![m.clone(), k]);
        assert_eq!(At::Flat(flat).dims(&[128, 1, 784], &mut Never)[0], m);
    }

    #[test]
    fn unaligned_views_divide() {
        let mut count = Count(0);
        let dims = At::Flat(Lin::var("i", 60, 0)).dims(&[3, 4, 5], &mut count);
        assert_eq!((dims.len(), count.0), (3, 4));
    }
}
