//! The table of all features for other programs: a line each, as CSV or as JSON.

use std::fmt::Write;

use super::feature_table::{EXAMPLES, FeatureTable, TOP_EXAMPLES};
use latent_vocabulary::numbers::bytes_f32;

/// What is known of features and samples besides the table.
pub trait Known {
    /// What a class is called.
    fn class(&self, label: u8) -> String;

    /// The name and the note that somebody gave a feature; empty where nobody did.
    fn called(&self, _feature: usize) -> (String, String) {
        Default::default()
    }

    /// The text beside a test sample, if it has one.
    fn text(&self, _sample: usize) -> Option<String> {
        None
    }
}

/// The numbers of one feature.
struct One<'a> {
    numbers: [f32; 5],
    label: u8,
    top: Vec<(usize, f32)>,
    called: (String, String),
    known: &'a dyn Known,
}

/// Names of [`One::numbers`].
const NUMBERS: [&str; 5] = ["density", "mean", "max", "purity", "length"];

fn all<'a>(table: &FeatureTable, places: usize, known: &'a dyn Known) -> Vec<One<'a>> {
    let numbers = [&table.density_f, &table.mean_f, &table.max_f, &table.purity_f, &table.norm_f].map(|b| bytes_f32(b));
    let (example_fe, activation_fe) = (bytes_f32(&table.example_fe), bytes_f32(&table.activation_fe));
    let one = |(f, label): (usize, &u8)| {
        let at = f * EXAMPLES..f * EXAMPLES + TOP_EXAMPLES;
        let examples = example_fe[at.clone()].iter().zip(&activation_fe[at]).filter(|(input, _)| **input >= 0.0);
        One {
            numbers: numbers.each_ref().map(|values| values[f]),
            label: *label,
            top: examples.map(|(input, a)| (*input as usize / places.max(1), *a)).collect(),
            called: known.called(f),
            known,
        }
    };
    table.label_f.iter().enumerate().map(one).collect()
}

/// A row a feature: its numbers, the class that it favours, the test samples on which it is strongest with its activations there,
/// its name and note.
///
/// `places`: of the code's grid.
pub fn csv(table: &FeatureTable, places: usize, known: &dyn Known) -> String {
    let mut out = format!("feature,{},favours,samples,activations,name,note\n", NUMBERS.join(","));
    for (f, one) in all(table, places, known).iter().enumerate() {
        write!(out, "{f}").expect("memory takes it");
        one.numbers.iter().for_each(|v| write!(out, ",{v}").expect("memory takes it"));
        let join = |of: &dyn Fn(&(usize, f32)) -> String| one.top.iter().map(of).collect::<Vec<_>>().join(" ");
        let cells = [
            if one.top.is_empty() { String::new() } else { one.known.class(one.label) },
            join(&|(sample, _)| sample.to_string()),
            join(&|(_, a)| a.to_string()),
            one.called.0.clone(),
            one.called.1.clone(),
        ];
        cells.iter().for_each(|cell| write!(out, ",{}", field(cell)).expect("memory takes it"));
        out.push('\n');
    }
    out
}

/// An object a feature and line: the same, and of each of its samples the number, the activation and, where there is one, the text.
///
/// `places`: of the code's grid.
pub fn jsonl(table: &FeatureTable, places: usize, known: &dyn Known) -> String {
    let mut out = String::new();
    for (f, one) in all(table, places, known).iter().enumerate() {
        write!(out, "{{\"feature\":{f}").expect("memory takes it");
        for (name, v) in NUMBERS.iter().zip(one.numbers) {
            write!(out, ",\"{name}\":{v}").expect("memory takes it");
        }
        if !one.top.is_empty() {
            write!(out, ",\"favours\":{}", text(&one.known.class(one.label))).expect("memory takes it");
        }
        let told = [("name", &one.called.0), ("note", &one.called.1)];
        for (key, said) in told.into_iter().filter(|(_, said)| !said.is_empty()) {
            write!(out, ",\"{key}\":{}", text(said)).expect("memory takes it");
        }
        let row = |(sample, a): &(usize, f32)| {
            let beside = one.known.text(*sample).map_or_else(String::new, |t| format!(",\"text\":{}", text(&t)));
            format!("{{\"sample\":{sample},\"activation\":{a}{beside}}}")
        };
        writeln!(out, ",\"top\":[{}]}}", one.top.iter().map(row).collect::<Vec<_>>().join(",")).expect("memory takes it");
    }
    out
}

/// A cell of a table, quoted where it must be.
fn field(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.into() }
}

/// A text of JSON.
fn text(said: &str) -> String {
    let mut out = String::from('"');
    for c in said.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c)).expect("memory takes it"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::numbers::f32_bytes;
    use serde_bytes::ByteBuf;

    struct Words;

    impl Known for Words {
        fn class(&self, label: u8) -> String {
            format!("class \"{label}\"")
        }

        fn called(&self, feature: usize) -> (String, String) {
            if feature == 0 { ("loops".into(), "of 6, 8\nand 9".into()) } else { Default::default() }
        }

        fn text(&self, sample: usize) -> Option<String> {
            (sample == 3).then(|| "a <<tab>>\t".into())
        }
    }

    fn table() -> FeatureTable {
        let (mut example_fe, mut activation_fe) = (vec![-1.0; 2 * EXAMPLES], vec![0.0; 2 * EXAMPLES]);
        (example_fe[0], activation_fe[0], example_fe[1], activation_fe[1]) = (7.0, 2.5, 2.0, 0.25);
        let numbers = |a, b| f32_bytes(&[a, b]);
        FeatureTable {
            images: 10,
            density_f: numbers(0.2, 0.0),
            mean_f: numbers(1.375, 0.0),
            max_f: numbers(2.5, 0.0),
            purity_f: numbers(1.0, 0.0),
            norm_f: numbers(1.0, 1.0),
            label_f: ByteBuf::from(vec![4, 0]),
            example_fe: f32_bytes(&example_fe),
            activation_fe: f32_bytes(&activation_fe),
            ..FeatureTable::default()
        }
    }

    #[test]
    fn a_line_for_each_feature() {
        let csv = csv(&table(), 2, &Words);
        assert_eq!(
            csv,
            "feature,density,mean,max,purity,length,favours,samples,activations,name,note\n\
             0,0.2,1.375,2.5,1,1,\"class \"\"4\"\"\",3 1,2.5 0.25,loops,\"of 6, 8\nand 9\"\n1,0,0,0,0,1,,,,,\n"
        );
        let jsonl = jsonl(&table(), 2, &Words);
        let lines: Vec<&str> = jsonl.lines().collect();
        assert_eq!(
            lines[0],
            "{\"feature\":0,\"density\":0.2,\"mean\":1.375,\"max\":2.5,\"purity\":1,\"length\":1,\"favours\":\"class \\\"4\\\"\",\
             \"name\":\"loops\",\"note\":\"of 6, 8\\nand 9\",\"top\":[{\"sample\":3,\"activation\":2.5,\"text\":\"a <<tab>>\\u0009\"},\
             {\"sample\":1,\"activation\":0.25}]}"
        );
        assert_eq!(lines[1], "{\"feature\":1,\"density\":0,\"mean\":0,\"max\":0,\"purity\":0,\"length\":1,\"top\":[]}");
    }
}
