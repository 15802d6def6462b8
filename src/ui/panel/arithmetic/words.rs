//! The words of arithmetic with codes.

pub const ARITHMETIC: &str = "Arithmetic with codes";
pub const ARITHMETIC_HELP: &str = "Codes add and subtract. A is to B as C is to what? The strip adds the step from A to B to C, from minus once to twice. With classes, the step leads from the mean code of one class to that of another.";
pub const ARITHMETIC_DIRECTION: &str = "Where the direction comes from";
pub const ARITHMETIC_IMAGES: &str = "Analogy";
pub const ARITHMETIC_CLASSES: &str = "Attribute";
pub const ARITHMETIC_FROM: &str = "From class";
pub const ARITHMETIC_TO: &str = "To class";
pub const ARITHMETIC_RESULT: &str = "Result";
pub const ARITHMETIC_STRIP: &str = "C with more and more of the step";
pub const ARITHMETIC_TAKE: &str = "Take the result to the traversal";

pub fn arithmetic_choose(name: &str) -> String {
    format!("Choose {name}: then press a test image")
}

pub fn arithmetic_pick(i: u32) -> String {
    format!("Put test image {i} there")
}

pub fn class_mean(class: &str) -> String {
    format!("mean {class}")
}

pub fn strength(t: f32) -> String {
    format!("{t:+}").replace('-', "−").replace("+0", "0").replace("0.", ".")
}
