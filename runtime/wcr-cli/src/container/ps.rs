//! `wcr ps`.

use anyhow::Result;
use regex_lite::Regex;
use serde_json::{Value, json};
use wcr_container::life::{Container, HealthStatus, State, Status, short};
use wcr_store::Store;

use crate::container::PsArgs;
use crate::exit::say;
use crate::filter::{Filters, has_label};
use crate::format::{Format, Headings};
use crate::output::{print, print_json};
use crate::text::size;
use crate::when;

/// The table that is printed without a format.
const TABLE: &str = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";
const HEADINGS: Headings<'static> = &[
    ("ID", "CONTAINER ID"),
    ("RunningFor", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("LocalVolumes", "LOCAL VOLUMES"),
];
const FILTERS: [&str; 9] = ["ancestor", "before", "exited", "health", "id", "label", "name", "since", "status"];
const STATUSES: [&str; 6] = ["created", "running", "paused", "restarting", "exited", "dead"];
/// How much of a command is shown, in characters.
const COMMAND_MAX: usize = 20;

/// A container and how it is.
struct Row {
    container: Container,
    state: State,
    name: String,
}

/// Lists containers.
pub(crate) fn ps(args: &PsArgs) -> Result<u8> {
    let table = if args.size { format!("{TABLE}\t{{{{.Size}}}}") } else { TABLE.to_owned() };
    let format = Format::of_list(args.format.as_deref(), args.quiet, &table)?;
    let filters = Filters::parse(&args.filter, &FILTERS)?;
    filters.only("status", &STATUSES)?;
    filters.only("health", &["none", "starting", "healthy", "unhealthy"])?;
    let store = Store::open_default()?;
    let rows = chosen(&store, args, &filters)?;
    let now = when::now();
    let fields = |row: &Row| row.fields(args.no_trunc, args.size, now);
    if args.json {
        let rows: Vec<Value> = rows.iter().map(|row| row.fields(true, args.size, now)).collect();
        return print_json(&rows);
    }
    let rows: Vec<Value> = rows.iter().map(fields).collect();
    Ok(print(&format.render(&rows, HEADINGS)?))
}

/// The containers that the options leave, the newest first.
fn chosen(store: &Store, args: &PsArgs, filters: &Filters) -> Result<Vec<Row>> {
    let (all, damaged) = Container::all(store)?;
    for (id, error) in damaged {
        say(&format!("{}: {error}", short(&id)));
    }
    let made = |filter| -> Result<Vec<u64>> {
        filters.values(filter).map(|name| Ok(Container::find(store, name)?.record.created)).collect()
    };
    let (before, since) = (made("before")?, made("since")?);
    let names = filters.patterns("name")?;
    let most = if args.latest { Some(1) } else { args.last };
    let whatever = args.all
        || most.is_some()
        || filters.values("status").next().is_some()
        || filters.values("exited").next().is_some();
    let mut rows = Vec::new();
    for container in all {
        // One that is removed meanwhile is none.
        let (Ok(state), Ok(name)) = (container.state(), container.name()) else { continue };
        let row = Row { container, state, name };
        let created = row.container.record.created;
        let suits = (whatever || row.state.status.is_alive())
            && row.suits(filters)
            && (names.is_empty() || names.iter().any(|name| row.has_name(name)))
            && before.iter().all(|time| created < *time)
            && since.iter().all(|time| created > *time);
        if suits {
            rows.push(row);
        }
        if most.is_some_and(|most| rows.len() >= most) {
            break;
        }
    }
    Ok(rows)
}

impl Row {
    fn suits(&self, filters: &Filters) -> bool {
        let (record, labels) = (&self.container.record, self.container.record.labels());
        let status = self.state.status;
        let health = self.state.health.as_ref().map_or("none", |health| health.status.name());
        let ancestor = |image: &str| {
            let same = |text: &str| text == image || text.split_once(':').is_some_and(|(name, _)| name == image);
            let id = record.image_id.map(|id| id.hex()).unwrap_or_default();
            let wanted = image.trim_start_matches("sha256:");
            same(&record.image) || (wanted.len() >= 12 && id.starts_with(wanted))
        };
        filters.any("status", |wanted| wanted == status.name())
            && filters.any("health", |wanted| wanted == health)
            && filters.any("exited", |code| status == Status::Exited && code == self.state.exit_code.to_string())
            && filters.any("id", |id| self.container.id().starts_with(id))
            && filters.any("ancestor", ancestor)
            && filters.all("label", |wanted| has_label(&labels, wanted))
    }

