//! Who waits for what: queues by event, and timers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wcr_abi::Pid;

use crate::sched::Event;

/// A process that waits, and the number of that blocking: an entry with an older number is stale.
pub(crate) type Waiter = (Pid, u64);

/// How many entries come in before the stale ones are looked for at all.
const FEW: usize = 1024;

/// The entries of all that wait. What became stale goes when its event comes, or when there is much of it: a process
/// that waits over and over for what never comes takes no more room each time.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    queues: BTreeMap<Event, VecDeque<Waiter>>,
    timers: BTreeSet<(u64, Waiter)>,
    /// How many entries came in since the stale ones were removed.
    added: usize,
    /// How many were left then.
    kept: usize,
}

impl Waits {
    /// Puts a waiter at the end of the queues of `events`, and lets it wait until `deadline` at most.
    pub(crate) fn add(
        &mut self,
        waiter: Waiter,
        events: &[Event],
        deadline: Option<u64>,
        is_live: impl Fn(Waiter) -> bool,
    ) {
        for event in events {
            self.queues.entry(*event).or_default().push_back(waiter);
        }
        if let Some(deadline) = deadline {
            self.timers.insert((deadline, waiter));
        }
        self.added += events.len() + usize::from(deadline.is_some());
        if self.added > self.kept.max(FEW) {
            self.drop_stale(is_live);
        }
    }

    fn drop_stale(&mut self, is_live: impl Fn(Waiter) -> bool) {
        self.queues.retain(|_, queue| {
            queue.retain(|waiter| is_live(*waiter));
            !queue.is_empty()
        });
        self.timers.retain(|(_, waiter)| is_live(*waiter));
        (self.added, self.kept) = (0, self.timers.len() + self.queues.values().map(VecDeque::len).sum::<usize>());
    }

    /// Takes everybody who waits for `event`, the first one first.
    pub(crate) fn take(&mut self, event: Event) -> VecDeque<Waiter> {
        self.queues.remove(&event).unwrap_or_default()
    }

    /// Who waits for `event`.
    pub(crate) fn of(&self, event: Event) -> impl Iterator<Item = Waiter> {
        self.queues.get(&event).into_iter().flatten().copied()
    }

    /// The timers, the earliest first.
    pub(crate) fn timers(&self) -> impl Iterator<Item = (u64, Waiter)> {
        self.timers.iter().copied()
    }

    /// The earliest timer.
    pub(crate) fn first_timer(&self) -> Option<(u64, Waiter)> {
        self.timers.first().copied()
    }

    /// Removes the earliest timer.
    pub(crate) fn pop_timer(&mut self) {
        self.timers.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_entries_do_not_pile_up() {
        let mut waits = Waits::default();
        waits.add((1, 0), &[Event::HostInput], None, |_| true);
        for blocking in 0..100_000 {
            let live = |waiter: Waiter| waiter == (1, 0) || waiter == (2, blocking);
            waits.add((2, blocking), &[Event::HostInput, Event::Child(blocking as Pid)], Some(u64::MAX), live);
        }
        assert!(waits.timers().count() + waits.of(Event::HostInput).count() + waits.queues.len() < 4 * FEW);
        let waiting = waits.take(Event::HostInput);
        assert_eq!((waiting.front(), waiting.back()), (Some(&(1, 0)), Some(&(2, 99_999))));
    }
}
