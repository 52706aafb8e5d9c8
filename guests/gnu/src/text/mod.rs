//! The programs that read text.

use crate::Program;

mod base;
mod cat;
mod checksum;
mod cksum;
mod columns;
mod compare;
mod csplit;
mod cut;
mod fmt;
pub mod grep;
mod head;
mod input;
mod join;
mod numfmt;
mod od;
mod pr;
mod reform;
pub mod sed;
mod shuf;
mod sort;
mod split;
mod sum;
mod tac;
mod tail;
mod tee;
mod tr;
mod tsort;
mod uniq;
pub mod versions;
mod wc;

/// The programs.
pub const PROGRAMS: &[Program] = &[
    base::BASE32,
    base::BASE64,
    cat::PROGRAM,
    base::BASENC,
    checksum::MD5,
    checksum::SHA1,
    checksum::SHA224,
    checksum::SHA256,
    checksum::SHA384,
    checksum::SHA512,
    cksum::B2SUM,
    cksum::CKSUM,
    columns::COMM,
    columns::FOLD,
    columns::PASTE,
    csplit::PROGRAM,
    cut::PROGRAM,
    fmt::PROGRAM,
    head::PROGRAM,
    join::PROGRAM,
    numfmt::PROGRAM,
    od::PROGRAM,
    pr::PROGRAM,
    reform::EXPAND,
    reform::NL,
    reform::UNEXPAND,
    shuf::PROGRAM,
    sort::PROGRAM,
    split::PROGRAM,
    sum::PROGRAM,
    tac::PROGRAM,
    tail::PROGRAM,
    tee::PROGRAM,
    tr::PROGRAM,
    tsort::PROGRAM,
    uniq::PROGRAM,
    wc::PROGRAM,
];
