//! Whether neighbouring lanes load neighbours: a kernel's text, worked out for the first lanes of a workgroup.

use std::collections::HashMap;

/// Lanes whose loads a card joins.
const JOINED: u32 = 32;
/// Bytes that a card brings at once.
const SECTOR: u32 = 32;
/// How a kernel names memory, and bytes of what lies there.
const MEMORY: [(&str, u32); 2] = [("a[", 4), ("h16[", 2)];

/// Sectors that lanes touch, for each that what they touch would fill: 1 where neighbours load neighbours, up to 8. The mean over
/// the places of a function that load from the arena or store to it, as far as they do not depend on data. `None` without any.
pub(super) fn scatter(wgsl: &str, function: &str, workgroups: usize, lanes: usize) -> Option<f64> {
    let open = format!("fn {function}(");
    let body = &wgsl[wgsl.find(&open)? + open.len()..];
    let (parameters, body) = body.split_once("{\n")?;
    let body = &body[..body.find("\n}")?];
    let group = (workgroups / 2) as u32;
    let mut touched: Vec<Vec<(u32, u32)>> = vec![];
    for lane in 0..JOINED.min(lanes as u32) {
        let mut known = HashMap::new();
        if parameters.starts_with("group") {
            known.extend([("group", group), ("lane", lane)]);
        } else {
            known.insert("i", group * lanes as u32 + lane);
        }
        for (place, at) in walk(body, &mut known).into_iter().enumerate() {
            if touched.len() <= place {
                touched.push(vec![]);
            }
            touched[place].extend(at);
        }
    }
    let distinct = |mut all: Vec<u32>| {
        all.sort_unstable();
        all.dedup();
        all.len() as u32
    };
    let each: Vec<f64> = touched
        .into_iter()
        .filter(|at| !at.is_empty())
        .map(|at| {
            let sectors = distinct(at.iter().map(|(a, width)| a * width / SECTOR).collect());
            let filled = (distinct(at.iter().map(|(a, _)| *a).collect()) * at[0].1).div_ceil(SECTOR);
            // Where a row begins within a sector is no fault of its lanes.
            f64::from(sectors.saturating_sub(1).max(filled)) / f64::from(filled)
        })
        .collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

/// What a lane touches, place by place, with its width in bytes; `None` where that depends on data. Loops are walked along once, and
/// what is conditional is done.
fn walk<'a>(body: &'a str, known: &mut HashMap<&'a str, u32>) -> Vec<Option<(u32, u32)>> {
    let mut touched = vec![];
    for line in body.lines().map(str::trim) {
        for (name, width) in MEMORY {
            for (from, _) in line.match_indices(name) {
                let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                if !line[..from].ends_with(word) {
                    touched.push(value(&line[from + name.len()..], known).map(|at| (at, width)));
                }
            }
        }
        let statement = line.strip_prefix("for (").unwrap_or(line);
        let declared = statement.strip_prefix("let ").or(statement.strip_prefix("var "));
        if let Some((name, rest)) = declared.and_then(|d| d.split_once(" = ")) {
            let mut text = Text { rest, known };
            match text.sum().filter(|_| text.rest.trim_start().starts_with(';')) {
                Some(v) => known.insert(name, v),
                None => known.remove(name),
            };
        } else if let Some((name, rest)) = statement.split_once(" /= ")
            && let (Some(v), Some(by)) = (known.get(name).copied(), value(rest, known))
        {
            known.insert(name, v.checked_div(by).unwrap_or(0));
        }
    }
    touched
}

/// The number that a text begins with, if nothing of it depends on data.
fn value(rest: &str, known: &HashMap<&str, u32>) -> Option<u32> {
    Text { rest, known }.sum()
}

/// What is left of an expression of whole numbers.
struct Text<'t, 'k> {
    rest: &'t str,
    known: &'k HashMap<&'t str, u32>,
}

impl<'t> Text<'t, '_> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn sum(&mut self) -> Option<u32> {
        let mut v = self.product()?;
        loop {
            if self.take("+ ") {
                v = v.wrapping_add(self.product()?);
            } else if self.take("- ") {
                v = v.wrapping_sub(self.product()?);
            } else {
                return Some(v);
            }
        }
    }

    fn product(&mut self) -> Option<u32> {
        let mut v = self.factor()?;
        loop {
            if self.take("* ") {
                v = v.wrapping_mul(self.factor()?);
            } else if self.take("/ ") {
                v = v.checked_div(self.factor()?)?;
            } else if self.take("% ") {
                v = v.checked_rem(self.factor()?)?;
            } else {
                return Some(v);
            }
        }
    }

    fn factor(&mut self) -> Option<u32> {
        if self.take("(") {
            let v = self.sum()?;
            return self.take(")").then_some(v);
        }
        if self.take("min(") {
            let v = self.sum()?;
            let w = self.take(",").then(|| self.sum())??;
            return self.take(")").then_some(v.min(w));
        }
        let rest: &'t str = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        self.rest = behind;
        match word.strip_suffix('u').and_then(|digits| digits.parse().ok()) {
            Some(number) => Some(number),
            None if behind.starts_with('(') => None,
            None => self.known.get(word).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(index: &str) -> Option<f64> {
        let wgsl = format!("fn kernel0(i: u32) {{\n    let v1 = (i) % 64u;\n    let v2 = {index};\n    x = a[v2 + 3u];\n}}\n");
        scatter(&wgsl, "kernel0", 4, 64)
    }

    #[test]
    fn neighbours_fill_their_sectors_and_strides_do_not() {
        assert_eq!(of("i"), Some(1.0));
        assert_eq!(of("(i) / 64u + 7u"), Some(1.0));
        assert_eq!(of("v1 * 2u"), Some(2.0));
        assert_eq!(of("min(v1 * 100u, 100000u)"), Some(7.75));
        assert_eq!(of("u32(v1)"), None);
        assert_eq!(of("i - 5u + a[i]"), Some(1.0));
    }

    #[test]
    fn neighbours_of_16_bits_fill_half_as_many() {
        let of = |index: &str| scatter(&format!("fn kernel0(i: u32) {{\n    h16[{index}] = v1;\n}}\n"), "kernel0", 4, 64);
        assert_eq!(of("i"), Some(1.0));
        assert_eq!(of("i * 16u"), Some(15.5));
    }
}
