//! The programs for compression and archives.

pub mod gzip;
pub mod tar;
