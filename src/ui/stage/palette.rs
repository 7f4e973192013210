//! The colours of packets, as the style sheet's custom properties say them.

use web_sys::Element;

/// Colours for the canvas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    /// Log records.
    pub log: String,
    /// Acknowledgements.
    pub ack: String,
    /// Statements.
    pub query: String,
    /// Results.
    pub result: String,
    /// Messages about the lease.
    pub lease: String,
    /// Heartbeats, handshakes.
    pub quiet: String,
    /// What was lost.
    pub lost: String,
    /// What is held back.
    pub held: String,
    /// What packets stand out against.
    pub ground: String,
    /// The reader's own statement.
    pub own: String,
}

impl Palette {
    /// Reads the colours that hold for an element now.
    #[must_use]
    pub fn read(element: &Element) -> Palette {
        let style = web_sys::window().and_then(|w| w.get_computed_style(element).ok().flatten());
        let read = |name: &str| {
            let value = style.as_ref().and_then(|s| s.get_property_value(name).ok()).unwrap_or_default();
            let value = value.trim();
            if value.is_empty() { "#808080".to_owned() } else { value.to_owned() }
        };
        Palette {
            log: read("--packet-log"),
            ack: read("--packet-ack"),
            query: read("--packet-query"),
            result: read("--packet-result"),
            lease: read("--lease"),
            quiet: read("--packet-quiet"),
            lost: read("--trouble"),
            held: read("--warning"),
            ground: read("--stage"),
            own: read("--accent"),
        }
    }
}
