//! What moves on the stage: packets on the canvas, and cards and links while they change their places.
//!
//! The scene writes only what Yew never sets: the `transform` of cards, the `d` of links, and the canvas.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{Element, HtmlCanvasElement};
use yew::NodeRef;

use super::flows::Flows;
use super::palette::Palette;
use super::pen::Pen;
use super::{card_id, link_id, shapes};
use crate::engine::ids::{Addr, ClientId};
use crate::engine::message::MessageKind;
use crate::engine::trace::MessageId;
use crate::order::{OrderedMap, OrderedSet};
use crate::sim::view::PacketView;
use crate::ui::lab::{DropMark, Frame, Painter};
use crate::ui::pace::{FLOW_BELOW_MS, Pace};
use crate::ui::parts::dom;
use crate::ui::parts::ink::{self, Ink};
use crate::ui::plan::{Curve, Ends, Plan, Point, Rect, Size, route};

/// How long cards take to their new places.
const MOVE_MS: f64 = 420.0;
/// How long the mark of a lost message stays.
const LOST_MS: f64 = 1_600.0;
/// A jump further than this much of wall time leads to where other messages pass.
const FAR_MS: f64 = 500.0;
/// Messages held by a cut link that are drawn one by one.
const HELD_SHOWN: u32 = 3;
/// Their distance from each other, in pixels.
const HELD_APART: f64 = 19.0;
/// How long the way of a typed statement above a card is, in pixels.
const OPERATOR_WAY: f64 = 44.0;
/// With reduced motion, packets change their places this often.
const STEP_MS: f64 = 400.0;

/// How strong messages are that do not belong to the write that is followed.
const FAINT: f64 = 0.2;

/// A link as the scene knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneLink {
    /// Its ends.
    pub ends: Ends,
    /// One-way latency in microseconds: decides between packets and flows.
    pub latency_us: u64,
    /// Whether it is cut from the first end to the second, and from the second to the first.
    pub cut: (bool, bool),
}

#[derive(Default)]
struct State {
    plan: Plan,
    links: Vec<SceneLink>,
    cards: Vec<(Addr, Rect)>,
    curves: OrderedMap<Ends, Curve>,
    journey: Option<(Vec<(Addr, Rect)>, f64)>,
    palette: Option<Palette>,
    lost: Vec<(DropMark, f64)>,
    flows: Flows,
    /// The instant of the last frame.
    at_us: f64,
    pace: Option<Pace>,
    heartbeats: bool,
    leases: bool,
    /// The messages of the write that is followed.
    followed: Option<Rc<OrderedSet<MessageId>>>,
    drawn: bool,
    dirty: bool,
    stepped_at: f64,
    /// How much larger than planned it is drawn, less one.
    magnified: f64,
    /// The canvas, and its size in pixels.
    ink: Option<Ink>,
    sized: (u32, u32),
}

/// Draws what moves on the stage.
pub struct Scene {
    prefix: String,
    root: NodeRef,
    canvas: NodeRef,
    state: RefCell<State>,
}

impl Scene {
    /// A scene on the elements that these will point to.
    #[must_use]
    pub fn new(prefix: String, root: NodeRef, canvas: NodeRef) -> Scene {
        Scene { prefix, root, canvas, state: RefCell::default() }
    }

