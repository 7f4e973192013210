//! A writer of XML: what it is given becomes text or an attribute's value, and never markup.

/// Writes elements one after the other.
#[derive(Debug)]
pub(super) struct Xml {
    out: String,
    open: Vec<&'static str>,
    prefix: String,
}

impl Xml {
    /// Nothing yet; `prefix` is what ids begin with.
    pub fn new(prefix: String) -> Xml {
        Xml { out: String::new(), open: Vec::new(), prefix }
    }

    pub fn prefix(&self) -> String {
        self.prefix.clone()
    }

    /// Begins an element.
    pub fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.out.push('>');
        self.open.push(name);
    }

    /// An element with nothing inside.
    pub fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.out.push_str("/>");
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(value, &mut self.out);
            self.out.push('"');
        }
    }

    /// Text inside the element that was begun last.
    pub fn text(&mut self, text: &str) {
        escape(text, &mut self.out);
    }

    /// Ends the element that was begun last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// What another has written, whose elements have all ended.
    pub fn append(&mut self, mut other: Xml) {
        while !other.open.is_empty() {
            other.close();
        }
        self.out.push_str(&other.out);
    }

    /// All of it.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.push('\n');
        self.out
    }
}

/// Makes a text's characters those of XML; what XML has no way to say becomes the mark of what cannot be shown.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        let mut xml = Xml::new("p-".to_owned());
        xml.open("a", &[("b", "\"><script>&'")]);
        xml.text("]]></a>\u{1}\n<!--");
        xml.empty("c", &[]);
        assert_eq!(xml.finish(), "<a b=\"&quot;&gt;&lt;script&gt;&amp;'\">]]&gt;&lt;/a&gt;\u{fffd} &lt;!--<c/></a>\n");
    }
}
