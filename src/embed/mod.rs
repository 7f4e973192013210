//! The widget `<replication-lab>`: what a page of documentation gives and gets.
//!
//! The custom element itself is JavaScript (`www/widget/replication-lab.js`): it must be there, and small, before
//! anybody wants a laboratory. It loads the same module as the page and calls what is exported here.
//! [`options`] reads the element's attributes; it knows no browser, so that whoever checks documents can use it, too.

pub mod options;

#[cfg(target_arch = "wasm32")]
mod exports;
