//! `wcr save`.

use anyhow::Result;
use wcr_image::{Class, Reference};
use wcr_store::{SaveFormat, Saved, Store};

use crate::archive_file::write_archive;
use crate::busy::Busy;
use crate::exit::{Failure, OK};
use crate::image_args::{Format, SaveArgs};
use crate::named::{Named, find};

/// Writes images as an archive.
pub(crate) fn save(args: &SaveArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let mut images: Vec<Saved> = Vec::new();
    for text in &args.images {
        let (record, name) = match find(&store, text)? {
            Named::Reference(record) => {
                let name = record.reference.parse::<Reference>().ok().filter(|name| name.digest().is_none());
                (*record, name)
            }
            Named::Id(records) => match records.into_iter().next() {
                Some(record) => (record, None),
                None => continue,
            },
        };
        match images.iter_mut().find(|image| image.record.manifest.digest == record.manifest.digest) {
            Some(image) => {
                image.names.extend(name.filter(|name| !image.names.contains(name)).into_iter().collect::<Vec<_>>())
            }
            None => images.push(Saved { record, names: name.into_iter().collect() }),
        }
    }
    let format = match args.format {
        Format::DockerOci => SaveFormat::Both,
        Format::DockerArchive => SaveFormat::Docker,
        Format::OciArchive => SaveFormat::Oci,
        Format::OciDir => {
            let Some(folder) = &args.output else {
                return Err(Failure::new(Class::Usage, "--format=oci-dir needs a folder, with -o").into());
            };
            if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
                let message = format!("{} is not empty; name a new folder", folder.display());
                return Err(Failure::new(Class::Conflict, message).into());
            }
            let busy = Busy::begin(format!("writing {}", folder.display()), None);
            store.save_folder(&images, folder)?;
            drop(busy);
            return Ok(OK);
        }
    };
    write_archive(args.output.as_deref(), |out| Ok(store.save(&images, format, out)?))?;
    Ok(OK)
}
