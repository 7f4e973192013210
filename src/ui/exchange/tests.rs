use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, ConnId, NodeId, TxnId};
use crate::engine::message::MessageKind;
use crate::engine::time::SimTime;
use crate::engine::trace::{DropReason, MessageId, TraceEvent, What};
use crate::scenario::{Format, Scenario};
use crate::sim::view::ClusterView;
use crate::sim::{Observer, Run, World};
use crate::ui::plan::Rect;

struct Recorder(Vec<TraceEvent>);

impl Observer for Recorder {
    fn observe(&mut self, event: &TraceEvent, _: &World) {
        self.0.push(event.clone());
    }
}

/// A scenario's trace up to an instant, and the cluster then.
fn run(text: &str, until: u64) -> (Vec<TraceEvent>, ClusterView) {
    let scenario = Scenario::parse(text, Format::Toml, "test").expect("a scenario of the repository");
    let mut run = Run::new(scenario.setup, scenario.schedule, Recorder(Vec::new())).expect("a set-up that runs");
    run.run_until(SimTime(until));
    let view = run.world().view();
    (std::mem::take(&mut run.observer_mut().0), view)
}

const SYNCHRONOUS: &str = include_str!("../../../scenarios/synchronous-no-loss.toml");
const SEMI_SYNC: &str = include_str!("../../../scenarios/mysql-semi-sync-no-loss.toml");
const LOSS: &str = include_str!("../../../scenarios/asynchronous-loss.toml");

fn chart_of(events: &[TraceEvent]) -> Chart {
    let mut chart = Chart::new(SimTime::ZERO, &[]);
    events.iter().for_each(|event| chart.note(event));
    chart
}

/// The nth transaction that was logged, and its exchange.
fn nth_write(events: &[TraceEvent], nth: usize) -> Exchange {
    let mut logged = events.iter().filter_map(|event| match &event.what {
        What::Logged { txn, .. } => Some(*txn),
        _ => None,
    });
    let txn = logged.nth(nth).expect("so many writes");
    follow(events, txn)
}

fn follow(events: &[TraceEvent], txn: TxnId) -> Exchange {
    let first = events.iter().find(|event| event.what.txn() == Some(txn)).expect("a transaction of the run");
    let mut exchange = Exchange::new(txn, first.at);
    events.iter().filter(|event| event.at >= first.at).for_each(|event| exchange.note(event));
    exchange
}

/// The exchange's messages as `kind from to`, with what an acknowledgement says.
fn messages(exchange: &Exchange) -> Vec<String> {
    let message = |step: &Step| {
        let (_, flight, _) = step.message?;
        let level = step.level.map_or(String::new(), |level| format!(" {level}"));
        Some(format!("{:?} {} {}{level}", flight.kind, flight.from, flight.to))
    };
    exchange.steps().iter().filter_map(message).collect()
}

