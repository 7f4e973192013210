use super::*;
use crate::engine::ids::ClientId;

fn cluster(clients: u8, upstreams: &[Option<u8>]) -> Shape {
    Shape {
        clients: (0..clients).map(|c| Addr::Client(ClientId(c))).collect(),
        proxy: true,
        store: false,
        nodes: upstreams
            .iter()
            .enumerate()
            .map(|(i, up)| NodeShape { id: NodeId(i as u8), primary: up.is_none(), upstream: up.map(NodeId) })
            .collect(),
    }
}

fn star(replicas: usize) -> Shape {
    let mut upstreams = vec![None];
    upstreams.extend(std::iter::repeat_n(Some(0), replicas));
    cluster(2, &upstreams)
}

fn links_of(shape: &Shape) -> Vec<(Addr, Addr)> {
    let mut links: Vec<(Addr, Addr)> = shape.clients.iter().map(|c| (*c, Addr::Proxy)).collect();
    for node in &shape.nodes {
        links.push((Addr::Proxy, Addr::Node(node.id)));
        if shape.store {
            links.push((Addr::Node(node.id), Addr::Store));
        }
        if let Some(up) = node.upstream {
            links.push((Addr::Node(up), Addr::Node(node.id)));
        }
    }
    links
}

fn assert_sound(shape: &Shape, room: Size) {
    let plan = plan(shape, room);
    for (i, (who, rect)) in plan.cards.iter().enumerate() {
        assert!(rect.x >= 0.0 && rect.right() <= plan.size.w + 0.5, "{who} leaves the stage: {rect:?} in {room:?}");
        assert!(rect.y >= 0.0 && rect.bottom() <= plan.size.h + 0.5, "{who} leaves the stage: {rect:?} in {room:?}");
        for (other, there) in &plan.cards[i + 1..] {
            assert!(!rect.near(there, 6.0), "{who} and {other} touch in {room:?}: {rect:?} {there:?}");
        }
    }
    for (link, curve) in links_of(shape).iter().zip(route(&links_of(shape), &plan.cards, plan.narrow)) {
        let curve = curve.expect("both ends are on the stage");
        assert!(curve.length() > 10.0, "{link:?} has room in {room:?}");
        assert!(curve.points().all(|p| p.x.is_finite() && p.y.is_finite()));
    }
}

const ROOMS: [Size; 6] = [
    Size { w: 1080.0, h: 540.0 },
    Size { w: 1024.0, h: 420.0 },
    Size { w: 390.0, h: 700.0 },
    Size { w: 320.0, h: 300.0 },
    Size { w: 2200.0, h: 1200.0 },
    Size { w: 720.0, h: 560.0 },
];

#[test]
fn nothing_overlaps_from_one_node_to_nine() {
    for room in ROOMS {
        for replicas in 0..=8 {
            assert_sound(&star(replicas), room);
        }
        assert_sound(&cluster(1, &[None, Some(0), Some(1), Some(2), Some(3)]), room);
        assert_sound(&cluster(16, &[None, Some(0), Some(1), Some(1), Some(1), Some(2), Some(2), None, Some(7)]), room);
        assert_sound(&cluster(0, &[]), room);
    }
}

#[test]
fn the_store_has_a_place_with_a_primary_and_without() {
    for room in ROOMS {
        for upstreams in
            [&[None, Some(0), Some(0)][..], &[Some(1), Some(2), Some(0)], &[None, None, Some(1), Some(1)], &[]]
        {
            let shape = Shape { store: true, ..cluster(1, upstreams) };
            assert_sound(&shape, room);
            assert!(plan(&shape, room).card(Addr::Store).is_some());
        }
    }
    // Replicas that lose their primary stay where they are.
    let place = |upstreams: &[Option<u8>], id| {
        plan(&Shape { store: true, ..cluster(1, upstreams) }, ROOMS[0]).card(Addr::Node(NodeId(id))).unwrap().x
    };
    assert_eq!(place(&[None, Some(0), Some(0)], 1), place(&[Some(1), Some(2), Some(1)], 1));
}

