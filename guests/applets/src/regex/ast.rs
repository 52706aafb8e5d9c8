//! A parsed pattern.

/// A set of bytes, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The set of one byte.
    pub(super) fn single(byte: u8) -> Self {
        let mut set = Self::default();
        set.insert(byte);
        set
    }

    /// The set of the bytes that `test` accepts.
    pub(super) fn of(test: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::default();
        for byte in 0..=255 {
            if test(byte) {
                set.insert(byte);
            }
        }
        set
    }

    /// Adds a byte.
    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Takes a byte out.
    pub(super) fn remove(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] &= !(1 << (byte & 63));
    }

    /// Adds another set.
    pub(super) fn union(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// Every byte that is not in the set.
    pub(super) fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// Whether the byte is in the set.
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    /// How many bytes the set has.
    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The bytes in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|byte| self.contains(*byte))
    }

    /// The set with the other case of each of its letters.
    pub(super) fn fold_case(self) -> Self {
        let mut folded = self;
        for byte in self.iter() {
            folded.insert(byte.to_ascii_lowercase());
            folded.insert(byte.to_ascii_uppercase());
        }
        folded
    }
}

/// A condition on the place between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    /// `^`
    LineStart,
    /// `$`
    LineEnd,
    /// `` \` ``
    TextStart,
    /// `\'`
    TextEnd,
    /// `\<`
    WordStart,
    /// `\>`
    WordEnd,
    /// `\b`
    WordBoundary,
    /// `\B`
    NotWordBoundary,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Matches the empty string.
    Empty,
    /// One byte out of a set.
    Set(ByteSet),
    /// A condition.
    Assert(Assertion),
    /// One after the other.
    Concat(Vec<Node>),
    /// One or the other.
    Alternate(Vec<Node>),
    /// `min` to `max` times; no `max` is no limit.
    Repeat { node: Box<Node>, min: u32, max: Option<u32> },
    /// A subexpression, counted from 1.
    Group(Box<Node>, usize),
    /// What a subexpression has matched.
    BackReference(usize),
}

impl Node {
    /// The nodes one after the other.
    pub(super) fn sequence(mut nodes: Vec<Self>) -> Self {
        if nodes.len() == 1 { nodes.pop().unwrap_or(Self::Empty) } else { Self::Concat(nodes) }
    }

    /// Any of the nodes.
    pub(super) fn one_of(mut nodes: Vec<Self>) -> Self {
        if nodes.len() == 1 { nodes.pop().unwrap_or(Self::Empty) } else { Self::Alternate(nodes) }
    }

    /// Whether it can match the empty string.
    pub(super) fn is_nullable(&self) -> bool {
        match self {
            Self::Set(_) => false,
            Self::Empty | Self::Assert(_) | Self::BackReference(_) => true,
            Self::Concat(nodes) => nodes.iter().all(Self::is_nullable),
            Self::Alternate(nodes) => nodes.iter().any(Self::is_nullable),
            Self::Repeat { node, min, .. } => *min == 0 || node.is_nullable(),
            Self::Group(node, _) => node.is_nullable(),
        }
    }
}
