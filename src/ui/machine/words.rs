//! The words of the page that times a machine.

pub const TITLE: &str = "This machine";
pub const WAITS: &str = "It is timed as soon as the engine is open.";
pub const TIMES: &str = "Copying, products, launches and training steps are timed: about half a minute, longer on a slow adapter. Leave this tab in front.";
pub const AGAIN: &str = "Time it again";
pub const COPY: &str = "copy";
pub const LAUNCH: &str = "one more launch";
pub const LINE: &str = "As one line of the table of machines";
pub const COPY_LINE: &str = "Copy the line";
pub const COPY_FAILED: &str = "Copy it from the field";
pub const WHERE: &str =
    "Such lines are collected in benches/machines.md of the repository: add yours at the end, or put it into an issue.";
pub const NO_NAME: &str = "an adapter without a name";
pub const UNKNOWN_BROWSER: &str = "unknown browser";

pub fn processor(cores: u32) -> String {
    format!("processor, {cores} cores")
}

pub fn product(size: [u32; 3]) -> String {
    let [m, k, n] = size;
    if m == k && k == n { format!("product {m}³") } else { format!("product {m} × {k} × {n}") }
}

pub fn step(name: &str, batch: u32) -> String {
    format!("step of {name}, batch {batch}")
}

pub fn failed(message: &str) -> String {
    format!("It could not be timed: {message}")
}
