//! `wcr events`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use wcr_container::life::rfc3339_nanos;
use wcr_store::{Event, EventKind, Store};

use crate::exit::OK;
use crate::filter::{Filters, has_label};
use crate::format::Format;
use crate::output::write;
use crate::text::printable;
use crate::when;

/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(20);
const FILTERS: [&str; 6] = ["container", "event", "image", "label", "scope", "type"];

/// `wcr events`.
#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Show only some: container=, event=, image=, label=KEY[=VALUE], type=container or type=image
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub(crate) filter: Vec<String>,
    /// Print what a template of Go says for each, or json for a line each
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
    /// Begin with what has happened since then: a time, or how long ago, as in 10m
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// End with what has happened until then
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

/// Shows what happens to containers and images, until it is stopped.
pub(crate) fn events(args: &EventsArgs) -> Result<u8> {
    let format = args.format.as_deref().filter(|format| !format.is_empty()).map(Format::parse).transpose()?;
    let is_json = args.format.as_deref().is_some_and(|format| format.trim() == "json");
    let filters = Filters::parse(&args.filter, &FILTERS)?;
    filters.only("scope", &["local"])?;
    let [since, until] = [&args.since, &args.until].map(|time| time.as_deref().map(when::since).transpose());
    let (since, until) = (since?, until?);
    let mut events = Store::open_default()?.events()?;
    if since.is_none() && until.is_none() {
        events.skip_all()?;
    }
    loop {
        let is_over = until.is_some_and(|until| when::now_nanos() > until);
        let mut new: Vec<Event> = Vec::new();
        while let Some(event) = events.next()? {
            new.push(event);
        }
        // What lasts a moment only is written down when it is over.
        new.sort_by_key(|event| event.time_nano);
        new.retain(|event| {
            since.is_none_or(|since| event.time_nano >= since)
                && until.is_none_or(|until| event.time_nano <= until)
                && suits(event, &filters)
        });
        let text = match &format {
            None => new.iter().map(line).collect(),
            Some(format) if is_json => format.render(&new.iter().map(fields).collect::<Vec<_>>(), &[])?,
            Some(format) => format.render(&new.iter().map(named_fields).collect::<Vec<_>>(), &[])?,
        };
        if !write(&text)? {
            return Ok(OK);
        }
        if is_over {
            return Ok(OK);
        }
        std::thread::sleep(LOOK);
    }
}

/// A name without its tag.
fn without_tag(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

fn suits(event: &Event, filters: &Filters) -> bool {
    let (kind, attributes) = (event.kind, &event.actor.attributes);
    let attribute = |name: &str| attributes.get(name).map_or("", String::as_str);
    let action = |wanted: &str| {
        // What stands behind it is what was run, or how it is.
        event.action == wanted || event.action.split_once(": ").is_some_and(|(action, _)| action == wanted)
    };
    let container = |wanted: &str| {
        kind == EventKind::Container && (event.actor.id.starts_with(wanted) || attribute("name") == wanted)
    };
    let image = |wanted: &str| {
        let (id, name) = match kind {
            EventKind::Image => (event.actor.id.as_str(), attribute("name")),
            EventKind::Container => ("", attribute("image")),
        };
        id == wanted || name == wanted || without_tag(name) == wanted
    };
    filters.any("type", |wanted| wanted == kind.name())
        && filters.any("event", action)
        && filters.any("container", container)
        && filters.any("image", image)
        && filters.all("label", |wanted| has_label(attributes, wanted))
}

/// An event as docker shows it.
fn line(event: &Event) -> String {
    let attributes: Vec<String> =
        event.actor.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (time, kind, action, id) = (rfc3339_nanos(event.time_nano), event.kind.name(), &event.action, &event.actor.id);
    printable(&format!("{time} {kind} {action} {id} ({})", attributes.join(", "))).replace('\n', "\\n") + "\n"
}

/// An event in the fields that docker has for it.
fn fields(event: &Event) -> Value {
    let Event { kind, action, actor, time_nano } = event;
    let from = match kind {
        EventKind::Container => actor.attributes.get("image"),
        EventKind::Image => actor.attributes.get("name"),
    };
    let attributes: &BTreeMap<String, String> = &actor.attributes;
    json!({
        "status": action,
        "id": actor.id,
        "from": from,
        "Type": kind.name(),
        "Action": action,
        "Actor": { "ID": actor.id, "Attributes": attributes },
        "scope": "local",
        "time": time_nano / 1_000_000_000,
        "timeNano": time_nano,
    })
}

/// An event as templates see it: there the names of the fields that are small in JSON are large.
fn named_fields(event: &Event) -> Value {
    let mut value = fields(event);
    if let Some(fields) = value.as_object_mut() {
        for (small, name) in [
            ("status", "Status"),
            ("id", "ID"),
            ("from", "From"),
            ("scope", "Scope"),
            ("time", "Time"),
            ("timeNano", "TimeNano"),
        ] {
            let value = fields.get(small).cloned().unwrap_or_default();
            fields.insert(name.into(), value);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use wcr_store::Actor;

    fn event(kind: EventKind, action: &str, attributes: &[(&str, &str)]) -> Event {
        let attributes = attributes.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        Event::now(kind, action, Actor { id: "0123".into(), attributes }).at(1_795_766_400_000_000_001)
    }

    #[test]
    fn an_event_is_a_line() {
        let event = event(EventKind::Container, "start", &[("name", "x"), ("image", "busybox"), ("l", "a\nb")]);
        let expected = "2026-11-27T08:00:00.000000001Z container start 0123 (image=busybox, l=a\\nb, name=x)\n";
        assert_eq!(line(&event), expected);
    }

    #[test]
    fn events_are_chosen_as_docker_does() {
        let of_container =
            event(EventKind::Container, "exec_create: sh", &[("name", "x"), ("image", "a/b:1"), ("l", "1")]);
        let of_image = event(EventKind::Image, "tag", &[("name", "a/b:1")]);
        for (filters, container, image) in [
            (&["type=container"][..], true, false),
            (&["event=exec_create", "event=tag"], true, true),
            (&["event=exec_create: sh"], true, false),
            (&["container=x"], true, false),
            (&["container=01"], true, false),
            (&["image=a/b"], true, true),
            (&["image=a/b:1"], true, true),
            (&["image=a"], false, false),
            (&["image=0123"], false, true),
            (&["label=l"], true, false),
            (&["label=l=1", "label=m"], false, false),
            (&["type=image", "event=exec_create"], false, false),
        ] {
            let filters: Vec<String> = filters.iter().map(|&filter| filter.into()).collect();
            let filters = Filters::parse(&filters, &FILTERS).unwrap();
            assert_eq!((suits(&of_container, &filters), suits(&of_image, &filters)), (container, image), "{filters:?}");
        }
    }
}