#[test]
fn a_synchronous_write_is_followed_to_the_last_acknowledgement() {
    let (events, view) = run(SYNCHRONOUS, 2_000_000);
    let exchange = nth_write(&events, 20);
    let mut found = messages(&exchange);
    found.sort();
    let mut expected = vec![
        "Acknowledgement node1 node0 flushed",
        "Acknowledgement node1 node0 written",
        "Acknowledgement node2 node0 flushed",
        "Acknowledgement node2 node0 written",
        "Log node0 node1",
        "Log node0 node2",
        "Query client0 proxy",
        "Query proxy node0",
        "Result node0 proxy",
        "Result proxy client0",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(matches!(exchange.steps().first().map(|step| &step.what), Some(What::Submitted { .. })));
    let nodes: Vec<NodeId> = view.nodes.iter().map(|node| node.id).collect();
    assert!(exchange.is_over(&nodes));
    let flushes = exchange.steps().iter().filter(|step| matches!(step.what, What::Flushed { .. })).count();
    assert_eq!(flushes, 3, "the write is flushed once on each server");
    // Every one of its messages has arrived, and in this order: sent, then taken.
    for step in exchange.steps() {
        if let Some((_, _, end)) = step.message {
            assert!(matches!(end, End::Arrived(at) if at > step.at));
        }
    }
}

#[test]
fn no_message_belongs_to_two_writes_unless_it_carries_both() {
    let (events, _) = run(SYNCHRONOUS, 1_000_000);
    let (one, other) = (nth_write(&events, 8), nth_write(&events, 14));
    let of = |exchange: &Exchange| exchange.messages().collect::<BTreeSet<MessageId>>();
    let shared: Vec<MessageId> = of(&one).intersection(&of(&other)).copied().collect();
    let chart = chart_of(&events);
    for id in shared {
        let line = chart.line(id).expect("a message of the run");
        assert!(chart.writes_of(line, 9).len() > 1, "{line:?}");
    }
}

#[test]
fn a_mysql_write_is_followed_by_its_gtid() {
    let (events, view) = run(SEMI_SYNC, 2_000_000);
    let exchange = nth_write(&events, 6);
    let found = messages(&exchange);
    for wanted in [
        "Query client0 proxy",
        "Log node0 node1",
        "Log node0 node2",
        "Acknowledgement node1 node0 written",
        "Acknowledgement node2 node0 written",
        "Result proxy client0",
    ] {
        assert_eq!(found.iter().filter(|one| *one == wanted).count(), 1, "{wanted} in {found:?}");
    }
    let relogged = exchange.steps().iter().filter(|step| matches!(step.what, What::Relogged { .. })).count();
    assert_eq!(relogged, view.nodes.len() - 1, "each replica logs it anew");
    let applied = exchange.steps().iter().filter(|step| matches!(step.what, What::Applied { .. })).count();
    assert_eq!(applied, view.nodes.len() - 1);
}

#[test]
fn other_bytes_at_a_lost_writes_position_are_not_its_own() {
    let (events, _) = run(LOSS, 8_000_000);
    let promoted = events
        .iter()
        .filter_map(|event| match &event.what {
            What::TimelineSwitched { node, at, .. } => Some((*node, *at, event.at)),
            _ => None,
        })
        .next()
        .expect("a promotion");
    let beyond = events.iter().rev().find_map(|event| match &event.what {
        What::Logged { txn, end, node, .. } if *node != promoted.0 && *end > promoted.1 && event.at < promoted.2 => {
            Some(*txn)
        }
        _ => None,
    });
    let exchange = follow(&events, beyond.expect("a write that the new primary lacks"));
    let from_new = exchange
        .steps()
        .iter()
        .filter_map(|step| step.message)
        .filter(|(_, flight, _)| flight.kind == MessageKind::Log && flight.from == Addr::Node(promoted.0));
    assert_eq!(from_new.count(), 0);
    let went_on = events
        .iter()
        .any(|event| matches!(&event.what, What::Logged { node, end, .. } if *node == promoted.0 && *end > promoted.1));
    assert!(went_on, "the new primary has other bytes there");
}

#[test]
fn events_that_come_twice_change_nothing() {
    let (events, _) = run(SYNCHRONOUS, 300_000);
    let (mut once, mut twice) = (chart_of(&events), chart_of(&events));
    once.came_to(SimTime(300_000));
    events.iter().skip(events.len() / 2).for_each(|event| twice.note(event));
    assert_eq!(once.lines(), twice.lines());
}

fn event(number: u64, at: u64, what: What) -> TraceEvent {
    TraceEvent { number, at: SimTime(at), what }
}

fn sent(number: u64, at: u64, id: u64, from: Addr, to: Addr, arrives: u64) -> TraceEvent {
    let what = What::Sent {
        id: MessageId(id),
        conn: ConnId { opener: from, number: 1 },
        from,
        to,
        kind: MessageKind::Query,
        span: None,
        positions: None,
        txn: None,
        wire_bytes: 72,
        arrives_at: SimTime(arrives),
    };
    event(number, at, what)
}

#[test]
fn a_lost_message_ends_where_it_was_lost() {
    let (a, b) = (Addr::Client(ClientId(0)), Addr::Proxy);
    let (id, reason) = (MessageId(0), DropReason::ReceiverDown);
    let chart = chart_of(&[sent(0, 1_000, 0, a, b, 3_000), event(1, 1_500, What::Dropped { id, reason })]);
    let line = &chart.lines()[0];
    assert_eq!((line.reach(), line.over()), (0.25, SimTime(1_500)));
    // One that a cut link held back never came further than the middle.
    let held = chart_of(&[
        sent(0, 1_000, 0, a, b, 3_000),
        event(1, 1_000, What::Held { id }),
        event(2, 9_000, What::Dropped { id, reason: DropReason::SenderGone }),
    ]);
    assert_eq!(held.lines()[0].reach(), 0.5);
    assert_eq!(held.lines_between(SimTime(5_000), SimTime(6_000)).count(), 1, "it waits all the while");
}

fn looks<'a>(followed: Option<&'a Exchange>, now_us: f64) -> Looks<'a> {
    let size = (1_000.0, 220.0);
    let (kinds, flavor) = (KindSet::default(), Flavor::Postgresql);
    Looks { size, gutter: 80.0, now_us, kinds, followed, pointed: None, flavor }
}

