//! What the store of a component holds.

use rand::SeedableRng;
use rand::rngs::StdRng;
use wasmtime::Result;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::fault::Fault;
use super::process::Process;
use crate::memory::MemoryUse;

/// A component's process, what it has handles of, and its context: what the kernel knows of it at its start.
pub(crate) struct View {
    pub(super) process: Process,
    pub(super) table: ResourceTable,
    pub(super) memory: MemoryUse,
    context: WasiCtx,
}

impl WasiView for View {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.context, table: &mut self.table }
    }
}

/// Strings of a component are text; bytes that are none are replaced.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A variable's name and value.
fn variable(entry: &[u8]) -> Option<(String, String)> {
    let (name, value) = entry.split_at(entry.iter().position(|byte| *byte == b'=')?);
    Some((text(name), text(value.get(1..)?)))
}

impl View {
    /// The state of a component that starts in this process.
    pub(super) fn new(process: Process, memory: MemoryUse) -> Result<Self> {
        let argv =
            process.call("wasi:cli/environment.get-arguments", &(), |kernel, pid| Ok(kernel.argv(pid)?.to_vec()));
        let envp =
            process.call("wasi:cli/environment.get-environment", &(), |kernel, pid| Ok(kernel.envp(pid)?.to_vec()));
        let args: Vec<String> = argv.map_err(Fault::into_trap)?.iter().map(|argument| text(argument)).collect();
        let envs: Vec<_> = envp.map_err(Fault::into_trap)?.iter().filter_map(|entry| variable(entry)).collect();
        let mut context = WasiCtx::builder();
        context.args(&args).envs(&envs);
        // There is none when the directory was removed.
        if let Ok(path) = process.call("wasi:cli/environment.initial-cwd", &(), |kernel, pid| kernel.getcwd(pid)) {
            context.initial_cwd(text(&path));
        }
        context
            .secure_random(StdRng::from_seed(seed(&process)?))
            .insecure_random(StdRng::from_seed(seed(&process)?))
            .insecure_random_seed(u128::from_le_bytes(seed(&process)?));
        Ok(Self { context: context.build(), process, table: ResourceTable::new(), memory })
    }
}

/// Bytes of the kernel's randomness, which all of a component's comes from.
fn seed<const N: usize>(process: &Process) -> Result<[u8; N]> {
    let fill = process.call("wasi:random/seed", &(), |kernel, _| {
        let mut bytes = [0; N];
        kernel.random(&mut bytes);
        Ok(bytes)
    });
    fill.map_err(Fault::into_trap)
}
