//! The tools that scripts start less often: one module each.

pub mod base64;
pub mod checksum;
pub mod cmp;
pub mod dd;
pub mod df;
pub mod diff;
pub mod dos2unix;
pub mod expr;
pub mod factor;
pub mod find;
pub mod od;
pub mod shred;
pub mod split;
pub mod strings;
pub mod uuencode;
pub mod xargs;
pub mod xxd;
