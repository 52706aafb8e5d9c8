//! A container in a file or a link: what was asked of it, which image it is of, and the files that it has changed. The page
//! for browsers makes and reads the same links (`web/page/link.ts`).

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use wcr_image::Digest;

use crate::life::error::LifeError;
use crate::life::frame::ProcessLine;
use crate::life::place::Place;
use crate::life::record::Spec;
use crate::life::{Container, written};

/// The version of the format.
const VERSION: u32 = 1;
/// The most bytes of a share when it is not compressed.
const MOST: u64 = 256 << 20;
/// What a link has before the share itself, behind whatever else is in it.
const MARK: &str = "share=";

/// A container that can go on elsewhere, from its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The image's name.
    pub image: String,
    /// Which image that is.
    pub of: ImageOf,
    /// What was asked of it.
    pub spec: Spec,
    /// The tar of the layer that it has written; empty when it has changed nothing.
    pub files: Vec<u8>,
    /// What it had beside these and is not kept, in words.
    pub left: Vec<String>,
}

/// Which image a container is of, beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageOf {
    /// The one that wcr brings.
    BuiltIn,
    /// The one with this identity.
    Id(Digest),
    /// The one that has the name now: a page does not know more.
    Name,
}

/// The line before the tar.
#[derive(Serialize, Deserialize)]
struct Head {
    share: u32,
    image: String,
    #[serde(default)]
    built_in: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Digest>,
    #[serde(default)]
    spec: Spec,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
}

/// Why bytes or a link are no share.
#[derive(Debug, thiserror::Error)]
#[error("it is no container that `wcr share` has written: {0}")]
pub struct ShareError(String);

impl Container {
    /// What makes the container go on elsewhere.
    ///
    /// # Errors
    /// [`LifeError`].
    pub fn share(&self) -> Result<Share, LifeError> {
        self.save()?;
        let files = match written::load(&self.folder)? {
            Some(written) => std::fs::read(written.tar).map_err(LifeError::files(self.id()))?,
            None => Vec::new(),
        };
        let mut left = Vec::new();
        let spec = &self.record.spec;
        for bind in &spec.binds {
            left.push(format!("the host's {bind}: it is not the container's"));
        }
        for tmpfs in &spec.tmpfs {
            left.push(format!("what is in {tmpfs}: it is in memory only"));
        }
        if self.state()?.status.is_alive() {
            if spec.clock.is_some() {
                left.push("how late it is by its own clock: that begins again".into());
            }
            if spec.seed.is_some() {
                left.push("how far its own randomness has come: that begins again".into());
            }
            left.extend(self.processes()?.iter().map(process));
        }
        let spec = Spec { binds: Vec::new(), ..spec.clone() };
        let of = self.record.image_id.map_or(ImageOf::BuiltIn, ImageOf::Id);
        Ok(Share { image: self.record.image.clone(), of, spec, files, left })
    }
}

/// A process that is not kept: which one, and whose.
fn process(process: &ProcessLine) -> String {
    let ProcessLine { pid, ppid, command, .. } = process;
    let of = if *ppid == 0 { String::new() } else { format!(" (child of {ppid})") };
    format!("process {pid}{of}: {command}")
}

impl Place {
    /// Gives a container that is about to run for the first time the files that another one has written.
    ///
    /// # Errors
    /// The files are no layer; the disk is full, or fails.
    pub fn begin_with(&self, share: &Share) -> Result<(), LifeError> {
        if share.files.is_empty() {
            return Ok(());
        }
        let folder = self.folder()?;
        written::put(&self.store, &folder, &share.files).map_err(LifeError::files(self.id()))
    }
}

impl Share {
    /// The share as a file has it: compressed by gzip, a line of JSON and a tar.
    ///
    /// # Errors
    /// [`ShareError`]: it cannot be written as JSON.
    pub fn encode(&self) -> Result<Vec<u8>, ShareError> {
        let failed = |error: &dyn std::fmt::Display| ShareError(error.to_string());
        let (built_in, id) = match self.of {
            ImageOf::BuiltIn => (true, None),
            ImageOf::Id(id) => (false, Some(id)),
            ImageOf::Name => (false, None),
        };
        let (image, spec, left) = (self.image.clone(), self.spec.clone(), self.left.clone());
        let head = Head { share: VERSION, image, built_in, id, spec, left };
        let head = serde_json::to_vec(&head).map_err(|error| failed(&error))?;
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        let written =
            out.write_all(&head).and_then(|()| out.write_all(b"\n")).and_then(|()| out.write_all(&self.files));
        written.and_then(|()| out.finish()).map_err(|error| failed(&error))
    }

