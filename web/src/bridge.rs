//! The modules that connect a guest with the kernel, wasm to wasm, made for what the guest imports.
//!
//! A guest needs its imports when it is instantiated, and the bridge needs the guest's memory. So a process has
//! three instances: a *trampoline*, whose functions go through a table of its own; the guest, which imports
//! them; and the *bridge*, which fills that table. The bridge also puts into the kernel's table how the kernel
//! gets at the guest's memory; see [`crate::window`].
//!
//! A function of the bridge calls the kernel's function of that call (through the kernel's table) with the
//! process's number, its window and the call's arguments, and goes by the answer; see [`answer`].

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalType, ImportSection, Instruction, MemArg, MemArgTarget, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

use crate::window::SLOTS;

/// What a kernel function answers the bridge: an error number below [`answer::SPECIAL`], or one of these.
pub(crate) mod answer {
    /// From here on an answer is not only an error number.
    pub(crate) const SPECIAL: u32 = 0x1_0000;
    /// A flag beside the error number: let the page catch up with the output before the guest goes on.
    pub(crate) const PAUSE: u32 = SPECIAL;
    /// The process waits: suspend it, then make the call again.
    pub(crate) const BLOCK: u32 = 0x2_0000;
    /// The process has ended or got another program: the guest is left by a trap.
    pub(crate) const LEAVE: u32 = 0x4_0000;
}

/// The argument of the suspending import.
mod suspension {
    /// The process waits for the kernel to list it as ready.
    pub(super) const WAIT: i32 = 0;
    /// The process goes on at once when the page has caught up; nobody else runs meanwhile.
    pub(super) const PAUSE: i32 = 1;
}

/// A guest call, as the bridge sees it.
#[derive(Debug, Clone)]
pub(crate) struct GuestCall {
    /// The module it is imported from.
    pub(crate) module: &'static str,
    /// Its name there.
    pub(crate) name: &'static str,
    /// The types of its arguments.
    pub(crate) params: Vec<ValType>,
    /// Whether it gives the guest an error number; else it does not return.
    pub(crate) returns: bool,
    /// Whether it may answer [`answer::BLOCK`].
    pub(crate) waits: bool,
    /// The kernel's function: an index of its table. It takes the process's number, the window, whether the
    /// call is made again, and the arguments.
    pub(crate) function: u32,
}

impl GuestCall {
    fn results(&self) -> &'static [ValType] {
        if self.returns { &[ValType::I32] } else { &[] }
    }

    fn kernel_params(&self) -> Vec<ValType> {
        [&[ValType::I32; 3], self.params.as_slice()].concat()
    }
}

/// The trampoline of a guest that imports `calls`, in this order: it exports a function for each, named by its
/// number, and its `table`.
pub(crate) fn trampoline(calls: &[&GuestCall]) -> Vec<u8> {
    let count = calls.len() as u32;
    let (mut types, mut functions, mut exports, mut code) = Default::default();
    let (types, functions): (&mut TypeSection, &mut FunctionSection) = (&mut types, &mut functions);
    let (exports, code): (&mut ExportSection, &mut CodeSection) = (&mut exports, &mut code);
    for (number, call) in (0..count).zip(calls) {
        types.ty().function(call.params.iter().copied(), call.results().iter().copied());
        functions.function(number);
        exports.export(&number.to_string(), ExportKind::Func, number);
        let mut body = Function::new([]);
        for argument in 0..call.params.len() as u32 {
            body.instruction(&Instruction::LocalGet(argument));
        }
        body.instruction(&Instruction::I32Const(number as i32));
        body.instruction(&Instruction::CallIndirect { type_index: number, table_index: 0 });
        body.instruction(&Instruction::End);
        code.function(&body);
    }
    exports.export("table", ExportKind::Table, 0);
    let mut tables = TableSection::new();
    tables.table(functions_table(count, Some(count)));
    let mut module = Module::new();
    module.section(types).section(functions).section(&tables).section(exports).section(code);
    module.finish()
}

