//! A lesson from its text.

use super::lesson::{Answer, Ask, Choice, Condition, Lesson, Part, Step, Wait};
use super::measure::Measure;
use super::place::Place;
use super::reader::{Block, blocks};
use super::stage::{Set, file};
use super::wanted::Wanted;
use crate::engine::settings::nearest;
use crate::scenario::{Problem, Problems, That};

/// A lesson is short, and so is its file.
const MOST_BYTES: usize = 200_000;
/// The words behind a fence.
const FENCES: [&str; 7] = ["lesson", "stage", "show", "wait", "ask", "reveal", "check"];

type Lines<'a> = Vec<(u32, &'a str)>;

#[derive(Default)]
struct Reader {
    title: String,
    summary: String,
    head: Option<(u32, String)>,
    next: Option<String>,
    steps: Vec<Step>,
    /// Whether a prediction waits to be revealed, and where it was asked.
    asked: Option<u32>,
    problems: Vec<Problem>,
}

impl Lesson {
    /// Reads a lesson; `origin` names it in messages.
    ///
    /// # Errors
    /// All that is wrong with it, line by line.
    pub fn parse(text: &str, origin: &str) -> Result<Lesson, Problems> {
        if text.len() > MOST_BYTES {
            let message = format!("is {} bytes long; a lesson has at most {MOST_BYTES}", text.len());
            return Err(Problems::new(origin, vec![Problem { line: None, path: String::new(), message }]));
        }
        let mut reader = Reader::default();
        for (line, block) in blocks(text) {
            reader.take(line, block);
        }
        reader.asked_and_not_revealed();
        let Reader { title, summary, head, next, steps, mut problems, .. } = reader;
        let mut missing = |message: &str| {
            problems.push(Problem { line: Some(1), path: String::new(), message: message.to_owned() });
        };
        if title.is_empty() {
            missing("begins with its title: # A write's journey");
        }
        if steps.is_empty() {
            missing("has no step; a step begins with a heading: ## The first step");
        }
        let Some((minutes, scenario)) = head else {
            missing("needs a block that says what it runs: ```lesson, then scenario FILE.toml and minutes 7, then ```");
            return Err(Problems::new(origin, problems));
        };
        if problems.is_empty() {
            Ok(Lesson { title, summary, minutes, next, scenario, steps })
        } else {
            Err(Problems::new(origin, problems))
        }
    }
}

impl Reader {
    fn wrong(&mut self, line: u32, message: impl Into<String>) {
        self.problems.push(Problem { line: Some(line), path: String::new(), message: message.into() });
    }

    fn take(&mut self, line: u32, block: Block<'_>) {
        match block {
            Block::Heading(1, title) if self.title.is_empty() => title.clone_into(&mut self.title),
            Block::Heading(1, _) => self.wrong(line, "there is one title; a step begins with ##"),
            Block::Heading(_, title) => {
                self.asked_and_not_revealed();
                self.steps.push(Step { title: title.to_owned(), line, parts: Vec::new() });
            }
            Block::Open(word) => self.wrong(line, format!("the block ```{word} is not closed; end it with a line ```")),
            Block::Prose(text) if self.steps.is_empty() => self.summary = text,
            Block::Prose(text) => self.push(line, Part::Text(text)),
            Block::Fence("lesson", lines) => self.head(line, &lines),
            Block::Fence(word, lines) => {
                let blank = |(_, text): &(u32, &str)| !text.trim().is_empty();
                let lines: Lines<'_> = lines.into_iter().filter(blank).map(|(n, text)| (n, text.trim())).collect();
                match self.part(word, line, lines) {
                    Ok(part) => self.push(line, part),
                    Err((line, message)) => self.wrong(line, message),
                }
            }
        }
    }

    fn push(&mut self, line: u32, part: Part) {
        match self.steps.last_mut() {
            Some(step) => step.parts.push(part),
            None => self.wrong(line, "stands before the first step; a step begins with a heading: ## The first step"),
        }
    }

    fn head(&mut self, line: u32, lines: &[(u32, &str)]) {
        let (mut minutes, mut scenario) = (None, None);
        for (line, text) in lines {
            match text.trim().split_once(' ') {
                Some(("minutes", number)) => minutes = number.trim().parse().ok().filter(|n| (1..=60).contains(n)),
                Some(("scenario", name)) => match file(name.trim()) {
                    Ok(name) => scenario = Some(name),
                    Err(why) => self.wrong(*line, why),
                },
                Some(("next", name)) if is_name(name.trim()) => self.next = Some(name.trim().to_owned()),
                _ => self.wrong(*line, format!("{text:?} is neither scenario FILE.toml, minutes 7 nor next NAME")),
            }
        }
        match (minutes, scenario) {
            (Some(minutes), Some(scenario)) => self.head = Some((minutes, scenario)),
            _ => self.wrong(line, "must say scenario FILE.toml and minutes, from 1 to 60"),
        }
    }

