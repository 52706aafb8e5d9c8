//! The tools that scripts start less often: one module each.

pub mod ascii;
pub mod base64;
pub mod cal;
pub mod checksum;
pub mod cksum;
pub mod cmp;
pub mod dd;
pub mod df;
pub mod diff;
pub mod dos2unix;
pub mod factor;
pub mod find;
pub mod getopt;
pub mod hexdump;
pub mod ipcalc;
pub mod od;
pub mod patch;
pub mod shred;
pub mod shuf;
pub mod split;
pub mod strings;
pub mod tree;
pub mod ts;
pub mod uuencode;
pub mod xargs;
pub mod xxd;
