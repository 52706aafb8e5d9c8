//! Compression and archives: one module each, and what they share.

pub mod ar;
pub mod bzip2;
pub mod cpio;
pub mod deflate;
pub mod dpkg_deb;
mod extract;
mod fault;
pub mod feed;
pub mod gzip;
mod lzo;
pub mod lzop;
mod member;
mod packer;
pub mod rpm2cpio;
pub mod tar;
pub mod uncompress;
pub mod unpack;
pub mod unzip;
pub mod xz;
pub mod zcat;