    /// Takes a new plan: cards travel to their new places, unless `at_once`.
    pub fn arrange(&self, plan: Plan, links: Vec<SceneLink>, at_once: bool, wall_ms: f64) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let known = |who: Addr, cards: &[(Addr, Rect)]| cards.iter().find(|(a, _)| *a == who).map(|(_, r)| *r);
        let resized = state.plan.size != plan.size || state.plan.narrow != plan.narrow;
        let from: Vec<(Addr, Rect)> =
            plan.cards.iter().map(|(who, to)| (*who, known(*who, &state.cards).unwrap_or(*to))).collect();
        let still = at_once || resized || dom::reduced_motion();
        let moves = from.iter().zip(&plan.cards).any(|((_, a), (_, b))| (a.x - b.x).abs() + (a.y - b.y).abs() > 0.5);
        if still || !moves {
            state.cards.clone_from(&plan.cards);
            state.journey = None;
        } else if state.plan.cards != plan.cards || state.journey.is_none() {
            state.journey = Some((from.clone(), wall_ms));
            state.cards = from;
        }
        state.plan = plan;
        state.links = links;
        self.place(state);
    }

    /// Draws everything so many times as large as it is planned.
    pub fn magnify(&self, scale: f64) {
        let mut state = self.state.borrow_mut();
        state.dirty |= state.magnified != scale - 1.0;
        state.magnified = scale - 1.0;
    }

    /// Puts a card where the pointer has it; its place in the plan is told later by [`Scene::arrange`].
    pub fn drag(&self, who: Addr, x: f64, y: f64) {
        let mut state = self.state.borrow_mut();
        if let Some((_, rect)) = state.cards.iter_mut().find(|(a, _)| *a == who) {
            (rect.x, rect.y) = (x, y);
        }
        state.journey = None;
        self.place(&mut state);
    }

    /// Where a card is now.
    #[must_use]
    pub fn card(&self, who: Addr) -> Option<Rect> {
        self.state.borrow().cards.iter().find(|(a, _)| *a == who).map(|(_, r)| *r)
    }

    /// The middle of a link.
    #[must_use]
    pub fn middle(&self, ends: Ends) -> Option<Point> {
        self.state.borrow().curves.get(&ends).map(|c| c.at(0.5).0)
    }

    /// The room that is used.
    #[must_use]
    pub fn size(&self) -> Size {
        self.state.borrow().plan.size
    }

    /// The colour of the ground.
    #[must_use]
    pub fn ground(&self, root: &Element) -> String {
        Palette::read(root).ground
    }

    /// Draws messages as they are on the stage.
    pub fn draw_packets(&self, pen: &dyn Pen, packets: &[PacketView], now_us: f64, pace: Pace) {
        let state = self.state.borrow();
        if let Some(palette) = &state.palette {
            draw_packets(pen, &state, palette, packets, now_us, pace);
        }
    }

    /// Reads the colours anew with the next frame.
    pub fn repaint(&self) {
        let mut state = self.state.borrow_mut();
        state.palette = None;
        state.dirty = true;
    }

    /// Shows heartbeats and messages about the lease, or hides them.
    pub fn show_quiet(&self, heartbeats: bool, leases: bool) {
        let mut state = self.state.borrow_mut();
        (state.heartbeats, state.leases) = (heartbeats, leases);
        state.dirty = true;
    }

    /// Draws these messages at full strength and all others faint; `None`: all alike.
    pub fn follow(&self, messages: Option<Rc<OrderedSet<MessageId>>>) {
        let mut state = self.state.borrow_mut();
        state.followed = messages;
        state.dirty = true;
    }

    /// Writes the places of cards and links into the document.
    fn place(&self, state: &mut State) {
        state.dirty = true;
        let ends: Vec<Ends> = state.links.iter().map(|l| l.ends).collect();
        let curves = route(&ends, &state.cards, state.plan.narrow);
        state.curves = ends.iter().zip(curves).filter_map(|(ends, curve)| Some((*ends, curve?))).collect();
        // Statements typed straight to a server come from above its card: the operator has no card.
        let operator = Addr::Client(ClientId::OPERATOR);
        for (who, rect) in state.cards.iter().filter(|(who, _)| matches!(who, Addr::Node(_))) {
            let (x, y) = (rect.centre().x, rect.y);
            let down = [0.0, 0.3, 0.7, 1.0].map(|t| Point { x, y: y - OPERATOR_WAY * (1.0 - t) });
            state.curves.insert((operator, *who), Curve::new(vec![down]));
        }
        // Agents talk to each other also where no log flows: such messages have a way, and it is not drawn.
        let unlinked = without_link(state);
        let ways = route(&unlinked, &state.cards, state.plan.narrow);
        state.curves.extend(unlinked.into_iter().zip(ways).filter_map(|(ends, curve)| Some((ends, curve?))));
        let Some(root) = self.root.cast::<Element>() else { return };
        let find = |id: String| root.query_selector(&format!("[id='{id}']")).ok().flatten();
        for (who, rect) in &state.cards {
            if let Some(card) = find(card_id(&self.prefix, *who)) {
                let _ = card.set_attribute("transform", &format!("translate({:.1} {:.1})", rect.x, rect.y));
            }
        }
        for (ends, curve) in &state.curves {
            let Some(link) = find(link_id(&self.prefix, *ends)) else { continue };
            let d = curve.svg();
            for path in dom::all(&link, ".link-way") {
                let _ = path.set_attribute("d", &d);
            }
            let (p, angle) = curve.at(0.5);
            for mark in dom::all(&link, ".link-cut") {
                let turn = format!("translate({:.1} {:.1}) rotate({:.1})", p.x, p.y, angle.to_degrees());
                let _ = mark.set_attribute("transform", &turn);
            }
        }
    }

    fn travel(&self, state: &mut State, wall_ms: f64) {
        let Some((from, since)) = state.journey.take() else { return };
        let t = ((wall_ms - since) / MOVE_MS).clamp(0.0, 1.0);
        let eased = 1.0 - (1.0 - t).powi(3);
        state.cards = from
            .iter()
            .zip(&state.plan.cards)
            .map(|((who, a), (_, b))| {
                let at = |a: f64, b: f64| a + (b - a) * eased;
                (*who, Rect { x: at(a.x, b.x), y: at(a.y, b.y), w: b.w, h: b.h })
            })
            .collect();
        if t < 1.0 {
            state.journey = Some((from, since));
        }
        self.place(state);
    }
}

