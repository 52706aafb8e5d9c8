//! The names of `tar`'s options, and the keys of those that have no letter.

use applets::options::{Long, Takes};

pub(super) const DELETE: u8 = 0x80;
pub(super) const TEST_LABEL: u8 = 0x81;
pub(super) const EXCLUDE: u8 = 0x82;
pub(super) const EXCLUDE_VCS: u8 = 0x83;
pub(super) const EXCLUDE_BACKUPS: u8 = 0x84;
pub(super) const NULL: u8 = 0x85;
pub(super) const NO_NULL: u8 = 0x86;
pub(super) const LZMA: u8 = 0x87;
pub(super) const LZIP: u8 = 0x88;
pub(super) const LZOP: u8 = 0x89;
pub(super) const ZSTD: u8 = 0x8a;
pub(super) const POSIX: u8 = 0x8b;
pub(super) const OLD_ARCHIVE: u8 = 0x8c;
pub(super) const HARD_DEREFERENCE: u8 = 0x8d;
pub(super) const SAME_PERMISSIONS_NOT: u8 = 0x8e;
pub(super) const SAME_OWNER: u8 = 0x8f;
pub(super) const SAME_OWNER_NOT: u8 = 0x90;
pub(super) const TO_COMMAND: u8 = 0x91;
pub(super) const SKIP_OLD: u8 = 0x92;
pub(super) const KEEP_NEWER: u8 = 0x93;
pub(super) const OVERWRITE: u8 = 0x94;
pub(super) const RECURSIVE_UNLINK: u8 = 0x95;
pub(super) const UTC: u8 = 0x96;
pub(super) const FULL_TIME: u8 = 0x97;
pub(super) const NUMERIC: u8 = 0x98;
pub(super) const RECURSION_NOT: u8 = 0x99;
pub(super) const RECURSION: u8 = 0x9a;
pub(super) const WILDCARDS: u8 = 0x9b;
pub(super) const WILDCARDS_NOT: u8 = 0x9c;
pub(super) const ANCHORED: u8 = 0x9d;
pub(super) const ANCHORED_NOT: u8 = 0x9e;
pub(super) const IGNORE_CASE: u8 = 0x9f;
pub(super) const ONE_FILE_SYSTEM: u8 = 0xa0;
pub(super) const REMOVE_FILES: u8 = 0xa1;
pub(super) const IGNORE_FAILED_READ: u8 = 0xa2;
pub(super) const TOTALS: u8 = 0xa3;
pub(super) const SHOW_TRANSFORMED: u8 = 0xa4;
pub(super) const INDEX_FILE: u8 = 0xa5;
pub(super) const MODE: u8 = 0xa6;
pub(super) const OCCURRENCE: u8 = 0xa7;
pub(super) const SORT: u8 = 0xa8;
pub(super) const STRIP: u8 = 0xa9;
pub(super) const TRANSFORM: u8 = 0xaa;
pub(super) const OWNER: u8 = 0xab;
pub(super) const GROUP: u8 = 0xac;
pub(super) const MTIME: u8 = 0xad;
pub(super) const NEWER_MTIME: u8 = 0xae;
/// What changes nothing here.
const IGNORED: u8 = 0xaf;
pub(super) const VERSION_KEY: u8 = 0xfe;
pub(super) const HELP_KEY: u8 = 0xff;

