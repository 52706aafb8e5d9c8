//! The files of the page.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use bytes::Bytes;
use wcr_image::Class;

use crate::exit::Failure;

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The page's first file.
const INDEX: &str = "index.html";
/// Where the page learns that it can ask this server, and below which path.
const MARK: &str = "<meta name=\"wcr-playground\" content=\"api/\" />\n  </head>";
/// The longest file of a page, in bytes.
const FILE_MAX: u64 = 64 << 20;
/// How many folders lie in one another at most.
const DEPTH_MAX: u32 = 4;

/// A file that the build has put into wcr.
#[allow(dead_code, reason = "a wcr without the page has none")]
enum Carried {
    /// As gzip has it.
    Packed(&'static [u8]),
    /// As the page takes it.
    Plain(&'static [u8]),
    /// One of the built-in image's, which wcr has in any case.
    Builtin(fn(wcr_container::BuiltinFiles<&'static [u8]>) -> &'static [u8]),
}

/// A file to be served.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// What is in it.
    pub(crate) content: Bytes,
    /// What it is (RFC 2046).
    pub(crate) media_type: &'static str,
    /// Whether the content is gzip's.
    pub(crate) packed: bool,
}

/// The page: nothing else is served.
#[derive(Debug)]
pub(crate) struct Page {
    files: BTreeMap<String, File>,
}

impl Page {
    /// The page that wcr carries; `None` when it was built without one.
    pub(crate) fn carried() -> Option<Self> {
        let builtin = wcr_container::builtin_files()?;
        let files = PAGE.iter().map(|(path, carried)| {
            let (content, packed) = match carried {
                Carried::Packed(content) => (*content, true),
                Carried::Plain(content) => (*content, false),
                Carried::Builtin(of) => (of(builtin), false),
            };
            (*path, File { content: Bytes::from_static(content), media_type: media_type(path), packed })
        });
        let mut files: BTreeMap<String, File> = files.map(|(path, file)| (path.to_owned(), file)).collect();
        let html = INDEX_HTML?;
        files.insert(INDEX.into(), index(html));
        Some(Self { files })
    }

    /// The page in a folder. What is there now is served, whatever becomes of the folder.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        collect(folder, "", DEPTH_MAX, &mut files)?;
        let html = files.get(INDEX).and_then(|file| String::from_utf8(file.content.to_vec()).ok());
        let Some(html) = html else {
            let message =
                format!("{} has no {INDEX}; `cargo xtask web` builds the page into web/dist", folder.display());
            return Err(Failure::new(Class::Usage, message).into());
        };
        files.insert(INDEX.into(), index(&html));
        Ok(Self { files })
    }

    /// The file of a path below the page's address.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.get(if path.is_empty() { INDEX } else { path })
    }
}

/// The page's first file, which learns where this server answers.
fn index(html: &str) -> File {
    let html = html.replacen("</head>", MARK, 1);
    File { content: Bytes::from(html), media_type: media_type(INDEX), packed: false }
}

fn collect(folder: &Path, below: &str, depth: u32, files: &mut BTreeMap<String, File>) -> Result<()> {
    let failed = |error| Failure::new(Class::Usage, format!("cannot read the page in {}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = format!("{below}{name}");
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), &format!("{path}/"), depth - 1, files)?;
        } else if kind.is_file() && entry.metadata().map_err(failed)?.len() <= FILE_MAX {
            let content = Bytes::from(fs::read(entry.path()).map_err(failed)?);
            let media_type = media_type(&path);
            files.insert(path, File { content, media_type, packed: false });
        }
    }
    Ok(())
}

fn media_type(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map_or(Cow::Borrowed(""), |(_, ending)| ending.to_ascii_lowercase().into());
    match &*ending {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}
