//! `true` and `false`: nothing but an exit code.

use crate::{Applet, Help};

/// `true`.
pub const TRUE: Applet = Applet::new("true", "", |_| Ok(0)).with_help(Help::Operand(""));

/// `false`.
pub const FALSE: Applet = Applet::new("false", "", |_| Ok(1)).with_help(Help::Operand(""));
