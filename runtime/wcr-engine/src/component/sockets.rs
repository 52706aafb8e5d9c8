//! `wasi:sockets`: a container has no network, and every call says so.
//!
//! The answers follow from the types of the functions that the component imports: no socket can be made,
//! so the functions that need one are never reached.

use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem, Type};
use wasmtime::component::{LinkerInstance, Resource, ResourceAny, ResourceType, Val};
use wasmtime::{Engine, Result, StoreContextMut, bail};

use super::view::View;

/// The package.
pub(super) const PACKAGE: &str = "wasi:sockets/";
/// The error of every function that has this one among its errors.
const REFUSED: &str = "not-supported";

/// The resources that the interfaces only use; they are defined where they belong.
const USED: [&str; 4] = ["error", "input-stream", "output-stream", "pollable"];

/// What a network, and each kind of socket, is: nothing.
struct Nothing;

/// Defines all that a component imports of one interface of the package.
pub(super) fn define(
    linker: &mut LinkerInstance<'_, View>,
    interface: &ComponentInstance,
    engine: &Engine,
) -> Result<()> {
    for (name, item) in interface.exports(engine) {
        match item.ty {
            ComponentItem::Resource(_) if USED.contains(&name) => {}
            ComponentItem::Resource(_) => linker.resource(name, ResourceType::host::<Nothing>(), |_, _| Ok(()))?,
            ComponentItem::ComponentFunc(_) => linker.func_new(name, answer)?,
            _ => {}
        }
    }
    Ok(())
}

fn answer(
    mut store: StoreContextMut<'_, View>,
    function: ComponentFunc,
    _arguments: &[Val],
    results: &mut [Val],
) -> Result<()> {
    for (result, kind) in results.iter_mut().zip(function.results()) {
        *result = match kind {
            Type::Own(_) => Val::Resource(ResourceAny::try_from_resource(Resource::<Nothing>::new_own(0), &mut store)?),
            Type::Result(kind) => match kind.err() {
                Some(Type::Enum(errors)) if errors.names().any(|name| name == REFUSED) => {
                    Val::Result(Err(Some(Box::new(Val::Enum(REFUSED.into())))))
                }
                _ => bail!("a socket is used, and there are none"),
            },
            _ => bail!("a socket is used, and there are none"),
        };
    }
    Ok(())
}
