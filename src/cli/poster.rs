//! `replication-lab poster`: what stands in a widget's place before it comes.

use std::path::Path;

use super::Verdict;
use super::arguments::PosterArguments;
use super::input::{self, Subject};
use super::library;
use super::output::{Failure, Output};
use crate::engine::time::SimTime;
use crate::scenario::Source;
use crate::scenario::link::Shared;
use crate::sim::Run;
use crate::ui::plan::Size;
use crate::ui::poster::{Poster, summary};

/// By then servers have found each other, and in most scenarios nothing has happened to them.
const AS_USUAL: SimTime = SimTime(1_000_000);

/// Draws a scenario's cluster at an instant, and says how it is embedded.
pub(super) fn poster(arguments: &PosterArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let asked = &arguments.instant;
    let named =
        asked.file.to_str().filter(|name| !asked.file.exists() && !Shared::is_link(name)).and_then(library::find);
    let Subject { source, mut scenario, shared, mut replay } = match named {
        Some((file, text)) => {
            let origin = format!("scenarios/{file}");
            Subject::of_source(Source { origin, text: text.to_owned(), overrides: asked.set.clone() })?
        }
        None => input::subject(&asked.file, asked.seed, &asked.set)?,
    };
    if let Some(seed) = asked.seed {
        scenario.setup.seed = seed;
    }
    let mut run = Run::new(scenario.setup.clone(), scenario.schedule.clone(), ())
        .map_err(|error| input::setup_problem(&source, &error))?;
    match (asked.at, shared) {
        (None, Some(_)) => replay.finish(&mut run),
        (at, _) => {
            let usual = AS_USUAL.min(SimTime(scenario.duration_us));
            replay.advance(&mut run, at.unwrap_or(usual))
        }
    }
    .map_err(|why| input::mismatch(&source, &why))?;
    let view = run.world().view();
    let room = Size { w: f64::from(arguments.width), h: f64::from(arguments.height) };
    let poster = Poster { scenario: &scenario, view: &view, room };
    let (svg, size) = poster.draw();
    if let Some(path) = &arguments.out {
        std::fs::write(path, &svg).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
    }
    if arguments.html {
        let image = arguments.out.as_deref().unwrap_or(Path::new("poster.svg"));
        let image = image.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = match named {
            Some(_) => asked.file.display().to_string(),
            None => asked.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        };
        let words = format!("{}. {}", poster.title().trim_end_matches('.'), summary(&scenario, &view));
        output.line(format_args!("<script type=\"module\" src=\"replication-lab.js\"></script>"));
        output.line(format_args!(
            "<replication-lab scenario=\"{}\" height=\"{}\"><img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\"></replication-lab>",
            quoted(&name),
            arguments.height,
            quoted(&image),
            size.w,
            size.h,
            quoted(&words)
        ));
    } else if arguments.out.is_none() {
        output.line(format_args!("{}", svg.trim_end()));
    }
    Ok(Verdict::Held)
}

/// A text as an attribute's value in HTML, on one line: a blank one would end the HTML in Markdown.
fn quoted(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