impl Painter for Scene {
    fn paint(&self, frame: &mut Frame<'_>) -> bool {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        self.travel(state, frame.wall_ms);
        if state.pace != Some(frame.pace) {
            state.pace = Some(frame.pace);
            state.flows.clear();
        }
        // Somewhere else in time other messages pass.
        let far = frame.pace.wall_ms((frame.now_us - std::mem::replace(&mut state.at_us, frame.now_us)).abs()) > FAR_MS;
        if far && !frame.playing {
            state.flows.clear();
        }
        state.lost.extend(frame.watch.take_drops().into_iter().map(|mark| (mark, frame.wall_ms)));
        state.lost.retain(|(_, since)| frame.wall_ms - since < LOST_MS);
        if frame.playing {
            state.flows.measure(frame.watch.sent(), frame.now_us, frame.wall_ms);
        }
        let flowing = frame.playing && state.flows.directions().next().is_some() && any_flow(state, frame.pace);
        let visible = frame.packets.iter().any(|p| shown(state, p, frame.pace));
        let busy = visible || flowing || !state.lost.is_empty();
        let again = state.journey.is_some() || !state.lost.is_empty();
        let calm = dom::reduced_motion() && frame.playing && !state.dirty;
        if calm && frame.wall_ms - state.stepped_at < STEP_MS {
            return again;
        }
        // Nothing was there and nothing is: such a frame costs nothing.
        if !busy && !state.drawn && !state.dirty {
            return again;
        }
        if !ink::ready() {
            return true;
        }
        state.stepped_at = frame.wall_ms;
        state.drawn = busy;
        state.dirty = false;
        let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() else { return again };
        if state.palette.is_none() {
            state.palette = Some(Palette::read(&canvas));
        }
        let ink = state.ink.take().filter(|ink| ink.is_for(&canvas)).unwrap_or_else(|| {
            state.sized = (0, 0);
            Ink::new(Some(&canvas))
        });
        let (size, pixels) = measure(&canvas, state);
        ink.begin(size, pixels);
        ink.clear();
        draw(&ink, state, frame);
        ink.show();
        state.ink = Some(ink);
        again
    }
}

/// Pairs of servers between which there is no link, where there are agents.
fn without_link(state: &State) -> Vec<Ends> {
    let nodes: Vec<Addr> = state.cards.iter().map(|(who, _)| *who).filter(|who| matches!(who, Addr::Node(_))).collect();
    if !state.cards.iter().any(|(who, _)| *who == Addr::Store) {
        return Vec::new();
    }
    let pairs = nodes.iter().enumerate().flat_map(|(i, a)| nodes[i + 1..].iter().map(move |b| (*a, *b)));
    pairs.filter(|pair| curve_of(state, *pair).is_none()).collect()
}

/// Whether a message is quick enough on its link to be a flow.
fn is_flow(state: &State, ends: Ends, pace: Pace) -> bool {
    let link = state.links.iter().find(|l| l.ends == ends || l.ends == (ends.1, ends.0));
    link.is_some_and(|l| pace.wall_ms(l.latency_us as f64) < FLOW_BELOW_MS)
}

/// Whether nothing can pass in this direction.
fn is_cut(state: &State, ends: Ends) -> bool {
    state.links.iter().any(|l| (l.ends == ends && l.cut.0) || (l.ends == (ends.1, ends.0) && l.cut.1))
}

fn any_flow(state: &State, pace: Pace) -> bool {
    state.links.iter().any(|l| pace.wall_ms(l.latency_us as f64) < FLOW_BELOW_MS)
}

fn shown(state: &State, packet: &PacketView, pace: Pace) -> bool {
    if is_followed(state, packet) == Some(true) {
        return true;
    }
    let hidden = match packet.kind {
        MessageKind::Heartbeat => !state.heartbeats,
        MessageKind::Lease => !state.leases,
        _ => false,
    };
    !hidden && (packet.held_since.is_some() || !is_flow(state, ends_of(packet), pace))
}

/// Whether a message is one of those that are followed; `None` where none are.
fn is_followed(state: &State, packet: &PacketView) -> Option<bool> {
    state.followed.as_ref().map(|messages| messages.contains(&packet.id))
}

