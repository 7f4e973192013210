//! One seed, many streams: each node, link and client draws from its own, so that a change in one place does not
//! reshuffle the others.

use rand_pcg::Pcg32;

use crate::engine::ids::Addr;

/// Who draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A link, one way.
    Link(Addr, Addr),
    /// An actor.
    Actor(Addr),
    /// A server's SQL functions.
    Sql(Addr),
    /// A server's disk: what a crash leaves of what was not flushed.
    Disk(Addr),
    /// Whoever draws faults for a sweep. Nothing in a run draws from it.
    Faults,
    /// Whoever draws whole clusters for a swarm. Nothing in a run draws from it.
    Swarm,
}

fn number(addr: Addr) -> u64 {
    match addr {
        Addr::Node(node) => 0x100 + u64::from(node.0),
        Addr::Client(client) => 0x200 + u64::from(client.0),
        Addr::Proxy => 0x300,
        Addr::Store => 0x301,
        Addr::Agent(node) => 0x400 + u64::from(node.0),
    }
}

/// The number of a stream.
fn id(stream: Stream) -> u64 {
    match stream {
        Stream::Link(from, to) => 1 << 40 | number(from) << 16 | number(to),
        Stream::Actor(addr) => 2 << 40 | number(addr),
        Stream::Sql(addr) => 3 << 40 | number(addr),
        Stream::Disk(addr) => 4 << 40 | number(addr),
        Stream::Faults => 5 << 40,
        Stream::Swarm => 6 << 40,
    }
}

/// The generator of a stream.
#[must_use]
pub fn stream(seed: u64, stream: Stream) -> Pcg32 {
    Pcg32::new(mix(seed ^ mix(id(stream))), id(stream))
}

/// A seed for something that has a generator of its own.
#[must_use]
pub fn seed_for(seed: u64, stream: Stream) -> u64 {
    mix(seed.wrapping_add(mix(id(stream))))
}

/// SplitMix64's finaliser (Steele, Lea and Flood, 2014): neighbouring seeds give unrelated streams.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}