    fn part(&mut self, word: &str, line: u32, lines: Lines<'_>) -> Result<Part, (u32, String)> {
        let (lines, help) = split_help(lines);
        let each =
            |lines: &Lines<'_>| if lines.is_empty() { Err((line, format!("```{word} is empty"))) } else { Ok(()) };
        match word {
            "stage" => {
                each(&lines)?;
                Ok(Part::Stage(all(&lines, Set::parse)?))
            }
            "show" => {
                each(&lines)?;
                Ok(Part::Show(all(&lines, Place::parse)?))
            }
            "wait" => {
                each(&lines)?;
                Ok(Part::Wait(Wait { wanted: said(&lines, Wanted::parse)?, help }))
            }
            "check" => {
                each(&lines)?;
                Ok(Part::Check(Condition {
                    line: lines.first().map_or(line, |(n, _)| *n),
                    that: said(&lines, That::parse)?,
                    help,
                }))
            }
            "ask" => {
                if let Some(before) = self.asked.replace(line) {
                    return Err((line, format!("the prediction of line {before} has no ```reveal yet")));
                }
                ask(line, lines).map(Part::Ask)
            }
            "reveal" => match self.asked.take() {
                Some(_) => Ok(Part::Reveal),
                None => {
                    Err((line, "there is nothing to reveal; a ```ask of the same step must stand before it".to_owned()))
                }
            },
            _ => {
                let hint = nearest(word, FENCES).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
                Err((line, format!("there is no block {word:?}{hint} There are {}", FENCES.join(", "))))
            }
        }
    }

    fn asked_and_not_revealed(&mut self) {
        if let Some(line) = self.asked.take() {
            self.wrong(line, "the prediction is never revealed; put ```reveal and ``` behind it, in the same step");
        }
    }
}

fn all<T>(lines: &Lines<'_>, parse: fn(&str) -> Result<T, String>) -> Result<Vec<T>, (u32, String)> {
    lines.iter().map(|(line, text)| parse(text).map_err(|why| (*line, why))).collect()
}

/// What stands before ` -- ` of each line, and the words that stand behind it.
fn said<T>(lines: &Lines<'_>, parse: fn(&str) -> Result<T, String>) -> Result<Vec<(T, String)>, (u32, String)> {
    let one = |(line, text): &(u32, &str)| {
        let (what, words) = text.split_once(" -- ").unwrap_or((text, ""));
        Ok((parse(what.trim()).map_err(|why| (*line, why))?, words.trim().to_owned()))
    };
    lines.iter().map(one).collect()
}

/// The lines that begin with `>` are help.
fn split_help(lines: Lines<'_>) -> (Lines<'_>, String) {
    let (help, lines): (Lines<'_>, Lines<'_>) = lines.into_iter().partition(|(_, text)| text.starts_with('>'));
    let help: Vec<&str> = help.iter().map(|(_, text)| text.trim_start_matches('>').trim()).collect();
    (lines, help.join(" "))
}

fn ask(line: u32, lines: Lines<'_>) -> Result<Ask, (u32, String)> {
    let (mut question, mut choices, mut number, mut within, mut measure) = (Vec::new(), Vec::new(), None, 0, None);
    for (line, text) in lines {
        let place = |why: String| (line, why);
        if let Some(choice) = text.strip_prefix("- ") {
            let (words, that) = choice
                .rsplit_once(": ")
                .ok_or_else(|| place(format!("{choice:?} must be: - words: writes.lost == 0")))?;
            let that = that.split(" and ").map(That::parse).collect::<Result<Vec<_>, _>>().map_err(place)?;
            choices.push(Choice { words: words.trim().to_owned(), that });
        } else if let Some(unit) = text.strip_prefix("number of ") {
            number = Some(unit.trim().to_owned());
        } else if let Some(digits) = text.strip_prefix("within ") {
            within = digits.trim().parse().map_err(|_| place(format!("{digits:?} is no whole number")))?;
        } else if let Some(path) = text.strip_prefix("measure ") {
            measure = Some(Measure::parse(path.trim()).map_err(place)?);
        } else {
            question.push(text);
        }
    }
    let wrong = |why: &str| Err((line, why.to_owned()));
    let Some(measure) = measure else { return wrong("must say what it is compared with, as: measure writes.lost") };
    if question.is_empty() {
        return wrong("asks nothing; the question comes first");
    }
    let answer = match (number, choices.len()) {
        (Some(unit), 0) => Answer::Number { unit, within },
        (None, 2..) => Answer::Choices(choices),
        _ => return wrong("needs either two choices or more (- words: condition), or number of UNIT"),
    };
    Ok(Ask { line, question: question.join(" "), answer, measure })
}

/// Whether a lesson can be called so: its file's name, without its ending.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() < 100 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