    /// Whether the name is as a pattern has it, with a slash before it or not.
    fn has_name(&self, pattern: &Regex) -> bool {
        pattern.is_match(&self.name) || pattern.is_match(&format!("/{}", self.name))
    }

    fn fields(&self, whole: bool, sized: bool, now: u64) -> Value {
        let (container, state) = (&self.container, &self.state);
        let record = &container.record;
        let command = quoted(&record.argv());
        let command = match command.char_indices().nth(COMMAND_MAX - 1) {
            Some((end, _)) if !whole && command.chars().count() > COMMAND_MAX => {
                format!("{}…", command.get(..end).unwrap_or_default())
            }
            _ => command,
        };
        let created = record.created / 1_000_000_000;
        let labels: Vec<String> =
            container.record.labels().iter().map(|(key, value)| format!("{key}={value}")).collect();
        let written = if sized { size(container.written_bytes().unwrap_or_default()) } else { "0 B".into() };
        json!({
            "ID": if whole { container.id() } else { short(container.id()) },
            "Image": record.image,
            "Command": format!("\"{command}\""),
            "CreatedAt": when::go_time(record.created / 1_000_000_000),
            "RunningFor": ago(created, now),
            "Ports": "",
            "State": state.status.name(),
            "Status": status(state, now),
            "Size": written,
            "Names": self.name,
            "Labels": labels.join(","),
            "Mounts": record.spec.binds.iter().filter_map(|bind| bind.split(':').next()).collect::<Vec<_>>().join(","),
            "Networks": "none",
            "LocalVolumes": "0",
        })
    }
}

/// A command line in one text; docker has quotes around arguments with spaces.
fn quoted(argv: &[String]) -> String {
    let word = |(at, word): (usize, &String)| match at > 0 && word.contains(' ') {
        true => format!("'{word}'"),
        false => word.clone(),
    };
    argv.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// How long ago something was, in docker's words.
fn ago(then: u64, now: u64) -> String {
    format!("{} ago", when::took(now.saturating_sub(then)))
}

/// How a container is, in docker's words.
pub(crate) fn status(state: &State, now: u64) -> String {
    let since = |nanos: u64| when::took(now.saturating_sub(nanos / 1_000_000_000));
    match state.status {
        Status::Created => "Created".into(),
        Status::Running => {
            let health = state.health.as_ref().map(|health| match health.status {
                HealthStatus::Starting => " (health: starting)",
                HealthStatus::Healthy => " (healthy)",
                HealthStatus::Unhealthy => " (unhealthy)",
            });
            format!("Up {}{}", since(state.started), health.unwrap_or_default())
        }
        Status::Paused => format!("Up {} (Paused)", since(state.started)),
        Status::Restarting => format!("Restarting ({}) {} ago", state.exit_code, since(state.finished)),
        Status::Exited => format!("Exited ({}) {} ago", state.exit_code, since(state.finished)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_as_docker_does() {
        let state = |status| State {
            status,
            started: 1_000_000_000,
            finished: 61_000_000_000,
            exit_code: 3,
            ..State::default()
        };
        for (status_, text) in [
            (Status::Created, "Created"),
            (Status::Running, "Up 2 minutes"),
            (Status::Paused, "Up 2 minutes (Paused)"),
            (Status::Exited, "Exited (3) About a minute ago"),
            (Status::Restarting, "Restarting (3) About a minute ago"),
        ] {
            assert_eq!(status(&state(status_), 121), text);
        }
        assert_eq!((ago(5, 5), ago(5, 6)), ("Less than a second ago".into(), "1 second ago".into()));
    }
}
