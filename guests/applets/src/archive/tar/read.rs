//! The members of a tar file, one after the other.

use super::super::extract::{report_fault, short_read};
use super::super::feed::Feed;
use super::super::member::{Member, inside};
use super::header::{BLOCK, Header, parse, records};
use crate::{Context, Quit};

/// The longest name, and the longest list of records, that is read; more can only be meant badly.
const NAME_MAX: u64 = 64 << 10;

/// Reads members.
pub(in super::super) struct Reader {
    /// The bytes of the file. After a member they stand at its content.
    pub(in super::super) feed: Feed,
    /// What the headers before a member said of it.
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    empty_before: bool,
    warned: bool,
}

impl Reader {
    /// A reader that stands at the first header.
    pub(in super::super) fn new(feed: Feed) -> Self {
        Self { feed, name: None, target: None, empty_before: false, warned: false }
    }

    /// The next member; `None` at the end. The content of the one before must have been read.
    /// # Errors
    /// The file is damaged, which has been reported.
    pub(in super::super) fn next(&mut self, ctx: &mut Context<'_>) -> Result<Option<Member>, Quit> {
        loop {
            if self.feed.align(BLOCK as u64).is_err() {
                return Err(short_read(ctx, &mut self.feed));
            }
            let mut block = [0; BLOCK];
            let first = self.feed.position == 0;
            match self.feed.read_full(&mut block) {
                BLOCK => {}
                0 if !first => {
                    report_fault(ctx, &mut self.feed);
                    // A name without its member.
                    return if self.name.is_some() || self.target.is_some() { Err(Quit(1)) } else { Ok(None) };
                }
                _ => return Err(short_read(ctx, &mut self.feed)),
            }
            let header = parse(&block).map_err(|wrong| ctx.die(&[&wrong.message()]))?;
            let empty = header == Header::Empty;
            match header {
                Header::Empty if self.empty_before => {
                    self.feed.drain();
                    return Ok(None);
                }
                Header::Empty => {}
                Header::LongName(len) => self.name = Some(self.long_name(ctx, len)?),
                Header::LongTarget(len) => self.target = Some(self.long_name(ctx, len)?),
                Header::Records(len) => {
                    let (name, target) = records(&self.content(ctx, len)?);
                    (self.name, self.target) = (name.or(self.name.take()), target.or(self.target.take()));
                }
                Header::GlobalRecords(len) => {
                    self.content(ctx, len)?;
                }
                Header::Member(member) => {
                    self.empty_before = false;
                    return Ok(Some(self.named(ctx, member)));
                }
            }
            self.empty_before = empty;
        }
    }

    /// The member with its full names, kept inside of the current directory.
    fn named(&mut self, ctx: &mut Context<'_>, mut member: Member) -> Member {
        if let Some(name) = self.name.take() {
            member.name = name;
        }
        if let Some(target) = self.target.take() {
            member.target = target;
        }
        let (name, removed) = inside(&member.name);
        if !removed.is_empty() {
            warn_removed(ctx, removed, &mut self.warned);
            member.name = name.to_vec();
        }
        member
    }

    fn long_name(&mut self, ctx: &mut Context<'_>, len: u64) -> Result<Vec<u8>, Quit> {
        let mut name = self.content(ctx, len)?;
        name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
        Ok(name)
    }

    fn content(&mut self, ctx: &mut Context<'_>, len: u64) -> Result<Vec<u8>, Quit> {
        if len > NAME_MAX {
            return Err(ctx.die(&[b"corrupted data"]));
        }
        let mut content = vec![0; len as usize];
        if self.feed.read_full(&mut content) < content.len() {
            return Err(short_read(ctx, &mut self.feed));
        }
        Ok(content)
    }
}

/// Says, once, that names were shortened.
pub(in super::super) fn warn_removed(ctx: &mut Context<'_>, removed: &[u8], warned: &mut bool) {
    if !core::mem::replace(warned, true) {
        ctx.complain(&[b"removing leading '", removed, b"' from member names"]);
    }
}
