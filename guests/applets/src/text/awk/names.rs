//! Where the names of a program lead: variables, parameters, functions; and which parameters are arrays.

use std::collections::HashMap;

use super::ast::{Expr, Function, Name, Program, SPECIAL};

/// The names seen so far.
#[derive(Debug)]
pub(super) struct Names {
    globals: HashMap<Vec<u8>, u32>,
    functions: HashMap<Vec<u8>, usize>,
    /// The function that is being read, and its parameters.
    current: Option<(usize, Vec<Vec<u8>>)>,
    /// Parameters handed on: caller and its parameter, callee and its parameter.
    handed: Vec<((usize, usize), (usize, usize))>,
    defined: Vec<usize>,
    /// Parameters that are used as arrays.
    arrays: Vec<(usize, usize)>,
}

impl Names {
    /// The names that are there before the program.
    pub(super) fn new(program: &mut Program) -> Self {
        let mut names = Self {
            globals: HashMap::new(),
            functions: HashMap::new(),
            current: None,
            handed: Vec::new(),
            defined: Vec::new(),
            arrays: Vec::new(),
        };
        for name in SPECIAL {
            names.global(program, name.as_bytes());
        }
        names
    }

    /// As [`Self::new`], with the names that the arguments and the environment have.
    pub(super) fn for_awk(program: &mut Program) -> Self {
        let mut names = Self::new(program);
        for name in ["ARGC", "ARGV", "ENVIRON"] {
            names.global(program, name.as_bytes());
        }
        names
    }

    /// A function that is called and not defined.
    pub(super) fn undefined(&self) -> Option<&[u8]> {
        let mut missing: Vec<_> = self.functions.iter().filter(|(_, number)| !self.defined.contains(number)).collect();
        missing.sort_by_key(|(_, number)| **number);
        missing.first().map(|(name, _)| name.as_slice())
    }

    /// The place of a global variable.
    pub(super) fn global(&mut self, program: &mut Program, name: &[u8]) -> u32 {
        if let Some(place) = self.globals.get(name) {
            return *place;
        }
        let place = program.globals.len() as u32;
        program.globals.push(name.to_vec());
        self.globals.insert(name.to_vec(), place);
        place
    }

    fn parameter(&self, name: &[u8]) -> Option<u32> {
        // Of two parameters with one name the later one is meant.
        let (_, parameters) = self.current.as_ref()?;
        parameters.iter().rposition(|parameter| parameter == name).map(|at| at as u32)
    }

    /// Whether the name is a parameter of the function that is being read.
    pub(super) fn is_parameter(&self, name: &[u8]) -> bool {
        self.parameter(name).is_some()
    }

    /// What a name means.
    pub(super) fn variable(&mut self, program: &mut Program, name: &[u8]) -> Name {
        match self.parameter(name) {
            Some(place) => Name::Local(place),
            None => Name::Global(self.global(program, name)),
        }
    }

    /// What a name means that is used as an array.
    pub(super) fn array(&mut self, program: &mut Program, name: &[u8]) -> Name {
        let name = self.variable(program, name);
        self.note_array(name);
        name
    }

    /// Notes that a name is used as an array.
    pub(super) fn note_array(&mut self, name: Name) {
        if let (Name::Local(place), Some((function, _))) = (name, &self.current) {
            self.arrays.push((*function, place as usize));
        }
    }

    /// The number of a function, which need not be defined yet.
    pub(super) fn function(&mut self, program: &mut Program, name: &[u8]) -> usize {
        if let Some(function) = self.functions.get(name) {
            return *function;
        }
        program.functions.push(Function::default());
        let function = program.functions.len() - 1;
        self.functions.insert(name.to_vec(), function);
        function
    }

    /// Begins a function's definition; `None` when there is one already.
    pub(super) fn define(&mut self, program: &mut Program, name: &[u8], parameters: Vec<Vec<u8>>) -> Option<usize> {
        let function = self.function(program, name);
        if self.defined.contains(&function) {
            return None;
        }
        self.defined.push(function);
        program.functions[function].arrays = vec![false; parameters.len()];
        self.current = Some((function, parameters));
        Some(function)
    }

    /// Ends a function's definition.
    pub(super) fn leave(&mut self) {
        self.current = None;
    }

    /// Notes which parameters of the current function a call hands on.
    pub(super) fn note_call(&mut self, callee: usize, arguments: &[Expr]) {
        let Some((caller, _)) = &self.current else { return };
        for (at, argument) in arguments.iter().enumerate() {
            if let Expr::Variable(Name::Local(place)) = argument {
                self.handed.push(((*caller, *place as usize), (callee, at)));
            }
        }
    }

    /// Works out which parameters are arrays, by use or because they are handed on as one.
    pub(super) fn finish(self, program: &mut Program) {
        let mut pending = self.arrays;
        while let Some((function, parameter)) = pending.pop() {
            let Some(is_array) = program.functions.get_mut(function).and_then(|f| f.arrays.get_mut(parameter)) else {
                continue;
            };
            if !core::mem::replace(is_array, true) {
                let callers = self.handed.iter().filter(|(_, to)| *to == (function, parameter));
                pending.extend(callers.map(|(from, _)| *from));
            }
        }
    }
}