    /// Reads what [`Self::encode`] gives.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ShareError> {
        let failed = |error: &dyn std::fmt::Display| ShareError(error.to_string());
        let mut all = Vec::new();
        GzDecoder::new(bytes).take(MOST + 1).read_to_end(&mut all).map_err(|error| failed(&error))?;
        if all.len() as u64 > MOST {
            return Err(ShareError(format!("it has more than {MOST} bytes")));
        }
        let end = all.iter().position(|byte| *byte == b'\n').ok_or_else(|| ShareError("it ends too early".into()))?;
        let files = all.split_off(end + 1);
        let head: Head = serde_json::from_slice(&all).map_err(|error| failed(&error))?;
        if head.share != VERSION {
            return Err(ShareError(format!("it has version {}; this wcr reads {VERSION}", head.share)));
        }
        let of = match head.id {
            _ if head.built_in => ImageOf::BuiltIn,
            Some(id) => ImageOf::Id(id),
            None => ImageOf::Name,
        };
        // Whoever has made it, it says nothing about the folders of this host.
        let spec = Spec { binds: Vec::new(), ..head.spec };
        Ok(Self { image: head.image, of, spec, files, left: head.left })
    }

    /// The share as a link below `page`, which may be that of a playground.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn link(&self, page: &str) -> Result<String, ShareError> {
        Ok(format!("{page}#{MARK}{}", URL_SAFE_NO_PAD.encode(self.encode()?)))
    }

    /// Whether a text is a link, and not the name of a file.
    #[must_use]
    pub fn is_link(text: &str) -> bool {
        text.contains(&format!("#{MARK}"))
    }

    /// Reads what [`Self::link`] gives.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn of_link(link: &str) -> Result<Self, ShareError> {
        let mark = format!("#{MARK}");
        let text = link.split_once(&mark).map_or("", |(_, text)| text);
        let text = text.split(['&', '#']).next().unwrap_or_default().trim();
        Self::decode(&URL_SAFE_NO_PAD.decode(text).map_err(|error| ShareError(error.to_string()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Share {
        let spec =
            Spec { command: vec![b"sh".to_vec().into()], clock: Some(5), seed: Some(u64::MAX), ..Spec::default() };
        let left = vec!["process 1: sh".into()];
        Share { image: "busybox".into(), of: ImageOf::BuiltIn, spec, files: vec![7; 10_240], left }
    }

    #[test]
    fn what_a_page_makes_is_read() {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(b"{\"share\":1,\"image\":\"own:1\",\"spec\":{\"command\":[\"ls\"]}}\ntar").unwrap();
        let share = Share::decode(&out.finish().unwrap()).unwrap();
        assert_eq!((share.image.as_str(), share.of, share.files.as_slice()), ("own:1", ImageOf::Name, &b"tar"[..]));
        assert_eq!(share.spec, Spec { command: vec![b"ls".to_vec().into()], ..Spec::default() });
    }

    #[test]
    fn files_and_links_round_trip() {
        let share = share();
        let bytes = share.encode().unwrap();
        assert!(bytes.len() < 1_000, "{}", bytes.len());
        assert_eq!(Share::decode(&bytes).unwrap(), share);
        let link = share.link("https://example.com/play/").unwrap();
        assert!(Share::is_link(&link) && !Share::is_link("file.wcr"));
        assert_eq!(Share::of_link(&link).unwrap(), share);
        assert_eq!(Share::of_link(&format!("{link}&more=1\n")).unwrap(), share);
    }

    #[test]
    fn what_is_none_is_refused() {
        let bytes = share().encode().unwrap();
        assert!(Share::decode(b"").is_err() && Share::decode(b"hello").is_err());
        for cut in [1, 20, bytes.len() / 2, bytes.len() - 1] {
            assert!(Share::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Share::of_link("https://example.com/#share=!!").is_err());
    }

    #[test]
    fn what_would_be_too_large_is_refused() {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(b"{}\n").unwrap();
        std::io::copy(&mut std::io::repeat(0).take(MOST), &mut out).unwrap();
        assert!(Share::decode(&out.finish().unwrap()).unwrap_err().to_string().contains("more than"));
    }
}