/// The bridge of a guest that imports `calls`.
///
/// It imports, all from the module `wcr`: `kernel_memory`, `guest_memory`, `kernel_table`, `trampoline_table`,
/// the function `block(why)`, and the constants `pid` and `window`.
pub(crate) fn bridge(calls: &[&GuestCall]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    types.ty().function([ValType::I32; 3], []);
    types.ty().function([], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(type_index::COPY).function(type_index::COPY).function(type_index::PAGES);
    let mut code = CodeSection::new();
    code.function(&copy_body(memory::GUEST, memory::KERNEL));
    code.function(&copy_body(memory::KERNEL, memory::GUEST));
    code.function(&pages_body());
    for (call, at) in calls.iter().zip((type_index::CALLS..).step_by(2)) {
        types.ty().function(call.params.iter().copied(), call.results().iter().copied());
        types.ty().function(call.kernel_params(), [ValType::I32]);
        functions.function(at);
        code.function(&call_body(call, at + 1));
    }
    let first = 1 + SLOTS;
    let calls: Vec<u32> = (first..).take(calls.len()).collect();
    let mut elements = ElementSection::new();
    elements.active(Some(table::TRAMPOLINE), &ConstExpr::i32_const(0), Elements::Functions(calls.as_slice().into()));
    let window: Vec<u32> = (1..first).collect();
    elements.active(
        Some(table::KERNEL),
        &ConstExpr::global_get(global::WINDOW),
        Elements::Functions(window.as_slice().into()),
    );
    let mut module = Module::new();
    module.section(&types).section(&imports(calls.len() as u32)).section(&functions).section(&elements).section(&code);
    module.finish()
}

mod type_index {
    pub(super) const BLOCK: u32 = 0;
    pub(super) const COPY: u32 = 1;
    pub(super) const PAGES: u32 = 2;
    /// From here on two for each call: the guest's and the kernel's.
    pub(super) const CALLS: u32 = 3;
}

mod memory {
    pub(super) const KERNEL: u32 = 0;
    pub(super) const GUEST: u32 = 1;
}

mod table {
    pub(super) const KERNEL: u32 = 0;
    pub(super) const TRAMPOLINE: u32 = 1;
}

mod global {
    pub(super) const PID: u32 = 0;
    pub(super) const WINDOW: u32 = 1;
}

/// The one function that the bridge imports.
const BLOCK: u32 = 0;

fn imports(calls: u32) -> ImportSection {
    let memory = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    let constant = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
    let items: [(&str, EntityType); 7] = [
        ("kernel_memory", memory.into()),
        ("guest_memory", memory.into()),
        ("kernel_table", functions_table(0, None).into()),
        ("trampoline_table", functions_table(calls, Some(calls)).into()),
        ("block", EntityType::Function(type_index::BLOCK)),
        ("pid", constant.into()),
        ("window", constant.into()),
    ];
    let mut imports = ImportSection::new();
    for (name, item) in items {
        imports.import("wcr", name, item);
    }
    imports
}

fn functions_table(minimum: u32, maximum: Option<u32>) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: minimum.into(),
        maximum: maximum.map(u64::from),
        shared: false,
    }
}

/// `copy(from, to, length)` from one memory to another. Most copies are of single numbers, for which the browser's
/// own copying costs more than the rest of a call.
fn copy_body(from: u32, to: u32) -> Function {
    let at = |memory| MemArg { offset: 0, align: 0, target: MemArgTarget::Memory(memory), ordering: None };
    let numbers = [
        (1, Instruction::I32Load8U(at(from)), Instruction::I32Store8(at(to))),
        (4, Instruction::I32Load(at(from)), Instruction::I32Store(at(to))),
        (8, Instruction::I64Load(at(from)), Instruction::I64Store(at(to))),
    ];
    let mut body = Function::new([]);
    let mut put = |instructions: &[Instruction<'_>]| {
        for instruction in instructions {
            body.instruction(instruction);
        }
    };
    for (length, load, store) in numbers {
        put(&[Instruction::LocalGet(2), Instruction::I32Const(length), Instruction::I32Eq]);
        put(&[Instruction::If(BlockType::Empty), Instruction::LocalGet(1), Instruction::LocalGet(0)]);
        put(&[load, store, Instruction::Return, Instruction::End]);
    }
    put(&[
        Instruction::LocalGet(1),
        Instruction::LocalGet(0),
        Instruction::LocalGet(2),
        Instruction::MemoryCopy { src_mem: from, dst_mem: to },
        Instruction::End,
    ]);
    body
}

