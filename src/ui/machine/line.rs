//! What was timed, as a line of `benches/machines.md`.

use super::words;
use latent_protocol::MachineReport;

/// Digits that say something: three.
pub fn number(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// The browser and the system, by what the browser calls itself.
pub fn browser(agent: &str) -> String {
    // Each of the first ones also says that it is those behind it.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Version/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let browser = BROWSERS.iter().find_map(|(mark, name)| {
        let version: String = agent.split_once(mark)?.1.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("{name} {version}"))
    });
    let browser = browser.unwrap_or_else(|| words::UNKNOWN_BROWSER.into());
    match SYSTEMS.iter().find(|(mark, _)| agent.contains(mark)) {
        Some((_, system)) => format!("{browser}, {system}"),
        None => browser,
    }
}

/// A row of the table: adapter, browser, copy in GB/s, launch in µs, products in GFLOP/s, milliseconds of steps and of compiling them, kernels.
pub fn line(adapter: &str, browser: &str, report: &MachineReport) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    let plain = |text: &str| text.replace('|', "/");
    let products = report
        .products
        .iter()
        .map(|p| format!("{} {}", words::product(p.size).trim_start_matches("product "), number(p.flops / 1e9)));
    let mut cells = vec![
        plain(adapter),
        plain(browser),
        number(report.copy / 1e9),
        report.launch.map_or_else(|| "–".into(), number),
        join(products.collect()),
    ];
    // The processor launches nothing.
    let launches = |n: u32| if n > 0 { format!(" ({n})") } else { String::new() };
    cells.extend(report.steps.iter().map(|s| number(s.ms) + &launches(s.dispatches)));
    cells.push(join(report.steps.iter().map(|s| format!("{:.0}", s.compile_ms)).collect()));
    let mut kernels: Vec<&str> = report.steps.iter().map(|s| s.kernels.as_str()).collect();
    kernels.extend(report.products.iter().map(|p| p.kernels.as_str()));
    // Of a choice, what was chosen.
    let mut names: Vec<String> = vec![];
    for name in kernels.iter().map(|words| words.split(", chosen").next().unwrap_or_default()).filter(|name| !name.is_empty()) {
        if names.iter().all(|n| n != name) {
            names.push(plain(name));
        }
    }
    cells.push(names.join("; "));
    format!("| {} |", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_protocol::{ProductTime, StepTime};

    #[test]
    fn browsers_are_told_apart() {
        let agents = [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                "Chrome 156, Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
                "Edge 156, Windows",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox 153, Linux"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari 26, macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari 26, iOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
                "Chrome 156, Android",
            ),
            ("curl/8", "unknown browser"),
        ];
        for (agent, name) in agents {
            assert_eq!(browser(agent), name);
        }
    }

    #[test]
    fn a_line_is_a_row_of_the_table() {
        let product = |size, flops, kernels: &str| ProductTime { size, flops, kernels: kernels.into() };
        let step = |name: &str, ms, dispatches, compile_ms, kernels: &str| StepTime {
            name: name.into(),
            batch: 8,
            ms,
            dispatches,
            compile_ms,
            kernels: kernels.into(),
        };
        let report = MachineReport {
            copy: 12.34e9,
            launch: Some(23.456),
            products: vec![product([128, 784, 400], 310e9, "tiles"), product([512; 3], 1234.5e9, "large")],
            steps: vec![
                step("W1", 0.987, 11, 412.4, "tiles, chosen of 3 by measurement"),
                step("W2", 34.56, 30, 2100.0, "large, chosen of 3"),
            ],
        };
        assert_eq!(
            line("a|b", "Chrome 156, Linux", &report),
            "| a/b | Chrome 156, Linux | 12.3 | 23.5 | 128 × 784 × 400 310, 512³ 1234 | 0.987 (11) | 34.6 (30) | 412, 2100 | tiles; large |"
        );
        let table = include_str!("../../../benches/machines.md");
        let columns = |row: &str| row.matches('|').count();
        let rows: Vec<&str> = table.lines().filter(|row| row.starts_with('|')).collect();
        assert!(rows.len() > 3, "the table has machines");
        let launched = line("a", "b", &MachineReport { launch: None, ..report });
        assert!(launched.contains("| – |"), "{launched}");
        rows.iter().for_each(|row| assert_eq!(columns(row), columns(&launched), "{row}"));
    }
}
