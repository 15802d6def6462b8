//! Classes from several sources, joined by name: from folders, and from tables beside the pictures.

use std::collections::BTreeSet;

use latent_packed::PackedFactor;

use super::labels::VALUES;

/// A factor of pictures, for some of which it is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    pub factor: PackedFactor,
    pub value_n: Vec<Option<u8>>,
    /// What the same column of another table would be called as well; of folders nothing.
    pub alike: String,
    /// The tables that it is from.
    pub tables: Vec<String>,
}

impl Partial {
    fn value(&self, picture: usize) -> Option<&String> {
        self.value_n[picture].map(|v| &self.factor.values[usize::from(v)])
    }

    /// The values that pictures have.
    fn used(&self) -> BTreeSet<&String> {
        let mut seen = [false; VALUES];
        self.value_n.iter().flatten().for_each(|v| seen[usize::from(*v)] = true);
        self.factor.values.iter().zip(seen).filter_map(|(value, seen)| seen.then_some(value)).collect()
    }

    /// What `other` says of a picture, or else what this does; `None` where there are too many values.
    fn with(&self, other: &Self, name: String) -> Option<Self> {
        let told = |i: usize| other.value_n[i].map(|v| (1, v)).or(self.value_n[i].map(|v| (0, v)));
        let both = [self, other];
        let mut seen = [[false; VALUES]; 2];
        (0..self.value_n.len()).filter_map(told).for_each(|(of, v)| seen[of][usize::from(v)] = true);
        let used =
            |of: usize| both[of].factor.values.iter().zip(seen[of]).filter(|(_, seen)| *seen).map(|(value, _)| value.clone());
        let mut values: Vec<String> = used(0).chain(used(1)).collect::<BTreeSet<_>>().into_iter().collect();
        if values.len() > VALUES {
            return None;
        }
        in_order(&mut values);
        let at = |value: &String| values.iter().position(|v| v == value).unwrap_or(0) as u8;
        let maps = both.map(|of| of.factor.values.iter().map(at).collect::<Vec<u8>>());
        let value_n = (0..self.value_n.len()).map(|i| told(i).map(|(of, v)| maps[of][usize::from(v)])).collect();
        let tables = self.tables.iter().chain(&other.tables).cloned().collect();
        Some(Self { factor: PackedFactor { name, values }, value_n, alike: self.alike.clone(), tables })
    }
}

/// Names in their order: numbers by size, and before words.
pub fn in_order(names: &mut [String]) {
    names.sort_by_cached_key(|name| (name.parse::<i64>().unwrap_or(i64::MAX), name.clone()));
}