/// In the order in which the possibilities of an ambiguous name are told.
pub(super) const LONG: &[Long] = &[
    ("list", Takes::Nothing, b't'),
    ("extract", Takes::Nothing, b'x'),
    ("get", Takes::Nothing, b'x'),
    ("create", Takes::Nothing, b'c'),
    ("diff", Takes::Nothing, b'd'),
    ("compare", Takes::Nothing, b'd'),
    ("append", Takes::Nothing, b'r'),
    ("update", Takes::Nothing, b'u'),
    ("catenate", Takes::Nothing, b'A'),
    ("concatenate", Takes::Nothing, b'A'),
    ("delete", Takes::Nothing, DELETE),
    ("test-label", Takes::Nothing, TEST_LABEL),
    ("sparse", Takes::Nothing, b'S'),
    ("incremental", Takes::Nothing, b'G'),
    ("listed-incremental", Takes::Value, b'g'),
    ("ignore-failed-read", Takes::Nothing, IGNORE_FAILED_READ),
    ("occurrence", Takes::OptionalValue, OCCURRENCE),
    ("seek", Takes::Nothing, b'n'),
    ("no-seek", Takes::Nothing, IGNORED),
    ("no-check-device", Takes::Nothing, IGNORED),
    ("check-device", Takes::Nothing, IGNORED),
    ("verify", Takes::Nothing, b'W'),
    ("remove-files", Takes::Nothing, REMOVE_FILES),
    ("keep-old-files", Takes::Nothing, b'k'),
    ("skip-old-files", Takes::Nothing, SKIP_OLD),
    ("keep-newer-files", Takes::Nothing, KEEP_NEWER),
    ("overwrite", Takes::Nothing, OVERWRITE),
    ("unlink-first", Takes::Nothing, b'U'),
    ("recursive-unlink", Takes::Nothing, RECURSIVE_UNLINK),
    ("no-overwrite-dir", Takes::Nothing, IGNORED),
    ("overwrite-dir", Takes::Nothing, IGNORED),
    ("keep-directory-symlink", Takes::Nothing, IGNORED),
    ("one-top-level", Takes::OptionalValue, b'K'),
    ("to-stdout", Takes::Nothing, b'O'),
    ("to-command", Takes::Value, TO_COMMAND),
    ("ignore-command-error", Takes::Nothing, IGNORED),
    ("no-ignore-command-error", Takes::Nothing, IGNORED),
    ("owner", Takes::Value, OWNER),
    ("group", Takes::Value, GROUP),
    ("mtime", Takes::Value, MTIME),
    ("mode", Takes::Value, MODE),
    ("atime-preserve", Takes::OptionalValue, IGNORED),
    ("touch", Takes::Nothing, b'm'),
    ("same-owner", Takes::Nothing, SAME_OWNER),
    ("no-same-owner", Takes::Nothing, SAME_OWNER_NOT),
    ("numeric-owner", Takes::Nothing, NUMERIC),
    ("preserve-permissions", Takes::Nothing, b'p'),
    ("same-permissions", Takes::Nothing, b'p'),
    ("no-same-permissions", Takes::Nothing, SAME_PERMISSIONS_NOT),
    ("preserve-order", Takes::Nothing, b's'),
    ("same-order", Takes::Nothing, b's'),
    ("delay-directory-restore", Takes::Nothing, IGNORED),
    ("no-delay-directory-restore", Takes::Nothing, IGNORED),
    ("sort", Takes::Value, SORT),
    ("file", Takes::Value, b'f'),
    ("force-local", Takes::Nothing, IGNORED),
    ("multi-volume", Takes::Nothing, b'M'),
    ("tape-length", Takes::Value, b'L'),
    ("info-script", Takes::Value, b'F'),
    ("new-volume-script", Takes::Value, b'F'),
    ("blocking-factor", Takes::Value, b'b'),
    ("ignore-zeros", Takes::Nothing, b'i'),
    ("read-full-records", Takes::Nothing, b'B'),
    ("format", Takes::Value, b'H'),
    ("old-archive", Takes::Nothing, OLD_ARCHIVE),
    ("portability", Takes::Nothing, OLD_ARCHIVE),
    ("posix", Takes::Nothing, POSIX),
    ("label", Takes::Value, b'V'),
    ("auto-compress", Takes::Nothing, b'a'),
    ("use-compress-program", Takes::Value, b'I'),
    ("bzip2", Takes::Nothing, b'j'),
    ("gzip", Takes::Nothing, b'z'),
    ("gunzip", Takes::Nothing, b'z'),
    ("ungzip", Takes::Nothing, b'z'),
    ("compress", Takes::Nothing, b'Z'),
    ("uncompress", Takes::Nothing, b'Z'),
    ("lzip", Takes::Nothing, LZIP),
    ("lzma", Takes::Nothing, LZMA),
    ("lzop", Takes::Nothing, LZOP),
    ("xz", Takes::Nothing, b'J'),
    ("no-auto-compress", Takes::Nothing, IGNORED),
    ("zstd", Takes::Nothing, ZSTD),
    ("one-file-system", Takes::Nothing, ONE_FILE_SYSTEM),
    ("absolute-names", Takes::Nothing, b'P'),
    ("dereference", Takes::Nothing, b'h'),
    ("hard-dereference", Takes::Nothing, HARD_DEREFERENCE),
    ("starting-file", Takes::Value, b'K'),
    ("newer", Takes::Value, b'N'),
    ("newer-mtime", Takes::Value, NEWER_MTIME),
    ("after-date", Takes::Value, b'N'),
    ("backup", Takes::OptionalValue, b'F'),
    ("files-from", Takes::Value, b'T'),
    ("null", Takes::Nothing, NULL),
    ("no-null", Takes::Nothing, NO_NULL),
    ("unquote", Takes::Nothing, IGNORED),
    ("no-unquote", Takes::Nothing, IGNORED),
    ("verbatim-files-from", Takes::Nothing, IGNORED),
    ("no-verbatim-files-from", Takes::Nothing, IGNORED),
    ("add-file", Takes::Value, IGNORED),
    ("directory", Takes::Value, b'C'),
    ("exclude", Takes::Value, EXCLUDE),
    ("exclude-from", Takes::Value, b'X'),
    ("exclude-vcs", Takes::Nothing, EXCLUDE_VCS),
    ("exclude-backups", Takes::Nothing, EXCLUDE_BACKUPS),
    ("recursion", Takes::Nothing, RECURSION),
    ("no-recursion", Takes::Nothing, RECURSION_NOT),
    ("ignore-case", Takes::Nothing, IGNORE_CASE),
    ("no-ignore-case", Takes::Nothing, IGNORED),
    ("anchored", Takes::Nothing, ANCHORED),
    ("no-anchored", Takes::Nothing, ANCHORED_NOT),
    ("wildcards", Takes::Nothing, WILDCARDS),
    ("no-wildcards", Takes::Nothing, WILDCARDS_NOT),
    ("wildcards-match-slash", Takes::Nothing, IGNORED),
    ("strip-components", Takes::Value, STRIP),
    ("transform", Takes::Value, TRANSFORM),
    ("xform", Takes::Value, TRANSFORM),
    ("checkpoint", Takes::OptionalValue, IGNORED),
    ("totals", Takes::OptionalValue, TOTALS),
    ("utc", Takes::Nothing, UTC),
    ("full-time", Takes::Nothing, FULL_TIME),
    ("index-file", Takes::Value, INDEX_FILE),
    ("block-number", Takes::Nothing, b'R'),
    ("verbose", Takes::Nothing, b'v'),
    ("interactive", Takes::Nothing, b'w'),
    ("confirmation", Takes::Nothing, b'w'),
    ("show-transformed-names", Takes::Nothing, SHOW_TRANSFORMED),
    ("show-stored-names", Takes::Nothing, SHOW_TRANSFORMED),
    ("warning", Takes::Value, IGNORED),
    ("help", Takes::Nothing, HELP_KEY),
    ("version", Takes::Nothing, VERSION_KEY),
];
