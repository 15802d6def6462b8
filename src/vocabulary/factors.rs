//! Which factors of its samples a data set knows, and the numbers by which a network is told them.

use serde::{Deserialize, Serialize};

use super::code::{CodeGroup, CodeKind};

/// More factors than these are told to nobody.
pub const MOST: usize = 128;

/// The factors of a data set, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorList {
    sizes: [u8; MOST],
    /// Bit `i`: the values of factor `i` are kinds.
    kinds: u128,
    count: u8,
}

/// One of them, as it is told. Its values are `0 .. size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its place among the data set's.
    pub index: usize,
    pub size: u8,
    /// Its values are kinds, and more than two; else an amount, or yes and no.
    pub kinds: bool,
}

/// What a factor is called.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FactorName {
    pub name: String,
    /// Names of its values; empty where they go by number.
    pub values: Vec<String>,
}

impl FactorName {
    /// Names as a file has them beside its weights: a factor a line, its name and those of its values with tabs between them.
    pub fn to_note(names: &[Self]) -> String {
        let clean = |word: &String| word.replace(['\t', '\n', '\r'], " ");
        let line = |of: &Self| [&of.name].into_iter().chain(&of.values).map(clean).collect::<Vec<_>>().join("\t");
        names.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Reads [`FactorName::to_note`].
    pub fn from_note(note: &str) -> Vec<Self> {
        let line = |line: &str| {
            let mut words = line.split('\t').map(String::from);
            Self { name: words.next().unwrap_or_default(), values: words.collect() }
        };
        note.lines().map(line).collect()
    }

    /// What it is called on a page: attributes are words with `_` between them.
    pub fn shown(&self) -> String {
        self.name.replace('_', " ")
    }

    /// What one of its values is called.
    pub fn value(&self, value: usize) -> String {
        self.values.get(value).map_or_else(|| value.to_string(), |name| name.replace('_', " "))
    }
}

impl Told {
    /// Numbers by which it is told: one from 0 to 1, or one for each kind.
    pub fn numbers(self) -> usize {
        if self.kinds { self.size.into() } else { 1 }
    }

    /// What an amount's values are multiplied with to reach from 0 to 1.
    pub fn scale(self) -> f32 {
        1.0 / f32::from(self.size.max(2) - 1)
    }
}

impl FactorList {
    /// No factor is known.
    pub const NONE: Self = Self { sizes: [0; MOST], kinds: 0, count: 0 };

    /// Factors with so many values each, which are amounts where they are ordered. None where there are more than [`MOST`].
    pub fn of(factors: impl IntoIterator<Item = (u8, bool)>) -> Self {
        let mut list = Self::NONE;
        for (i, (size, ordered)) in factors.into_iter().enumerate() {
            if i == MOST {
                return Self::NONE;
            }
            list.sizes[i] = size;
            list.kinds |= u128::from(!ordered && size > 2) << i;
            list.count += 1;
        }
        list
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count.into()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// They, one after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Told> + '_ {
        (0..self.len()).map(|index| Told { index, size: self.sizes[index], kinds: self.kinds >> index & 1 == 1 })
    }

    /// Numbers by which all of them are told.
    pub fn numbers(&self) -> usize {
        self.iter().map(Told::numbers).sum()
    }

    /// These numbers in a code, factor by factor. `given`: the encoder is told them.
    pub fn groups(&self, given: bool) -> impl Iterator<Item = CodeGroup> + '_ {
        self.iter().map(move |factor| CodeGroup {
            kind: CodeKind::Factor { index: factor.index as u32, size: factor.size.into(), given },
            count: factor.numbers() as u32,
        })
    }

    /// The factors that a code has numbers of; none where they are not all of a data set's, in order.
    pub fn of_code(code: &[CodeGroup]) -> Self {
        let told = code.iter().filter_map(|group| match group.kind {
            CodeKind::Factor { index, size, .. } => Some((index as usize, u8::try_from(size).ok()?, group.count == 1)),
            _ => None,
        });
        let all: Vec<_> = told.collect();
        let in_order = all.iter().enumerate().all(|(i, (index, ..))| i == *index);
        Self::of(all.into_iter().filter(|_| in_order).map(|(_, size, ordered)| (size, ordered)))
    }
}

/// Has the numbers by which a factor of `size` values is told say one of these.
pub fn tell(numbers: &mut [f32], value: usize, size: usize) {
    match numbers {
        [amount] => *amount = value as f32 / (size.max(2) - 1) as f32,
        kinds => kinds.iter_mut().enumerate().for_each(|(kind, z)| *z = f32::from(u8::from(kind == value))),
    }
}

/// The value that such numbers say, or nearly say.
pub fn said(numbers: &[f32], size: usize) -> usize {
    match numbers {
        [amount] => (amount.clamp(0.0, 1.0) * (size.max(2) - 1) as f32).round() as usize,
        kinds => (1..kinds.len()).fold(0, |best, i| if kinds[i] > kinds[best] { i } else { best }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_from_their_note() {
        let of =
            |name: &str, values: &[&str]| FactorName { name: name.into(), values: values.iter().map(|v| (*v).into()).collect() };
        let names = [of("Hair_Color", &["black", "light: brown"]), of("Smiling", &[])];
        assert_eq!(FactorName::from_note(&FactorName::to_note(&names)), names);
        assert_eq!(
            (names[0].shown().as_str(), names[0].value(1), names[1].value(3)),
            ("Hair Color", "light: brown".into(), "3".into())
        );
        assert_eq!(FactorName::to_note(&[of("a\tb", &["c\nd"])]), "a b\tc d");
        assert!(FactorName::from_note("").is_empty());
    }

    #[test]
    fn amounts_are_one_number_and_kinds_one_each() {
        let list = FactorList::of([(5, false), (16, true), (2, false)]);
        assert_eq!((list.len(), list.numbers()), (3, 7));
        let of: Vec<_> = list.iter().map(|f| (f.kinds, f.numbers(), f.scale())).collect();
        assert_eq!(of, [(true, 5, 0.25), (false, 1, 1.0 / 15.0), (false, 1, 1.0)], "two kinds are yes and no");
        let code: Vec<_> = list.groups(true).collect();
        assert_eq!(FactorList::of_code(&code), list);
        assert!(FactorList::of_code(&code[1..]).is_empty(), "some of them are none");
        assert!(FactorList::of([(2, true); MOST + 1]).is_empty() && FactorList::of([(2, true); MOST]).len() == MOST);
    }
}
