//! Prefix codes of bounded length for given frequencies.

/// The longest code of literals, lengths and distances, and the one of code lengths.
pub(super) const MAX_BITS: usize = 15;

/// A code: for each symbol its bits, first one lowest, and their number; 0 for symbols that do not occur.
#[derive(Debug, Clone, Default)]
pub(super) struct Code {
    pub(super) symbols: Vec<(u16, u8)>,
}

impl Code {
    /// The canonical code with these lengths.
    pub(super) fn of_lengths(lengths: &[u8]) -> Self {
        let mut counts = [0u16; MAX_BITS + 1];
        lengths.iter().filter(|length| **length > 0).for_each(|length| counts[usize::from(*length)] += 1);
        let (mut next, mut code) = ([0u16; MAX_BITS + 1], 0);
        for bits in 1..=MAX_BITS {
            code = (code + counts[bits - 1]) << 1;
            next[bits] = code;
        }
        let symbol = |length: &u8| {
            if *length == 0 {
                return (0, 0);
            }
            let code = next[usize::from(*length)];
            next[usize::from(*length)] += 1;
            (code.reverse_bits() >> (16 - u16::from(*length)), *length)
        };
        Self { symbols: lengths.iter().map(symbol).collect() }
    }

    /// The code of a symbol.
    pub(super) fn get(&self, symbol: usize) -> (u16, u8) {
        self.symbols.get(symbol).copied().unwrap_or_default()
    }
}

/// A node: a symbol, or behind those an inner one.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    frequency: u32,
    depth: u8,
    parent: usize,
    bits: u8,
}

/// The lengths of an optimal code with no more than `max` bits, and the last symbol that occurs. At least two symbols
/// get a code.
pub(super) fn lengths(frequencies: &[u32], max: u8) -> (Vec<u8>, usize) {
    let symbols = frequencies.len();
    let mut nodes = vec![Node::default(); symbols * 2];
    let (mut heap, mut last) = (Heap::default(), None);
    for (symbol, frequency) in frequencies.iter().enumerate() {
        if *frequency > 0 {
            nodes[symbol].frequency = *frequency;
            heap.order.push(symbol);
            last = Some(symbol);
        }
    }
    while heap.order.len() < 2 {
        let symbol = match last {
            None => 0,
            Some(last @ (0 | 1)) => last + 1,
            Some(_) => 0,
        };
        last = last.max(Some(symbol));
        nodes[symbol].frequency = 1;
        heap.order.push(symbol);
    }
    let last = last.unwrap_or_default();
    for place in (0..heap.order.len() / 2).rev() {
        heap.sink(&nodes, place);
    }
    let mut finished = Vec::with_capacity(symbols * 2);
    let mut inner = symbols;
    while heap.order.len() >= 2 {
        let one = heap.pop(&nodes);
        let other = heap.order[0];
        finished.extend([one, other]);
        nodes[inner] = Node {
            frequency: nodes[one].frequency + nodes[other].frequency,
            depth: nodes[one].depth.max(nodes[other].depth) + 1,
            ..Node::default()
        };
        (nodes[one].parent, nodes[other].parent) = (inner, inner);
        heap.order[0] = inner;
        inner += 1;
        heap.sink(&nodes, 0);
    }
    finished.push(heap.order[0]);
    (bounded(&mut nodes, &finished, symbols, max), last)
}

/// Turns the tree into lengths; those that are too long are shortened at the cost of others. `finished` lists the nodes
/// by rising frequency, the root last.
fn bounded(nodes: &mut [Node], finished: &[usize], symbols: usize, max: u8) -> Vec<u8> {
    let mut counts = [0u32; MAX_BITS + 1];
    let mut overflow = 0i32;
    let mut top_down = finished.iter().rev();
    if let Some(root) = top_down.next() {
        nodes[*root].bits = 0;
    }
    for node in top_down {
        let bits = nodes[nodes[*node].parent].bits + 1;
        overflow += i32::from(bits > max);
        nodes[*node].bits = bits.min(max);
        if *node < symbols {
            counts[usize::from(nodes[*node].bits)] += 1;
        }
    }
    if overflow > 0 {
        while overflow > 0 {
            let mut bits = usize::from(max) - 1;
            while counts[bits] == 0 {
                bits -= 1;
            }
            counts[bits] -= 1;
            counts[bits + 1] += 2;
            counts[usize::from(max)] -= 1;
            overflow -= 2;
        }
        let mut leaves = finished.iter().filter(|node| **node < symbols);
        for bits in (1..=usize::from(max)).rev() {
            for _ in 0..counts[bits] {
                if let Some(leaf) = leaves.next() {
                    nodes[*leaf].bits = bits as u8;
                }
            }
        }
    }
    nodes.iter().take(symbols).map(|node| node.bits).collect()
}

/// A heap of nodes, the rarest first; of equally rare ones the shallowest.
#[derive(Debug, Default)]
struct Heap {
    order: Vec<usize>,
}

impl Heap {
    fn pop(&mut self, nodes: &[Node]) -> usize {
        let top = self.order.swap_remove(0);
        self.sink(nodes, 0);
        top
    }

    fn sink(&mut self, nodes: &[Node], mut place: usize) {
        let before = |one: usize, other: usize| {
            let key = |node: usize| (nodes[node].frequency, nodes[node].depth);
            key(one) <= key(other)
        };
        let Some(&sinking) = self.order.get(place) else { return };
        loop {
            let mut child = 2 * place + 1;
            if child >= self.order.len() {
                break;
            }
            if child + 1 < self.order.len() && before(self.order[child + 1], self.order[child]) {
                child += 1;
            }
            if before(sinking, self.order[child]) {
                break;
            }
            self.order[place] = self.order[child];
            place = child;
        }
        self.order[place] = sinking;
    }
}