/// Columns of several tables that are called alike and do not contradict each other are one; and a column with the names of
/// folders says of which of them pictures are that lie elsewhere, as the validation part of many sets does.
pub fn united(folder: Option<Partial>, columns: Vec<Partial>) -> Vec<Partial> {
    let mut joined: Vec<Partial> = Vec::new();
    for column in columns {
        let agree = |there: &Partial| {
            let same = |i: usize| there.value(i).zip(column.value(i)).is_none_or(|(a, b)| a == b);
            there.alike == column.alike && !column.alike.is_empty() && (0..column.value_n.len()).all(same)
        };
        let one = joined.iter().position(agree).and_then(|at| Some((at, joined[at].with(&column, column.alike.clone())?)));
        match one {
            Some((at, one)) => joined[at] = one,
            None => joined.push(column),
        }
    }
    let Some(mut folder) = folder else { return joined };
    let names = folder.used();
    let shared = |column: &Partial| {
        let own = column.used();
        let shared = own.iter().filter(|v| names.contains(*v)).count();
        // A picture in the folder of one class, and in a table of another: that is another matter.
        let same = |i: usize| folder.value(i).zip(column.value(i)).is_none_or(|(f, c)| f == c || !own.contains(f));
        let fits = shared > 1 && shared * 2 >= own.len() && (0..column.value_n.len()).all(same);
        if fits { shared } else { 0 }
    };
    let mut best: Vec<(usize, usize)> = joined.iter().map(shared).enumerate().filter(|(_, shared)| *shared > 0).collect();
    best.sort_by_key(|(at, shared)| (std::cmp::Reverse(*shared), *at));
    // One column says it of a picture: a flag of 0 and 1 is no class because there are folders of that name.
    let (mut told, mut gone) = (vec![false; folder.value_n.len()], Vec::new());
    for (at, _) in best {
        let column = &joined[at];
        if column.value_n.iter().zip(&told).any(|(value, told)| value.is_some() && *told) {
            continue;
        }
        if let Some(one) = folder.with(column, folder.factor.name.clone()) {
            told.iter_mut().zip(&column.value_n).for_each(|(told, value)| *told |= value.is_some());
            folder = Partial { tables: Vec::new(), ..one };
            gone.push(at);
        }
    }
    let rest = joined.into_iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, column)| column);
    std::iter::once(folder).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, table: &str, text_n: &[&str]) -> Partial {
        let values: Vec<String> =
            text_n.iter().filter(|t| !t.is_empty()).map(|t| (*t).to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
        let value_n = text_n.iter().map(|t| values.iter().position(|v| v == t).map(|i| i as u8)).collect();
        let factor = PackedFactor { name: name.into(), values };
        Partial { factor, value_n, alike: if table.is_empty() { String::new() } else { name.into() }, tables: vec![table.into()] }
    }

    fn told(columns: &[Partial]) -> Vec<(String, Vec<String>)> {
        let texts = |c: &Partial| (0..c.value_n.len()).map(|i| c.value(i).cloned().unwrap_or_default()).collect();
        columns.iter().map(|c| (c.factor.name.clone(), texts(c))).collect()
    }

    fn is(columns: &[Partial], expected: &[(&str, &[&str])]) {
        let expected: Vec<_> =
            expected.iter().map(|(n, v)| ((*n).to_owned(), v.iter().map(ToString::to_string).collect())).collect();
        assert_eq!(told(columns), expected);
    }

    #[test]
    fn a_table_says_the_folder_of_those_that_lie_elsewhere() {
        let folder = || Some(column("Folder", "", &["n1", "n2", "top", "top"]));
        let all =
            united(folder(), vec![column("v_1", "v.txt", &["", "", "n2", "n1"]), column("v_2", "v.txt", &["", "", "0", "7"])]);
        is(&all, &[("Folder", &["n1", "n2", "n2", "n1"]), ("v_2", &["", "", "0", "7"])]);
        assert_eq!(all[0].factor.values, ["n1", "n2"], "the folder that was no class is gone");
        // Another matter with the same names, and names of which few are folders'.
        let guess = column("guess", "g.csv", &["n2", "n1", "n1", "n2"]);
        assert_eq!(united(folder(), vec![guess.clone()]), [folder().unwrap(), guess]);
        let words = column("word", "w.csv", &["", "n1", "p", "q"]);
        assert_eq!(united(folder(), vec![words.clone()]).len(), 2);
    }

    #[test]
    fn of_several_columns_the_one_with_most_of_the_names_is_the_class() {
        let folder = column("Folder", "", &["0", "1", "2", "x", "x", "x"]);
        let flag = column("flag", "t.csv", &["", "", "", "0", "1", "1"]);
        let class = column("class", "t.csv", &["", "", "", "2", "1", "0"]);
        let all = united(Some(folder), vec![flag.clone(), class]);
        is(&all, &[("Folder", &["0", "1", "2", "2", "1", "0"]), ("flag", &["", "", "", "0", "1", "1"])]);
    }

    #[test]
    fn columns_that_are_called_alike_are_one() {
        let (a, b) = (column("y", "a.csv", &["10", "2", "", ""]), column("y", "b.csv", &["", "2", "3", "10"]));
        let all = united(None, vec![a.clone(), b]);
        is(&all, &[("y", &["10", "2", "3", "10"])]);
        assert_eq!((&all[0].factor.values[..], all[0].tables.len()), (&["2", "3", "10"].map(String::from)[..], 2));
        // What they say of the same picture differs.
        let other = column("y", "b.csv", &["2", "2", "", ""]);
        assert_eq!(united(None, vec![a.clone(), other.clone()]), [a, other]);
    }
}
