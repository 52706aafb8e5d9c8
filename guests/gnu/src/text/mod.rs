//! The programs that read text.

use crate::Program;

mod base;
mod cat;
mod checksum;
mod columns;
mod compare;
mod cut;
mod head;
mod input;
mod reform;
mod sort;
mod tail;
mod tee;
mod tr;
mod uniq;
pub mod versions;
mod wc;

/// The programs.
pub const PROGRAMS: &[Program] = &[
    base::BASE32,
    base::BASE64,
    cat::PROGRAM,
    checksum::MD5,
    checksum::SHA1,
    checksum::SHA224,
    checksum::SHA256,
    checksum::SHA384,
    checksum::SHA512,
    columns::COMM,
    columns::FOLD,
    columns::PASTE,
    columns::TAC,
    cut::PROGRAM,
    head::PROGRAM,
    reform::EXPAND,
    reform::NL,
    reform::UNEXPAND,
    sort::PROGRAM,
    tail::PROGRAM,
    tee::PROGRAM,
    tr::PROGRAM,
    uniq::PROGRAM,
    wc::PROGRAM,
];
