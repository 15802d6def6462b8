//! `cargo lab plan`: the kernels that a network becomes.

use std::path::PathBuf;
use std::process::ExitCode;

use latent_catalog as catalog;
use latent_experiment::Setup;

use crate::Failure;
use crate::setup::{card, setup};

#[derive(clap::Args)]
pub struct Args {
    /// Which method; `cargo lab methods` lists them.
    #[arg(long, value_name = "ID", default_value = catalog::CARDS[0].id)]
    method: String,
    /// A parameter of the method, for example batch=8; as many as wanted.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    set: Vec<String>,
    /// The data set; `cargo lab data` lists them. The first that the method can learn from, if none is given.
    #[arg(long, value_name = "ID")]
    data: Option<String>,
    /// What kind of adapter the kernels are for.
    #[arg(long, value_name = "KIND", default_value = "gpu", value_parser = ["gpu", "gpu-large", "gpu-registers", "software", "software-quads"])]
    target: String,
    /// Which of the method's programs, for example train, encode, decode or initialisation.
    #[arg(long, value_name = "NAME", default_value = "train")]
    program: String,
    /// Write the text of each dispatch into this folder.
    #[arg(long, value_name = "DIR")]
    wgsl: Option<PathBuf>,
    /// Ask the compiler of the first Vulkan device what it makes of each dispatch: registers, spills, waves. With Mesa a card need not be there:
    /// `VK_DRIVER_FILES=…/radeon_icd.x86_64.json RADV_FORCE_FAMILY=navi21`.
    #[arg(long)]
    registers: bool,
    /// Print nothing but one JSON object.
    #[arg(long)]
    json: bool,
}

fn check(args: &Args) -> Result<Setup, Failure> {
    let card = card(&args.method)?;
    let data = args.data.clone().unwrap_or_else(|| Setup::of_method(card.id).data);
    let setup = setup(card, &data, &args.set)?;
    setup.check().map_err(|error| error.to_string())?;
    catalog::set(&setup.data).ok_or_else(|| format!("--data {}: there are {}", setup.data, catalog::set_ids().join(", ")))?;
    Ok(setup)
}

with_burn!(check);

#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use latent_engine::plan::listing::list;
    use latent_native::isa::Compiler;
    use latent_vocabulary::shape::DataShape;

    let setup = check(&args)?;
    let entry = latent_registry::entry(&setup.method).expect("its card has been found");
    let shape = DataShape::of(catalog::set(&setup.data).expect("its card has been found"));
    let mut listing = list(entry, &setup.params()?, shape, &args.target, &args.program)?;
    if let Some(folder) = &args.wgsl {
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).map_err(|error| format!("--wgsl {}: {error}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(|error| format!("--wgsl {}: {error}", folder.display()))?;
        for dispatch in &listing.dispatches {
            write(&dispatch.file, &dispatch.wgsl)?;
        }
    }
    let mut card = None;
    if args.registers {
        let compiler = Compiler::open()?;
        for dispatch in &mut listing.dispatches {
            dispatch.compiled = compiler.ask(&dispatch.wgsl).map_err(|error| format!("{}: {error}", dispatch.file))?;
        }
        card = Some(compiler.name.clone());
    }
    if args.json {
        let mut json = serde_json::to_value(&listing).map_err(|error| error.to_string())?;
        json["setup"] = setup.to_query().into();
        if let Some(card) = card {
            json["card"] = card.into();
        }
        println!("{json}");
    } else {
        use std::io::Write;

        // Whoever reads may have seen enough, as `head` does.
        let _ = std::io::stdout().write_all(table(&setup, &listing, card.as_deref()).as_bytes());
    }
    Ok(ExitCode::SUCCESS)
}

/// Levels with their kernels, and the memory, for people.
#[cfg(feature = "native")]
fn table(setup: &Setup, listing: &latent_engine::plan::listing::Listing, card: Option<&str>) -> String {
    let number = |n: Option<u64>| n.map_or_else(|| "-".into(), grouped);
    let kernels = || listing.dispatches.iter().flat_map(|d| &d.kernels);
    let sum = |of: fn(&latent_engine::plan::listing::Kernel) -> Option<u64>| grouped(kernels().filter_map(of).sum());
    let mut out = vec![
        format!("{}, program {}, {} rows, {}", setup.to_query(), listing.program, listing.batch, listing.target),
        format!(
            "{} dispatches, {} kernels, {} operations, {} bytes read, {} written; arena of {} floats{}",
            listing.dispatches.len(),
            kernels().count(),
            sum(|k| k.flops),
            sum(|k| k.read),
            sum(|k| k.written),
            grouped(listing.arena as u64),
            if listing.halves > 0 { format!(" and {} values of 16 bits", grouped(listing.halves as u64)) } else { String::new() },
        ),
    ];
    let predicted = listing.predicted_us.iter().map(|(machine, us)| format!("{machine} {:.2} ms", us / 1e3));
    out.push(format!("predicted: {}", predicted.collect::<Vec<_>>().join(", ")));
    if let Some(card) = card {
        let spills = listing.dispatches.iter().filter(|d| latent_native::isa::spilled(&d.compiled) > 0).count();
        out.push(format!("compiled for {card}: {spills} of {} dispatches spill registers", listing.dispatches.len()));
    }
    for d in &listing.dispatches {
        let [width, height] = d.grid;
        let times = d.times.iter().map(|t| format!("{} {:.0} µs ({})", t.machine, t.us, t.bound.name()));
        let times = times.collect::<Vec<_>>().join(", ");
        out.push(format!("\nlevel {}: {width} × {height} workgroups, {}; {times}", d.level, d.file));
        if !d.compiled.is_empty() {
            let told = d.compiled.iter().map(|(name, n)| format!("{name} {}", grouped(*n)));
            out.push(format!("  {}", told.collect::<Vec<_>>().join(", ")));
        }
        let heads = ["kernel", "workgroups", "lanes", "operations", "read", "written", "chain", "scatter"];
        let [kernel, workgroups, lanes, operations, read, written, chain, scatter] = heads;
        out.push(format!(
            "  {kernel:24} {workgroups:>10} {lanes:>5} {operations:>15} {read:>12} {written:>12} {chain:>7} {scatter:>7}"
        ));
        for k in &d.kernels {
            let name = format!("{} {}", k.function, k.name);
            let [operations, read, written, chain] = [k.flops, k.read, k.written, k.chain].map(number);
            let scatter = k.scatter.map_or_else(|| "-".into(), |s| format!("{s:.1}"));
            out.push(format!(
                "  {name:24} {:>10} {:>5} {operations:>15} {read:>12} {written:>12} {chain:>7} {scatter:>7}",
                k.workgroups, k.lanes
            ));
            out.extend(k.members.iter().map(|m| format!("    {m}")));
        }
    }
    out.push(format!("\nmemory\n  {:>12} {:>12} {:>7}  tensor", "first float", "floats", "levels"));
    for r in &listing.memory {
        let levels = r.levels.map_or_else(|| "all".into(), |[first, last]| format!("{first}-{last}"));
        let what = if r.bits == 16 { format!("{}, in 16 bits", r.what) } else { r.what.clone() };
        out.push(format!("  {:>12} {:>12} {levels:>7}  {what}", grouped(r.at as u64), grouped(r.floats as u64)));
    }
    out.join("\n") + "\n"
}

/// A number with a comma before each three digits.
#[cfg(feature = "native")]
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}
