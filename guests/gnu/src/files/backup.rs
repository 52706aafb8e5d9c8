//! Copies of files that are about to be replaced: `-b`, `--backup=CONTROL`, `-S SUFFIX`.

use applets::core::basename::last_component;
use applets::core::dirname::parent;
use applets::core::paths::join;
use applets::options::Parsed;
use applets::{Context, Quit, environ};
use wcr_sys::{Errno, fs};

use crate::dispatch::try_help;
use crate::quote;

/// The key of `--backup`.
pub const BACKUP: u8 = 0xa1;

/// How a backup is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Simple,
    Numbered,
    /// Numbered where there are such already.
    Existing,
}

/// Whether and how backups are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backup {
    kind: Option<Kind>,
    suffix: Vec<u8>,
}

const KINDS: [(&str, Option<Kind>); 8] = [
    ("none", None),
    ("off", None),
    ("simple", Some(Kind::Simple)),
    ("never", Some(Kind::Simple)),
    ("existing", Some(Kind::Existing)),
    ("nil", Some(Kind::Existing)),
    ("numbered", Some(Kind::Numbered)),
    ("t", Some(Kind::Numbered)),
];

impl Backup {
    /// What the options and the environment say.
    /// # Errors
    /// There is no such kind, which has been told.
    pub fn from_parsed(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Self, Quit> {
        let suffix = parsed.value(b'S').map(<[u8]>::to_vec).or_else(|| environ::var(b"SIMPLE_BACKUP_SUFFIX"));
        let suffix =
            suffix.filter(|suffix| !suffix.is_empty() && !suffix.contains(&b'/')).unwrap_or_else(|| b"~".to_vec());
        if !parsed.has(b'b') && !parsed.has(BACKUP) && !parsed.has(b'S') {
            return Ok(Self::default());
        }
        let control = match parsed.value(BACKUP) {
            Some(word) => Some((word.to_vec(), &b"backup type"[..])),
            None => environ::var(b"VERSION_CONTROL").map(|word| (word, &b"$VERSION_CONTROL"[..])),
        };
        let kind = match control {
            None => Some(Kind::Existing),
            Some((word, from)) => match KINDS.iter().find(|(name, _)| name.as_bytes().starts_with(&word)) {
                Some((_, kind)) if !word.is_empty() => *kind,
                _ if word.is_empty() => Some(Kind::Existing),
                _ => {
                    ctx.complain(&[b"invalid argument ", &quote::locale(&word), b" for ", &quote::locale(from)]);
                    let rows = KINDS.chunks(2).map(|pair| {
                        let names: Vec<Vec<u8>> = pair.iter().map(|(name, _)| quote::locale(name.as_bytes())).collect();
                        [b"\n  - ", &names.join(&b", "[..])[..]].concat()
                    });
                    let list: Vec<u8> = rows.flatten().collect();
                    ctx.put_err(&[b"Valid arguments are:", &list[..], b"\n"].concat());
                    return Err(try_help(ctx, 1));
                }
            },
        };
        Ok(Self { kind, suffix })
    }

    /// Whether backups are made at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.kind.is_some()
    }

    /// Moves what stands at `path` away, where that is asked for, and returns its new name.
    /// # Errors
    /// As `rename(2)`.
    pub fn make(&self, path: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
        let Some(kind) = self.kind else { return Ok(None) };
        let highest = if kind == Kind::Simple { 0 } else { highest(path) };
        let name = if kind == Kind::Numbered || highest > 0 {
            [path, format!(".~{}~", highest + 1).as_bytes()].concat()
        } else {
            [path, &self.suffix].concat()
        };
        match fs::rename(path, &name) {
            Ok(()) => Ok(Some(name)),
            Err(Errno::Noent) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The highest number of a numbered backup of `path`; 0 when there is none.
fn highest(path: &[u8]) -> u64 {
    let dir = parent(path);
    let stem = [last_component(path), b".~"].concat();
    let entries = fs::read_dir(&join(dir, b"")).unwrap_or_default();
    let number = |name: &[u8]| applets::format::parse_decimal(name.strip_prefix(&stem[..])?.strip_suffix(b"~")?);
    entries.iter().filter_map(|entry| number(&entry.name)).max().unwrap_or(0)
}
