//! `cargo xtask COMMAND`: sets up, builds, serves, tests.

use std::process::ExitCode;

use xtask::project::Project;
use xtask::site::Mode;
use xtask::suite::Part;

const HELP: &str = "\
cargo xtask COMMAND

  serve [--port N] [--debug]   builds the laboratory and serves it at http://127.0.0.1:8080
  build [--debug] [--package]  builds dist/ for a host of static files, and weighs it; --package makes the widget's npm
                               package of it: target/package/, and the packed file beside it
  test [--only PART] [NAME]    runs every check and test; PART is lint, native, wasm, browser or examples (alone it also
                               builds with Docusaurus);
                               NAME restricts to tests whose name contains it
  bench [PART]                 measures sizes and speeds, and writes them into BENCHMARKS.md; PART is sizes, native,
                               memory, sweep, wasm (SOAK_MINUTES: 60 virtual minutes of soak) or frames
  swarm [--seeds A..B]         draws clusters and faults from seeds and holds each run to what its configuration
                               promises; a failing run is made smaller. --output FILE writes a line of JSON for each
                               seed; --merge FILE… adds such lines up; more: swarm --help

Each command first sets up what it needs and the machine lacks.";

const DEFAULT_PORT: u16 = 8080;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// `Ok(false)` is for tests that failed, an error for what could not be done.
fn run(arguments: &[String]) -> xtask::Result<bool> {
    let project = Project::locate();
    let mut arguments = arguments.iter().map(String::as_str);
    let command = arguments.next().unwrap_or("help");
    let mut rest: Vec<&str> = arguments.collect();
    match command {
        "serve" => {
            let port = match take_value(&mut rest, "--port")? {
                Some(port) => port.parse().map_err(|_| format!("--port wants a number up to 65535, not `{port}`"))?,
                None => DEFAULT_PORT,
            };
            let mode = take_mode(&mut rest);
            nothing_left(&rest)?;
            xtask::serve::serve(&project, port, mode)?;
        }
        "build" => {
            let mode = take_mode(&mut rest);
            let package = rest.contains(&"--package");
            rest.retain(|argument| *argument != "--package");
            nothing_left(&rest)?;
            xtask::setup::for_build(&project)?;
            xtask::site::build(&project, mode)?;
            if package {
                xtask::package::pack(&project)?;
            }
            if mode == Mode::Release {
                xtask::sizes::report(&project.dist())?;
            }
        }
        "test" => {
            let parts = match take_value(&mut rest, "--only")? {
                Some(name) => vec![part_named(name)?],
                None => Part::ALL.to_vec(),
            };
            let filter = rest.pop();
            nothing_left(&rest)?;
            return xtask::suite::test(&project, &parts, filter);
        }
        "bench" => {
            let filter = (!rest.is_empty()).then(|| rest.remove(0));
            nothing_left(&rest)?;
            xtask::bench::bench(&project, filter)?;
        }
        "swarm" => return xtask::swarm::swarm(&project, &rest),
        "help" | "--help" | "-h" => println!("{HELP}"),
        unknown => return Err(format!("there is no command `{unknown}`\n\n{HELP}")),
    }
    Ok(true)
}

fn part_named(name: &str) -> xtask::Result<Part> {
    Part::ALL
        .into_iter()
        .find(|part| part.name() == name)
        .ok_or_else(|| format!("--only wants lint, native, wasm, browser or examples, not `{name}`"))
}

/// Takes `--name value` out of the arguments.
fn take_value<'a>(arguments: &mut Vec<&'a str>, name: &str) -> xtask::Result<Option<&'a str>> {
    let Some(at) = arguments.iter().position(|argument| *argument == name) else {
        return Ok(None);
    };
    if at + 1 >= arguments.len() {
        return Err(format!("{name} wants a value"));
    }
    arguments.remove(at);
    Ok(Some(arguments.remove(at)))
}

/// Release unless `--debug` is among the arguments; `--release` may be said, too.
fn take_mode(arguments: &mut Vec<&str>) -> Mode {
    let debug = arguments.contains(&"--debug");
    arguments.retain(|argument| !matches!(*argument, "--debug" | "--release"));
    if debug { Mode::Debug } else { Mode::Release }
}

fn nothing_left(arguments: &[&str]) -> xtask::Result<()> {
    match arguments.first() {
        Some(argument) => Err(format!("what is `{argument}`?\n\n{HELP}")),
        None => Ok(()),
    }
}
