//! Small parts that several regions of the page use.

pub mod dialog;
pub mod dom;
pub mod explain;
pub mod fetch;
pub mod field;
pub mod icon;
pub mod ink;
pub mod menu;
pub mod picture;
pub mod prose;
pub mod reports;
pub mod room;
pub mod separator;
pub mod tabs;
