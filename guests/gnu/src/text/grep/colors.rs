//! The colours of `GREP_COLORS`.

/// What each part of the output is marked with: numbers of `SGR` sequences, empty for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Colors {
    /// A match in a selected line.
    pub(super) selected_match: Vec<u8>,
    /// A match in a line of the context.
    pub(super) context_match: Vec<u8>,
    /// The name of a file.
    pub(super) name: Vec<u8>,
    /// The number of a line.
    pub(super) number: Vec<u8>,
    /// The offset of a byte.
    pub(super) offset: Vec<u8>,
    /// What separates them.
    pub(super) separator: Vec<u8>,
    /// All of a selected line.
    pub(super) selected: Vec<u8>,
    /// All of a line of the context.
    pub(super) context: Vec<u8>,
    /// Whether the last two change places with `-v`.
    pub(super) reversed: bool,
    /// Whether the line is not cleared behind what is marked.
    pub(super) no_clearing: bool,
}

impl Default for Colors {
    fn default() -> Self {
        Self {
            selected_match: b"01;31".to_vec(),
            context_match: b"01;31".to_vec(),
            name: b"35".to_vec(),
            number: b"32".to_vec(),
            offset: b"32".to_vec(),
            separator: b"36".to_vec(),
            selected: Vec::new(),
            context: Vec::new(),
            reversed: false,
            no_clearing: false,
        }
    }
}

impl Colors {
    /// Sets the colour of all matches.
    pub(super) fn set_matches(&mut self, value: &[u8]) {
        self.selected_match = value.to_vec();
        self.context_match = value.to_vec();
    }

    /// Reads a value of the variable; what is wrong in it ends it.
    pub(super) fn read(&mut self, text: &[u8]) {
        for capability in text.split(|byte| *byte == b':') {
            let mut halves = capability.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next());
            if value.is_some_and(|value| !value.iter().all(|byte| byte.is_ascii_digit() || *byte == b';')) {
                return;
            }
            match (name, value) {
                (b"rv", None) => self.reversed = true,
                (b"ne", None) => self.no_clearing = true,
                (b"mt", Some(value)) => self.set_matches(value),
                (b"ms", Some(value)) => self.selected_match = value.to_vec(),
                (b"mc", Some(value)) => self.context_match = value.to_vec(),
                (b"fn", Some(value)) => self.name = value.to_vec(),
                (b"ln", Some(value)) => self.number = value.to_vec(),
                (b"bn", Some(value)) => self.offset = value.to_vec(),
                (b"se", Some(value)) => self.separator = value.to_vec(),
                (b"sl", Some(value)) => self.selected = value.to_vec(),
                (b"cx", Some(value)) => self.context = value.to_vec(),
                _ => {}
            }
        }
    }

    /// Begins a marked part.
    pub(super) fn start(&self, color: &[u8], out: &mut Vec<u8>) {
        if !color.is_empty() {
            out.extend_from_slice(&[b"\x1b[", color, b"m", self.clearing()].concat());
        }
    }

    /// Ends a marked part.
    pub(super) fn end(&self, color: &[u8], out: &mut Vec<u8>) {
        if !color.is_empty() {
            out.extend_from_slice(&[b"\x1b[m", self.clearing()].concat());
        }
    }

    fn clearing(&self) -> &'static [u8] {
        if self.no_clearing { b"" } else { b"\x1b[K" }
    }
}

#[cfg(test)]
mod tests {
    use super::Colors;

    #[test]
    fn the_variable_sets_what_it_names_up_to_what_is_wrong() {
        let mut colors = Colors::default();
        colors.read(b"mt=7:zz=3:sl:ne:fn=x:ln=1");
        assert_eq!((colors.selected_match.as_slice(), colors.number.as_slice()), (&b"7"[..], &b"32"[..]));
        let mut out = Vec::new();
        colors.start(b"7", &mut out);
        colors.end(b"", &mut out);
        assert_eq!(out, b"\x1b[7m");
    }
}
