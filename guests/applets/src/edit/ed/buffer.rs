//! The lines of `ed`: a chain, and where in it the current line is.
//!
//! The real applet keeps the current line's number and its place in the chain, and lets the two drift apart when lines are
//! inserted before it. What it prints and changes afterwards shows that, so it is so here.

/// A line that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoLine(pub i64);

#[derive(Debug, Clone, Default)]
struct Node {
    before: usize,
    behind: usize,
    /// The line with its newline, which the last one of a file may lack.
    text: Vec<u8>,
}

/// The head of the chain, before the first line and behind the last.
const HEAD: usize = 0;

/// The chain.
#[derive(Debug)]
pub(super) struct Buffer {
    nodes: Vec<Node>,
    place: usize,
    current: i64,
    last: i64,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], place: HEAD, current: 0, last: 0 }
    }
}

impl Buffer {
    /// How many lines there are.
    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// The current line's number.
    pub(super) fn current(&self) -> i64 {
        self.current
    }

    fn node(&self, at: usize) -> &Node {
        // Every place comes from the chain.
        &self.nodes[at]
    }

    /// Where the line of this number is, counted from the current line, the first or the last one.
    fn find(&mut self, number: i64) -> Result<usize, NoLine> {
        if number < 1 || number > self.last {
            return Err(NoLine(number));
        }
        if self.current <= 0 {
            (self.current, self.place) = (1, self.node(HEAD).behind);
        }
        let (mut at, mut place) = (self.current, self.place);
        if number == at {
            return Ok(place);
        }
        if number < at / 2 {
            (at, place) = (1, self.node(HEAD).behind);
        } else if number > (at + self.last) / 2 {
            (at, place) = (self.last, self.node(HEAD).before);
        }
        while at < number {
            (at, place) = (at + 1, self.node(place).behind);
        }
        while at > number {
            (at, place) = (at - 1, self.node(place).before);
        }
        Ok(place)
    }

    /// Makes a line the current one.
    pub(super) fn set_current(&mut self, number: i64) -> Result<(), NoLine> {
        self.place = self.find(number)?;
        self.current = number;
        Ok(())
    }

    /// Puts a line before that of this number, or behind the last one, and makes it current.
    pub(super) fn insert(&mut self, number: i64, text: Vec<u8>) -> Result<(), NoLine> {
        let behind = if number == self.last + 1 { HEAD } else { self.find(number)? };
        let before = self.node(behind).before;
        let new = self.nodes.len();
        self.nodes.push(Node { before, behind, text });
        self.nodes[before].behind = new;
        self.nodes[behind].before = new;
        self.last += 1;
        self.set_current(number)
    }

    /// Removes lines that are there.
    pub(super) fn delete(&mut self, first: i64, last: i64) -> Result<(), NoLine> {
        let mut place = self.find(first)?;
        if (first..=last).contains(&self.current) {
            if last < self.last {
                self.set_current(last + 1)?;
            } else if first > 1 {
                self.set_current(first - 1)?;
            } else {
                (self.current, self.place) = (0, HEAD);
            }
        }
        let count = last - first + 1;
        if self.current >= first {
            self.current -= count;
        }
        self.last -= count;
        for _ in 0..count {
            let Node { before, behind, .. } = core::mem::take(&mut self.nodes[place]);
            self.nodes[before].behind = behind;
            self.nodes[behind].before = before;
            place = behind;
        }
        Ok(())
    }

    /// The lines of a range with their numbers, which become current one by one.
    pub(super) fn walk(&mut self, first: i64, last: i64, mut each: impl FnMut(&[u8])) -> Result<(), NoLine> {
        let mut place = self.find(first)?;
        for number in first..=last {
            each(&self.node(place).text);
            self.set_current(number)?;
            place = self.node(place).behind;
        }
        Ok(())
    }

    /// The texts of a range, with no line made current.
    pub(super) fn texts(&mut self, first: i64, last: i64) -> Result<Vec<&mut Vec<u8>>, NoLine> {
        let mut place = self.find(first)?;
        let mut places = Vec::new();
        for _ in first..=last {
            places.push(place);
            place = self.node(place).behind;
        }
        let mut found: Vec<(usize, &mut Vec<u8>)> = Vec::new();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            if let Some(order) = places.iter().position(|place| *place == at) {
                found.push((order, &mut node.text));
            }
        }
        found.sort_by_key(|(order, _)| *order);
        Ok(found.into_iter().map(|(_, text)| text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Buffer {
        let mut buffer = Buffer::default();
        for (at, text) in ["one", "two", "three", "four", "five", "six"].into_iter().enumerate() {
            buffer.insert(at as i64 + 1, text.into()).unwrap();
        }
        buffer
    }

    fn shown(buffer: &mut Buffer) -> String {
        let (mut out, last) = (Vec::new(), buffer.last());
        buffer.walk(1, last, |text| out.push(String::from_utf8_lossy(text).into_owned())).unwrap();
        out.join(" ")
    }

    /// What the real applet prints after these.
    #[test]
    fn the_current_line_drifts() {
        let mut buffer = filled();
        buffer.insert(3, b"A".to_vec()).unwrap();
        assert_eq!(shown(&mut buffer).trim_end(), "two A three four five six");
        let mut buffer = filled();
        for (at, text) in [(3, "A"), (4, "B"), (5, "C")] {
            buffer.insert(at, text.into()).unwrap();
        }
        assert_eq!(shown(&mut buffer), "one two A three B C four five six");
    }

    #[test]
    fn deleting_keeps_a_line_current() {
        for (at, first, last, current) in
            [(3, 2, 2, 2), (3, 3, 3, 3), (3, 2, 3, 2), (3, 1, 4, 1), (5, 5, 6, 4), (3, 1, 6, 0)]
        {
            let mut buffer = filled();
            buffer.set_current(at).unwrap();
            buffer.delete(first, last).unwrap();
            assert_eq!(buffer.current(), current, "{first},{last}");
        }
    }
}
