//! What can be wrong with compressed data, in BusyBox's words.

use wcr_sys::Errno;

/// The reason why compressed data cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The first bytes are those of another format.
    Magic,
    /// The bytes make no sense.
    Corrupted,
    /// What came out does not have the sum that was noted.
    Sum(&'static str),
    /// What came out does not have the length that was noted.
    Length,
    /// The input ends too early, in the format's own words.
    End(&'static str),
    /// The program ends over it, in the format's own words, and leaves what it has written so far.
    Fatal(&'static str),
    /// A `.bz2` header, or the data behind it, makes no sense: with the decoder's number.
    Bunzip(&'static str),
    /// The header of `.lzma` makes no sense.
    LzmaHeader,
    /// A `.Z` file with longer codes than 16 bits.
    Codes(u8),
    /// The input cannot be read.
    Read(Errno),
}

impl Fault {
    /// The diagnostic, without the applet's name.
    #[must_use]
    pub fn message(self) -> Vec<u8> {
        let text = match self {
            Self::Magic => "invalid magic",
            Self::Corrupted => "corrupted data",
            Self::Sum(text) | Self::End(text) | Self::Fatal(text) | Self::Bunzip(text) => text,
            Self::Length => "incorrect length",
            Self::LzmaHeader => "bad lzma header",
            Self::Read(_) => "read error",
            Self::Codes(bits) => {
                let bits = crate::format::decimal(bits.into());
                return [b"compressed with ".as_slice(), &bits, b" bits, can only handle 16 bits"].concat();
            }
        };
        text.as_bytes().to_vec()
    }
}
