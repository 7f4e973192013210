//! What `cargo xtask` does, part by part.
//!
//! - [`setup`] brings in what a machine lacks; [`versions`] says of which version.
//! - [`site`] builds `dist/` and [`widget`] what lies in it for other pages, [`tidy`] takes away what
//!   no browser needs, [`sizes`] weighs it, [`static_site`] serves it;
//!   [`package`] makes the npm package of the widget;
//! - [`suite`] runs every check and test and adds them up; [`bench`] prints figures; [`swarm`] looks for
//!   runs that break a promise.
//! - [`project`] knows where things are, [`shell`] runs programs and says what they do.

pub mod bench;
pub mod http;
pub mod package;
pub mod project;
pub mod serve;
pub mod setup;
pub mod shell;
pub mod site;
pub mod sizes;
pub mod static_site;
pub mod suite;
pub mod swarm;
pub mod tidy;
pub mod versions;
pub mod widget;

/// What went wrong and, where there is something to do about it, what to do.
pub type Result<T> = std::result::Result<T, String>;