fn pages_body() -> Function {
    let mut body = Function::new([]);
    body.instruction(&Instruction::MemorySize(memory::GUEST));
    body.instruction(&Instruction::End);
    body
}

/// A call: asks the kernel until the answer is no [`answer::BLOCK`].
fn call_body(call: &GuestCall, kernel_type: u32) -> Function {
    let params = call.params.len() as u32;
    let (again, result) = (params, params + 1);
    let mut body = Function::new([(2, ValType::I32)]);
    let mut put = |instructions: &[Instruction<'_>]| {
        for instruction in instructions {
            body.instruction(instruction);
        }
    };
    put(&[
        Instruction::Loop(BlockType::Empty),
        Instruction::GlobalGet(global::PID),
        Instruction::GlobalGet(global::WINDOW),
        Instruction::LocalGet(again),
    ]);
    for argument in 0..params {
        put(&[Instruction::LocalGet(argument)]);
    }
    put(&[
        Instruction::I32Const(call.function as i32),
        Instruction::CallIndirect { type_index: kernel_type, table_index: table::KERNEL },
        Instruction::LocalSet(result),
    ]);
    if call.returns {
        put(&[
            Instruction::LocalGet(result),
            Instruction::I32Const(answer::SPECIAL as i32),
            Instruction::I32LtU,
            Instruction::If(BlockType::Empty),
            Instruction::LocalGet(result),
            Instruction::Return,
            Instruction::End,
        ]);
    }
    put(&[
        Instruction::LocalGet(result),
        Instruction::I32Const(answer::LEAVE as i32),
        Instruction::I32And,
        Instruction::If(BlockType::Empty),
        Instruction::Unreachable,
        Instruction::End,
    ]);
    if call.waits {
        put(&[
            Instruction::LocalGet(result),
            Instruction::I32Const(answer::BLOCK as i32),
            Instruction::I32And,
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(suspension::WAIT),
            Instruction::Call(BLOCK),
            Instruction::I32Const(1),
            Instruction::LocalSet(again),
            Instruction::Br(1),
            Instruction::End,
        ]);
    }
    if call.returns {
        put(&[
            Instruction::I32Const(suspension::PAUSE),
            Instruction::Call(BLOCK),
            Instruction::LocalGet(result),
            Instruction::I32Const(answer::SPECIAL as i32 - 1),
            Instruction::I32And,
            Instruction::Return,
        ]);
    }
    put(&[Instruction::End, Instruction::Unreachable, Instruction::End]);
    body
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload, Validator};

    use super::*;
    use crate::calls;

    fn valid(module: &[u8]) {
        if let Err(error) = Validator::new().validate_all(module) {
            panic!("{error}");
        }
    }

    fn names(module: &[u8]) -> (Vec<String>, Vec<String>) {
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ImportSection(section) => {
                    imports.extend(section.into_imports().map(|import| import.unwrap().name.to_owned()));
                }
                Payload::ExportSection(section) => {
                    exports.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
                }
                _ => {}
            }
        }
        (imports, exports)
    }

    #[test]
    fn the_modules_for_every_guest_are_valid() {
        let all = calls::all();
        let every: Vec<&GuestCall> = all.iter().collect();
        for wanted in [&every[..], &every[..1], &[]] {
            valid(&trampoline(wanted));
            valid(&bridge(wanted));
        }
    }

    #[test]
    fn a_trampoline_has_what_the_guest_imports_and_nothing_else() {
        let all = calls::all();
        let import = |module: &str, name: &str| (module.to_owned(), name.to_owned());
        let imports = [
            import("wcr_v1", "path_open"),
            import("wasi_snapshot_preview1", "proc_exit"),
            import("wasi_snapshot_preview1", "path_open"),
            import("env", "path_open"),
        ];
        let wanted = calls::wanted(&all, &imports);
        let found: Vec<_> = wanted.iter().map(|call| (call.module, call.name)).collect();
        assert_eq!(
            found,
            [("wasi_snapshot_preview1", "path_open"), ("wcr_v1", "path_open"), ("wasi_snapshot_preview1", "proc_exit")]
        );
        assert_eq!(names(&trampoline(&wanted)).1, ["0", "1", "2", "table"]);
        let expected = ["kernel_memory", "guest_memory", "kernel_table", "trampoline_table", "block", "pid", "window"];
        assert_eq!(names(&bridge(&wanted)).0, expected);
    }
}