#[test]
fn a_ring_of_upstreams_and_a_missing_upstream_still_have_a_place() {
    let shape = cluster(1, &[Some(1), Some(0), Some(8)]);
    let plan = plan(&shape, ROOMS[0]);
    assert_eq!(plan.cards.iter().filter(|(who, _)| matches!(who, Addr::Node(_))).count(), 3);
}

#[test]
fn wide_reads_left_to_right_and_narrow_top_to_bottom() {
    let shape = star(2);
    let order = [Addr::Client(ClientId(0)), Addr::Proxy, Addr::Node(NodeId(0)), Addr::Node(NodeId(1))];
    let wide = plan(&shape, ROOMS[0]);
    let narrow = plan(&shape, ROOMS[2]);
    for pair in order.windows(2) {
        assert!(wide.card(pair[0]).unwrap().right() < wide.card(pair[1]).unwrap().x);
        assert!(narrow.card(pair[0]).unwrap().bottom() < narrow.card(pair[1]).unwrap().y);
    }
}

#[test]
fn reads_go_around_the_primary() {
    let shape = star(3);
    let plan = plan(&shape, ROOMS[0]);
    let links = links_of(&shape);
    let primary = plan.card(Addr::Node(NodeId(0))).unwrap();
    for (link, curve) in links.iter().zip(route(&links, &plan.cards, false)) {
        if link.0 == Addr::Proxy && link.1 != Addr::Node(NodeId(0)) {
            assert!(curve.unwrap().points().all(|p| !primary.holds(p, 0.0)), "{link:?} crosses the primary's card");
        }
    }
}

#[test]
fn a_packet_moves_evenly_and_ends_at_the_ends() {
    let curve = Curve::new(vec![[
        Point { x: 0.0, y: 0.0 },
        Point { x: 80.0, y: 0.0 },
        Point { x: 20.0, y: 100.0 },
        Point { x: 100.0, y: 100.0 },
    ]]);
    assert_eq!(curve.at(0.0).0, Point { x: 0.0, y: 0.0 });
    assert_eq!(curve.at(1.0).0, Point { x: 100.0, y: 100.0 });
    let steps: Vec<f64> =
        (0..10).map(|i| curve.at(f64::from(i) / 10.0).0.distance(curve.at(f64::from(i + 1) / 10.0).0)).collect();
    let (least, most) = (steps.iter().copied().fold(f64::MAX, f64::min), steps.iter().copied().fold(0.0, f64::max));
    assert!(most / least < 1.1, "{steps:?}");
    assert_eq!(Curve::default().at(0.5).0, Point::default());
}

#[test]
fn what_the_cards_need_does_not_depend_on_what_they_have() {
    for replicas in 1..9 {
        let shape = star(replicas);
        let needs = [300.0, 500.0, 900.0, 1_600.0].map(|h| plan(&shape, Size { w: 1_060.0, h }).needed);
        assert!(needs.iter().all(|needed| *needed == needs[0]), "{replicas} replicas: {needs:?}");
        // And with what they need, all of them fit.
        let size = plan(&shape, Size { w: 1_060.0, h: needs[0] }).size;
        assert!(size.h <= needs[0] + 0.5, "{replicas} replicas need {} and take {}", needs[0], size.h);
    }
}

#[test]
fn tiers_below_each_other_come_nearer_where_there_is_too_little_room() {
    let shape = star(2);
    let room = |h: f64| Size { w: 390.0, h };
    let needed = plan(&shape, room(2_000.0)).needed;
    let tight = plan(&shape, room(needed - 30.0));
    assert!(tight.size.h <= needed - 29.0, "{} of {needed}", tight.size.h);
    assert!((tight.needed - needed).abs() < 0.5);
    assert_sound(&shape, room(needed - 30.0));
    assert_sound(&shape, room(100.0));
}