#[test]
fn a_message_leans_from_its_sender_to_its_receiver_by_its_latency() {
    let (events, view) = run(SYNCHRONOUS, 400_000);
    let chart = chart_of(&events);
    let lanes = Lanes::of(&view, &chart);
    let window = Window { from: 200_000.0, span: 20_000.0 };
    let looks = looks(None, 400_000.0);
    let picture = draw(&chart, &lanes, &window, &looks);
    assert_eq!((picture.messages, picture.drawn), (picture.drawn, picture.messages), "few enough for each to be drawn");
    assert!(picture.messages > 5);
    for shape in &picture.shapes {
        if let Shape::Lines(style, lines) = shape
            && matches!(style.paint, Paint::Log | Paint::Ack | Paint::Query | Paint::Result)
        {
            assert!(lines.iter().all(|(a, b)| b.x >= a.x), "time runs to the right");
            assert!(lines.iter().all(|(a, b)| a.x >= 80.0 && b.x <= 1_000.0), "nothing is drawn over the names");
        }
    }
    // Whoever points at a line finds it.
    let line = chart.lines_between(SimTime(205_000), SimTime(210_000)).find(|line| line.kind == MessageKind::Query);
    let line = line.expect("a statement");
    let x = 80.0 + (line.sent.0 as f64 - 200_000.0) / 20_000.0 * looks.across();
    let y = |who: Addr| 16.0 + (220.0 - 46.0) * lanes.place(who).unwrap_or(0) as f64 / (lanes.len() - 1) as f64;
    let found = looks.nearest(&chart, &lanes, &window, crate::ui::plan::Point { x: x + 1.0, y: y(line.from) + 1.0 });
    assert_eq!(found.map(|found| found.id), Some(line.id));
}

#[test]
fn words_overlap_neither_each_other_nor_the_edges() {
    let (events, view) = run(SYNCHRONOUS, 1_000_000);
    let chart = chart_of(&events);
    let lanes = Lanes::of(&view, &chart);
    for (from, span) in [(200_000.0, 20_000.0), (300_000.0, 60_000.0), (100_000.0, 400_000.0)] {
        let picture = draw(&chart, &lanes, &Window { from, span }, &looks(None, 900_000.0));
        let rects: Vec<Rect> = picture.shapes.iter().filter_map(label_rect).collect();
        for (place, one) in rects.iter().enumerate() {
            assert!(one.right() <= 1_001.0, "{one:?}");
            assert!(!rects[place + 1..].iter().any(|other| one.near(other, 0.0)), "{one:?} of {from}");
        }
    }
}

/// Where a label stands, apart from those of lanes and of the axis.
fn label_rect(shape: &Shape) -> Option<Rect> {
    match shape {
        Shape::Text { at, text, font: Font::Figure, .. } if at.y < 210.0 => {
            Some(Rect { x: at.x, y: at.y - 8.0, w: Font::Figure.width(text), h: 10.0 })
        }
        _ => None,
    }
}

#[test]
fn the_followed_write_is_strong_and_all_else_is_faint() {
    let (events, view) = run(SYNCHRONOUS, 1_000_000);
    let chart = chart_of(&events);
    let exchange = nth_write(&events, 10);
    let (from, to) = exchange.span().expect("steps");
    let window = Window::showing(from, to);
    let picture = draw(&chart, &Lanes::of(&view, &chart), &window, &looks(Some(&exchange), 1_000_000.0));
    let count = |strong: bool| {
        let of = |shape: &Shape| match shape {
            Shape::Lines(style, lines)
                if matches!(style.paint, Paint::Log | Paint::Ack | Paint::Query | Paint::Result)
                    && (style.strength == 100) == strong
                    // Marks stand upright.
                    && lines.iter().all(|(a, b)| (a.x - b.x).abs() > 0.01) =>
            {
                lines.len()
            }
            _ => 0,
        };
        picture.shapes.iter().map(of).sum::<usize>()
    };
    assert_eq!(count(true), exchange.messages().count());
    assert!(count(false) > 0, "others are there, and faint");
}

#[test]
fn one_line_stands_for_several_where_there_are_too_many() {
    let (events, view) = run(SYNCHRONOUS, 3_000_000);
    let chart = chart_of(&events);
    let lanes = Lanes::of(&view, &chart);
    let window = Window { from: 0.0, span: 3_000_000.0 };
    let picture = draw(&chart, &lanes, &window, &looks(None, 3_000_000.0));
    assert!(picture.messages > 1_000, "{}", picture.messages);
    assert!(picture.drawn < picture.messages, "{} of {}", picture.drawn, picture.messages);
    assert!(!picture.shapes.iter().any(|shape| label_rect(shape).is_some()), "no words in the crowd");
}