/// The cards between which a message travels: an agent's are those of its machine.
fn ends_of(packet: &PacketView) -> Ends {
    (packet.from.machine(), packet.to.machine())
}

/// The canvas's width and height in pixels, and how many of them are one of the plan's.
fn measure(canvas: &HtmlCanvasElement, state: &mut State) -> ((u32, u32), f64) {
    let scale = 1.0 + state.magnified;
    let (pixels, size) = (ink::ratio() * scale, state.plan.size);
    let (w, h) = ((size.w * pixels) as u32, (size.h * pixels) as u32);
    if std::mem::replace(&mut state.sized, (w, h)) != (w, h) {
        // However many pixels it has, it covers the stage.
        dom::set_property(canvas, "width", &format!("{:.0}px", size.w * scale));
        dom::set_property(canvas, "height", &format!("{:.0}px", size.h * scale));
    }
    ((w, h), pixels)
}

fn draw(pen: &Ink, state: &State, frame: &Frame<'_>) {
    let Some(palette) = &state.palette else { return };
    pen.write(&[10.0, pen.word("round")]);
    let still = if dom::reduced_motion() { 0.0 } else { frame.wall_ms };
    pen.fade(if state.followed.is_some() { FAINT } else { 1.0 });
    for direction in state.flows.directions() {
        let ends = (direction.0, direction.1);
        let curve = curve_of(state, ends).filter(|_| is_flow(state, ends, frame.pace) && !is_cut(state, ends));
        if let Some((curve, reversed)) = curve {
            state.flows.draw(pen, direction, curve, reversed, still, palette);
        }
    }
    pen.fade(1.0);
    let queue = draw_packets(pen, state, palette, frame.packets, frame.now_us, frame.pace);
    for (ends, held) in queue.iter().filter(|(_, held)| **held > HELD_SHOWN) {
        let Some((curve, reversed)) = curve_of(state, *ends) else { continue };
        shapes::count(pen, curve.beside(0.5, if reversed { -24.0 } else { 24.0 }), held - HELD_SHOWN, palette);
    }
    for (mark, since) in &state.lost {
        let Some((curve, reversed)) = curve_of(state, (mark.from.machine(), mark.to.machine())) else { continue };
        let along = if reversed { 1.0 - mark.fraction } else { mark.fraction };
        let strength = 1.0 - ((frame.wall_ms - since) / LOST_MS).powi(2);
        shapes::lost(pen, curve.beside(along, if reversed { -4.0 } else { 4.0 }), strength, palette);
    }
}

/// Draws the messages under way; how many each cut link holds back.
fn draw_packets(
    pen: &dyn Pen,
    state: &State,
    palette: &Palette,
    packets: &[PacketView],
    now_us: f64,
    pace: Pace,
) -> OrderedMap<Ends, u32> {
    let mut queue: OrderedMap<Ends, u32> = OrderedMap::new();
    for packet in packets.iter().filter(|p| shown(state, p, pace)) {
        let ends = ends_of(packet);
        let Some((curve, reversed)) = curve_of(state, ends) else { continue };
        let fraction = if packet.held_since.is_some() {
            // A cut link holds messages just before the cut, one behind the other; the last place stands for all further ones.
            let place = queue.entry(ends).or_default();
            *place += 1;
            if *place > HELD_SHOWN {
                continue;
            }
            (0.5 - HELD_APART * f64::from(*place) / curve.length().max(1.0)).max(0.05)
        } else {
            let way = packet.arrives_at.since(packet.sent_at).max(1) as f64;
            ((now_us - packet.sent_at.0 as f64) / way).clamp(0.0, 1.0)
        };
        let along = if reversed { 1.0 - fraction } else { fraction };
        let point = curve.beside(along, if reversed { -4.0 } else { 4.0 });
        let angle = curve.at(along).1 + if reversed { std::f64::consts::PI } else { 0.0 };
        let own = is_followed(state, packet);
        pen.fade(if own == Some(false) { FAINT } else { 1.0 });
        shapes::packet(pen, packet.kind, point, angle, palette);
        pen.fade(1.0);
        if own == Some(true) || (own.is_none() && packet.txn.is_some_and(|txn| txn.session.is_console())) {
            shapes::halo(pen, point, palette);
        }
        if packet.held_since.is_some() {
            shapes::held(pen, point, palette);
        }
    }
    queue
}

/// The path between two actors, and whether it runs against the direction asked for.
fn curve_of(state: &State, ends: Ends) -> Option<(&Curve, bool)> {
    if let Some(curve) = state.curves.get(&ends) {
        return Some((curve, false));
    }
    state.curves.get(&(ends.1, ends.0)).map(|curve| (curve, true))
}
