//! The words of attributes.

pub const TOLD: &str = "The model is told";
pub const FOUND: &str = "The model has found";
pub const JUDGING: &str = "A judge is learning to tell these attributes …";

/// Who says what stands beside the attributes.
pub fn judged(step: u64) -> String {
    format!(
        "A judge that never saw the model, at step {step}: how often a change takes hold in test images, how many other attributes stay, and in how many pictures the original is still the nearest copy."
    )
}

/// What it says of one.
pub fn held(held: f64, kept: Option<f64>, same: Option<f64>, right: Option<f64>) -> String {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let kept = kept.map_or(String::new(), |kept| format!(" · others stay {}", percent(kept)));
    let same = same.map_or(String::new(), |same| format!(" · same one {}", percent(same)));
    let right = right.map_or(String::new(), |right| format!(" · judge right {}", percent(right)));
    format!("takes hold {}{kept}{same}{right}", percent(held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_judge_has_not_said_is_left_out() {
        assert_eq!(
            held(0.934, Some(0.5), Some(1.0), Some(0.8)),
            "takes hold 93 % · others stay 50 % · same one 100 % · judge right 80 %"
        );
        assert_eq!(held(0.0, None, None, None), "takes hold 0 %");
    }
}