#[test]
fn a_file_cannot_be_broken_out_of_by_a_name() {
    let (events, view) = run(SYNCHRONOUS, 100_000);
    let mut view = view;
    view.nodes[0].name = Arc::from("<b>\"&\u{1}");
    let chart = chart_of(&events);
    let picture = draw(&chart, &Lanes::of(&view, &chart), &Window { from: 0.0, span: 100_000.0 }, &looks(None, 9e4));
    let file = svg(&picture, "A <title>", "\"words\"", |_| "#123456\" onload=\"x".to_owned());
    assert!(!file.contains("<b>"));
    assert!(!file.contains("onload=\"x"), "a colour is only a value");
    assert!(file.contains("&lt;b&gt;&quot;&amp;\u{fffd}"));
    assert!(file.contains("<title>A &lt;title&gt;</title>"));
    assert!(!file.contains('\u{1}'));
    assert_eq!(file.matches("<svg").count(), 1);
    assert!(file.ends_with("</svg>\n"));
}

#[test]
fn the_axis_has_round_instants_that_are_far_enough_apart() {
    for span in [100.0, 2_500.0, 60_000.0, 1_000_000.0, 30_000_000.0] {
        let window = Window { from: 4_120_000.0, span };
        let ticks = ticks(&window, 0.1);
        assert!((2..=11).contains(&ticks.len()), "{span}: {ticks:?}");
        assert!(
            ticks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= span * 0.1 && pair[0].1 != pair[1].1),
            "{ticks:?}"
        );
    }
    let words: Vec<String> =
        ticks(&Window { from: 4_118_000.0, span: 25_000.0 }, 0.1).into_iter().map(|(_, words)| words).collect();
    assert_eq!(words.first().map(String::as_str), Some("4120 ms"));
}

#[test]
fn a_window_stays_within_the_run_and_zooms_about_a_point() {
    let window = Window { from: 1_000.0, span: 1_000.0 };
    let zoomed = window.zoomed(0.5, 0.25);
    assert_eq!(zoomed.from + 0.25 * zoomed.span, 1_250.0);
    assert_eq!(window.with(1_500.0), window, "what is in view stays");
    assert!(window.with(5_000.0).has(5_000.0));
    assert!(window.moved(1e9).within(SimTime(10_000)).from < 10_000.0);
    assert!(window.moved(-1e9).within(SimTime(10_000)).to() > 0.0);
}

/// Every message's line in a few shapes, in an order of its own.
fn segments(shapes: &[Shape]) -> Vec<String> {
    let mut all = Vec::new();
    for shape in shapes {
        if let Shape::Lines(style, lines) = shape
            && matches!(style.paint, Paint::Log | Paint::Ack | Paint::Query | Paint::Result)
        {
            all.extend(lines.iter().map(|line| format!("{style:?} {line:?}")));
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_drawn_bit_by_bit_is_what_is_drawn_at_once() {
    let (events, view) = run(SYNCHRONOUS, 400_000);
    let window = Window { from: 200_000.0, span: 200_000.0 };
    let looks = looks(None, 400_000.0);
    let whole = chart_of(&events);
    let lanes = Lanes::of(&view, &whole);
    let (known, later) = events.split_at(events.partition_point(|event| event.at < SimTime(290_000)));
    let mut chart = chart_of(known);
    let (picture, mut seen) = still(&chart, &lanes, &window, &looks);
    let mut bit_by_bit = segments(&picture.shapes);
    let first = bit_by_bit.len();
    for some in later.chunks(97) {
        some.iter().for_each(|event| chart.note(event));
        bit_by_bit.extend(segments(&newest(&chart, &lanes, &window, &looks, &mut seen)));
    }
    assert!(seen.holds_for(&chart), "nothing was held back or lost");
    assert!(first > 20 && bit_by_bit.len() > first + 20, "{first} of {}", bit_by_bit.len());
    bit_by_bit.sort();
    assert_eq!(bit_by_bit, segments(&draw(&whole, &lanes, &window, &looks).shapes));
}

#[test]
fn a_loss_makes_what_was_drawn_untrue() {
    let (primary, replica, id) = (Addr::Node(NodeId(1)), Addr::Node(NodeId(2)), MessageId(7));
    let mut chart = chart_of(&[sent(0, 1_000, 7, primary, replica, 3_000)]);
    let lanes = Lanes::default();
    let (_, seen) = still(&chart, &lanes, &Window { from: 0.0, span: 9_000.0 }, &looks(None, 2_000.0));
    assert!(seen.holds_for(&chart));
    chart.note(&event(1, 2_000, What::Dropped { id, reason: DropReason::SenderGone }));
    assert!(!seen.holds_for(&chart));
}
