//! The files of container-structure-test, schema 2.0.0.

use serde::Deserialize;

/// A file of tests. What wcr does not test is an unknown field, and so refused by name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Suite {
    pub(super) schema_version: String,
    #[serde(default)]
    pub(super) global_env_vars: Vec<Variable>,
    #[serde(default)]
    pub(super) container_run_options: RunOptions,
    #[serde(default)]
    pub(super) command_tests: Vec<CommandTest>,
    #[serde(default)]
    pub(super) file_existence_tests: Vec<ExistenceTest>,
    #[serde(default)]
    pub(super) file_content_tests: Vec<ContentTest>,
    pub(super) metadata_test: Option<MetadataTest>,
    #[serde(default)]
    pub(super) license_tests: Vec<LicenseTest>,
}

/// A variable or a label.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Variable {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
    #[serde(default)]
    pub(super) is_regex: bool,
}

/// How the containers of commands are started.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RunOptions {
    pub(super) user: Option<String>,
    #[serde(default)]
    pub(super) allocate_tty: bool,
    #[serde(default)]
    pub(super) privileged: bool,
    #[serde(default)]
    pub(super) capabilities: Vec<String>,
    pub(super) env_file: Option<String>,
    #[serde(default)]
    pub(super) env_vars: Vec<String>,
    #[serde(default)]
    pub(super) bind_mounts: Vec<String>,
}

/// Files that are looked at for licenses.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LicenseTest {
    #[serde(default)]
    pub(super) debian: bool,
    #[serde(default)]
    pub(super) files: Vec<String>,
}

/// A command, and what it has to print.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CommandTest {
    pub(super) name: String,
    #[serde(default)]
    pub(super) setup: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) teardown: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) env_vars: Vec<Variable>,
    pub(super) command: String,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default)]
    pub(super) exit_code: u8,
    #[serde(default)]
    pub(super) expected_output: Vec<String>,
    #[serde(default)]
    pub(super) excluded_output: Vec<String>,
    #[serde(default)]
    pub(super) expected_error: Vec<String>,
    #[serde(default)]
    pub(super) excluded_error: Vec<String>,
}

/// A path that is there or not, and what its metadata are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExistenceTest {
    pub(super) name: String,
    pub(super) path: String,
    #[serde(default = "yes")]
    pub(super) should_exist: bool,
    pub(super) permissions: Option<String>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) is_executable_by: Option<Class>,
}

fn yes() -> bool {
    true
}

/// Whom a permission is for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Class {
    Owner,
    Group,
    Other,
    Any,
}

/// A file and what is in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ContentTest {
    pub(super) name: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) expected_contents: Vec<String>,
    #[serde(default)]
    pub(super) excluded_contents: Vec<String>,
}

/// What the image's configuration says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MetadataTest {
    #[serde(default, alias = "env")]
    pub(super) env_vars: Vec<Variable>,
    #[serde(default)]
    pub(super) unbound_env_vars: Vec<Variable>,
    #[serde(default)]
    pub(super) labels: Vec<Variable>,
    #[serde(default)]
    pub(super) exposed_ports: Vec<String>,
    #[serde(default)]
    pub(super) unexposed_ports: Vec<String>,
    #[serde(default)]
    pub(super) volumes: Vec<String>,
    #[serde(default)]
    pub(super) unmounted_volumes: Vec<String>,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) cmd: Option<Vec<String>>,
    pub(super) workdir: Option<String>,
    pub(super) user: Option<String>,
}
