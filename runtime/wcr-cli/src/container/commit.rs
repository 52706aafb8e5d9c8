//! `wcr commit`.

use anyhow::Result;
use wcr_container::life::{Container, rfc3339_nanos};
use wcr_image::{Class, ImageConfig};
use wcr_store::{CommitNote, Store};

use crate::container::CommitArgs;
use crate::exit::Failure;
use crate::output::print;
use crate::when;

/// Makes an image of a container's files.
pub(crate) fn commit(args: &CommitArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let container = Container::find(&store, &args.container)?;
    let changes: Vec<Change> = args.change.iter().map(|text| Change::read(text)).collect::<Result<_>>()?;
    let note = CommitNote {
        created: rfc3339_nanos(when::now_nanos()),
        created_by: container.record.argv().join(" "),
        comment: args.message.clone(),
        author: args.author.clone(),
    };
    let labels = container.record.spec.labels.clone();
    let apply = |config: &mut ImageConfig| {
        config.config.labels.extend(labels);
        changes.into_iter().for_each(|change| change.apply(config));
    };
    let id = container.commit(args.name.as_ref(), apply, note)?;
    Ok(print(&format!("{id}\n")))
}

/// An instruction of a Dockerfile that changes the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Cmd(Vec<String>),
    Entrypoint(Vec<String>),
    Env(String, String),
    Expose(String),
    Label(String, String),
    StopSignal(String),
    User(String),
    Volume(Vec<String>),
    Workdir(String),
}

impl Change {
    fn read(text: &str) -> Result<Self> {
        let fail = |why: &str| Failure::new(Class::Usage, format!("invalid change {text:?}: {why}"));
        let (name, value) = text.trim().split_once([' ', '\t', '=']).unwrap_or((text.trim(), ""));
        let value = value.trim();
        let pair = || -> Result<(String, String)> {
            let (key, value) = value.split_once(['=', ' ']).ok_or_else(|| fail("it needs NAME=VALUE"))?;
            Ok((key.to_owned(), value.trim_matches('"').to_owned()))
        };
        let words = || -> Result<Vec<String>> {
            if value.starts_with('[') {
                return serde_json::from_str(value).map_err(|error| fail(&error.to_string()).into());
            }
            Ok(vec!["/bin/sh".into(), "-c".into(), value.to_owned()])
        };
        let text = || if value.is_empty() { Err(fail("it needs a value")) } else { Ok(value.to_owned()) };
        Ok(match name.to_ascii_uppercase().as_str() {
            "CMD" => Self::Cmd(words()?),
            "ENTRYPOINT" => Self::Entrypoint(words()?),
            "ENV" => pair().map(|(key, value)| Self::Env(key, value))?,
            "EXPOSE" => Self::Expose(text()?),
            "LABEL" => pair().map(|(key, value)| Self::Label(key, value))?,
            "STOPSIGNAL" => Self::StopSignal(text()?),
            "USER" => Self::User(text()?),
            "VOLUME" if value.starts_with('[') => Self::Volume(words()?),
            "VOLUME" => Self::Volume(value.split_whitespace().map(str::to_owned).collect()),
            "WORKDIR" => Self::Workdir(text()?),
            _ => {
                let known = "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR";
                return Err(fail(&format!("there are {known}")).into());
            }
        })
    }

    fn apply(self, image: &mut ImageConfig) {
        let config = &mut image.config;
        match self {
            Self::Cmd(words) => config.cmd = words,
            Self::Entrypoint(words) => config.entrypoint = words,
            Self::Env(name, value) => {
                config.env.retain(|entry| entry.split('=').next() != Some(name.as_str()));
                config.env.push(format!("{name}={value}"));
            }
            Self::Expose(port) => {
                config.exposed_ports.push(if port.contains('/') { port } else { format!("{port}/tcp") });
            }
            Self::Label(name, value) => drop(config.labels.insert(name, value)),
            Self::StopSignal(signal) => config.stop_signal = signal,
            Self::User(user) => config.user = user,
            Self::Volume(paths) => config.volumes.extend(paths),
            Self::Workdir(path) => config.working_dir = path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_read() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        for (text, change) in [
            ("CMD [\"a\", \"b c\"]", Change::Cmd(words(&["a", "b c"]))),
            ("cmd echo hi", Change::Cmd(words(&["/bin/sh", "-c", "echo hi"]))),
            ("ENV A=b c", Change::Env("A".into(), "b c".into())),
            ("LABEL x=\"y z\"", Change::Label("x".into(), "y z".into())),
            ("VOLUME /a /b", Change::Volume(words(&["/a", "/b"]))),
            ("WORKDIR /srv", Change::Workdir("/srv".into())),
        ] {
            assert_eq!(Change::read(text).unwrap(), change, "{text}");
        }
        assert!(["RUN x", "ENV A", "CMD [a", "USER", ""].iter().all(|text| Change::read(text).is_err()));
    }
}
