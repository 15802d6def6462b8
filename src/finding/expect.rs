//! What a claim expects of figures: comparisons of sums and products of numbers and of `measure(run)`.

use latent_small::number;
use std::iter::Peekable;
use std::str::Chars;

/// Where figures come from: by measure and run.
pub type Lookup<'a> = dyn Fn(&str, &str) -> Result<f64, String> + 'a;

/// A comparison with both of its sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub text: String,
    pub left: f64,
    pub right: f64,
    pub holds: bool,
}

/// Judges `a < b` or `a > b`. Each side is made of numbers, figures `measure(run)`, `abs(…)`, `+ - * /` and parentheses.
///
/// # Errors
/// If it cannot be read, or a figure is missing: with the comparison.
pub fn judge(text: &str, lookup: &Lookup<'_>) -> Result<Judged, String> {
    let wrong = |why: String| format!("{text:?}: {why}");
    let mut rest = Rest { chars: text.chars().peekable(), lookup };
    let left = rest.sum().map_err(wrong)?;
    let less = match rest.next() {
        Some('<') => true,
        Some('>') => false,
        _ => return Err(wrong("expected < or >".into())),
    };
    let right = rest.sum().map_err(wrong)?;
    if let Some(c) = rest.next() {
        return Err(wrong(format!("nothing should come before {c:?}")));
    }
    // What is no number proves nothing.
    let holds = if less { left < right } else { left > right };
    Ok(Judged { text: text.into(), left, right, holds })
}

struct Rest<'a> {
    chars: Peekable<Chars<'a>>,
    lookup: &'a Lookup<'a>,
}

impl Rest<'_> {
    fn peek(&mut self) -> Option<char> {
        while self.chars.next_if(|c| c.is_whitespace()).is_some() {}
        self.chars.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        self.peek();
        self.chars.next()
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        while let Some(sign @ ('+' | '-')) = self.peek() {
            self.next();
            let other = self.product()?;
            value += if sign == '+' { other } else { -other };
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.factor()?;
        while let Some(sign @ ('*' | '/')) = self.peek() {
            self.next();
            let other = self.factor()?;
            value *= if sign == '*' { other } else { other.recip() };
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<f64, String> {
        match self.peek() {
            Some('(') => self.inside(),
            Some(c) if c.is_ascii_digit() => {
                let text = self.word(|c| c.is_ascii_digit() || c == '.');
                number(&text).ok_or_else(|| format!("{text} is no number"))
            }
            Some(c) if c.is_ascii_lowercase() => {
                let name = self.word(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
                if name == "abs" {
                    return self.inside().map(f64::abs);
                }
                if self.next() != Some('(') {
                    return Err(format!("{name} is of which run? Expected {name}(run)"));
                }
                let run = self.word(|c| c != ')');
                self.next();
                (self.lookup)(&name, run.trim())
            }
            Some(c) => Err(format!("{c:?} was not expected")),
            None => Err("it ends too soon".into()),
        }
    }

    fn inside(&mut self) -> Result<f64, String> {
        if self.next() != Some('(') {
            return Err("expected (".into());
        }
        let value = self.sum()?;
        if self.next() == Some(')') { Ok(value) } else { Err("a parenthesis is not closed".into()) }
    }

    fn word(&mut self, of: impl Fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.chars.next_if(|c| of(*c))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Judged, String> {
        judge(text, &|measure, run| match (measure, run) {
            ("kl", "a") => Ok(3.0),
            ("kl", "b-2") => Ok(4.0),
            ("nll_k50", "a") => Ok(f64::NAN),
            _ => Err(format!("there is no {measure}({run})")),
        })
    }

    #[test]
    fn both_sides_are_worked_out() {
        let sides = |text: &str| of(text).map(|j| (j.left, j.right, j.holds)).unwrap();
        assert_eq!(sides("kl(a) < kl(b-2)"), (3.0, 4.0, true));
        assert_eq!(sides("abs(kl(a) - kl(b-2)) / 4 > 0.5 * (1 + 0.5)"), (0.25, 0.75, false));
        assert_eq!(sides("1 - 2 - 3 < 8 / 4 / 2"), (-4.0, 1.0, true));
        assert!(!of("nll_k50(a) < 1").unwrap().holds && !of("nll_k50(a) > 1").unwrap().holds, "what is no number proves nothing");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, why) in [
            ("kl(a)", "expected < or >"),
            ("kl < 1", "of which run"),
            ("kl(c) < 1", "there is no kl(c)"),
            ("(1 < 2", "not closed"),
            ("1 < ", "ends too soon"),
            ("1 < 2 < 3", "nothing should come before"),
            ("1.2.3 < 4", "is no number"),
            ("§ < 4", "not expected"),
        ] {
            let said = of(text).unwrap_err();
            assert!(said.contains(why) && said.contains(text), "{text}: {said}");
        }
    }
}
