//! `cargo xtask test`: every check and test, added up into one closing line.

mod examples;
mod lint;
mod tally;
mod tests;

use crate::Result;
use crate::project::Project;
use crate::site::Mode;

pub use tally::Tally;

/// The parts that `--only` names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// rustfmt and clippy.
    Lint,
    /// Tests that run on this machine.
    Native,
    /// Unit tests compiled to WebAssembly, in headless Chromium.
    Wasm,
    /// End-to-end tests of the built page.
    Browser,
    /// The npm package and `examples/`, built and opened.
    Examples,
}

impl Part {
    /// What runs unless a part is named, in that order: what is quick to fail comes first.
    pub const ALL: [Self; 5] = [Self::Lint, Self::Native, Self::Wasm, Self::Browser, Self::Examples];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::Browser => "browser",
            Self::Examples => "examples",
        }
    }
}

/// Runs the parts and prints `N passed, N failed` last of all. `Ok(true)` when nothing failed.
pub fn test(project: &Project, parts: &[Part], filter: Option<&str>) -> Result<bool> {
    let mut tally = Tally::default();
    let alone = parts.len() == 1;
    for part in parts {
        // A part that cannot even start counts as one failure, and the others still run.
        if let Err(error) = run_part(project, *part, alone, filter, &mut tally) {
            eprintln!("error: {error}");
            tally.check(&format!("{}: cannot start", part.name()), false);
        }
    }
    for failure in tally.failures() {
        println!("failed: {failure}");
    }
    for name in tally.unsteady() {
        println!("unsteady, passed when it was tried again: {name}");
    }
    println!("{tally}");
    Ok(tally.all_passed())
}

fn run_part(project: &Project, part: Part, alone: bool, filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    // With all parts, the browser's comes before that of the examples, and has built the page.
    let page_is_built = !alone;
    match part {
        Part::Lint => {
            crate::setup::for_lint(project)?;
            lint::run_all(project, tally)
        }
        Part::Native => {
            crate::setup::for_native(project)?;
            tests::native(project, filter, tally)?;
            if filter.is_none() { crate::swarm::report_today(project) } else { Ok(()) }
        }
        Part::Wasm => {
            crate::setup::for_wasm_tests(project)?;
            tests::wasm(project, filter, tally)
        }
        Part::Browser => {
            crate::setup::for_build(project)?;
            crate::setup::for_browser_tests(project)?;
            crate::site::build(project, Mode::Release)?;
            let sizes = crate::sizes::report(&project.dist());
            if let Err(error) = &sizes {
                eprintln!("error: {error}");
            }
            tally.check("download size within its limit", sizes.is_ok());
            tests::browser(project, filter, tally)
        }
        // A test's name is no reason to build everything around it.
        Part::Examples if !alone && filter.is_some() => Ok(()),
        Part::Examples => {
            crate::setup::for_build(project)?;
            crate::setup::for_browser_tests(project)?;
            crate::setup::for_examples(project)?;
            if !page_is_built {
                crate::site::build(project, Mode::Release)?;
            }
            let wanted = if alone { examples::Wanted::All } else { examples::Wanted::Light };
            examples::run_all(project, wanted, filter, tally)
        }
    }
}
