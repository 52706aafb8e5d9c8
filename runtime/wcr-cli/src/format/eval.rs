//! A template over one value.

use serde_json::Value as Json;

use super::error::{Fault, Reason};
use super::function::Function;
use super::parse::{Command, Node, Operand, Pipeline, Source};
use super::value::{Value, sorted};
use super::{Headings, heading};
use crate::text::printable;

/// How the template is seen.
#[derive(Debug, Clone, Copy)]
pub(super) enum View<'a> {
    /// As lines: what values have of tabs and line ends is kept.
    Lines,
    /// As a row of a table, which tabs and line ends of values would break.
    Row,
    /// As the table's heading: fields are their headings.
    Heading(Headings<'a>),
}

/// Prints `nodes` with `root` as the dot.
pub(super) fn eval(nodes: &[Node], root: &Json, view: View<'_>) -> Result<String, Fault> {
    let root = Value::of(root);
    let mut evaluator = Evaluator { variables: vec![(String::new(), root.clone())], view, out: String::new() };
    evaluator.list(nodes, &root)?;
    Ok(evaluator.out)
}

/// Where it goes on after a part.
#[derive(PartialEq)]
enum Flow {
    Next,
    Break,
    Continue,
}

struct Evaluator<'a, 'v> {
    /// The variables with their values; the nameless one is the whole value.
    variables: Vec<(String, Value<'a>)>,
    view: View<'v>,
    out: String,
}

impl<'a> Evaluator<'a, '_> {
    fn list(&mut self, nodes: &[Node], dot: &Value<'a>) -> Result<Flow, Fault> {
        for node in nodes {
            let flow = self.node(node, dot)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, node: &Node, dot: &Value<'a>) -> Result<Flow, Fault> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Print(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    let text = printable(&value.print());
                    match self.view {
                        View::Row => self.out.push_str(&text.replace(['\t', '\n'], " ")),
                        View::Lines | View::Heading(_) => self.out.push_str(&text),
                    }
                }
            }
            Node::If { condition, then, otherwise } => {
                return self.scope(|this| {
                    let branch = if this.pipeline(condition, dot)?.is_true() { then } else { otherwise };
                    this.list(branch, dot)
                });
            }
            Node::With { value, then, otherwise } => {
                return self.scope(|this| {
                    let value = this.pipeline(value, dot)?;
                    if value.is_true() { this.list(then, &value) } else { this.list(otherwise, dot) }
                });
            }
            Node::Range { values, body, otherwise } => {
                return self.scope(|this| this.range(values, body, otherwise, dot));
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    /// What `part` does; the variables that it sets end with it.
    fn scope(&mut self, part: impl FnOnce(&mut Self) -> Result<Flow, Fault>) -> Result<Flow, Fault> {
        let known = self.variables.len();
        let flow = part(self);
        self.variables.truncate(known);
        flow
    }

    fn range(&mut self, values: &Pipeline, body: &[Node], otherwise: &[Node], dot: &Value<'a>) -> Result<Flow, Fault> {
        let at = values.commands.first().map_or(0, |command| command.at);
        let over = self.commands(values, dot)?;
        let elements: Vec<(Value<'a>, Value<'a>)> = match over.json() {
            Json::Null => Vec::new(),
            Json::Array(list) => {
                list.iter().cloned().map(Value::from).enumerate().map(|(index, value)| (index.into(), value)).collect()
            }
            Json::Object(map) => {
                sorted(map).into_iter().map(|(key, value)| (key.as_str().into(), value.clone().into())).collect()
            }
            Json::Number(_) if values.variables.len() > 1 => return Err(Fault { at, reason: Reason::NoKeys }),
            Json::Number(count) => {
                let count = count.as_u64().unwrap_or_default().min(1 << 16);
                (0..count).map(|number| (Json::from(number).into(), Json::from(number).into())).collect()
            }
            // A heading stands for all elements.
            Json::String(_) if matches!(self.view, View::Heading(_)) => vec![(0.into(), over.clone())],
            Json::String(_) | Json::Bool(_) => return Err(Fault { at, reason: Reason::NotIterable(over.kind()) }),
        };
        if elements.is_empty() {
            return self.list(otherwise, dot);
        }
        for (key, value) in elements {
            let known = self.variables.len();
            let values_of = match values.variables.as_slice() {
                [one] => vec![(one, value.clone())],
                [one, two] => vec![(one, key), (two, value.clone())],
                _ => Vec::new(),
            };
            for (name, value) in values_of {
                self.set(name, value, values.assigns);
            }
            let flow = self.list(body, &value)?;
            self.variables.truncate(known);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    fn set(&mut self, name: &str, value: Value<'a>, assigns: bool) {
        match self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            Some((_, slot)) if assigns => *slot = value,
            _ => self.variables.push((name.to_owned(), value)),
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value<'a>) -> Result<Value<'a>, Fault> {
        let value = self.commands(pipeline, dot)?;
        for name in &pipeline.variables {
            self.set(name, value.clone(), pipeline.assigns);
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &Pipeline, dot: &Value<'a>) -> Result<Value<'a>, Fault> {
        let mut last = None;
        for command in &pipeline.commands {
            last = Some(self.command(command, last, dot)?);
        }
        Ok(last.unwrap_or(Value::MISSING))
    }

    fn command(&mut self, command: &Command, last: Option<Value<'a>>, dot: &Value<'a>) -> Result<Value<'a>, Fault> {
        let fault = |reason| Fault { at: command.at, reason };
        let Source::Function(function) = &command.first.source else {
            if command.arguments.is_empty() && last.is_none() {
                return self.operand(&command.first, dot);
            }
            let key = match command.arguments.first() {
                Some(argument) => self.operand(argument, dot)?,
                None => last.unwrap_or(Value::MISSING),
            };
            return match (&command.first.source, command.first.fields.as_slice()) {
                (Source::Dot, [name]) if name == "Label" => self.label(dot, &key).map_err(fault),
                _ => Err(fault(Reason::NotCallable)),
            };
        };
        let mut arguments = Vec::new();
        for operand in &command.arguments {
            let value = self.operand(operand, dot)?;
            let decides = match function {
                Function::And => !value.is_true(),
                Function::Or => value.is_true(),
                _ => false,
            };
            arguments.push(value);
            // What follows is not looked at: `and .State .State.Health` is to work without a state.
            if decides {
                return self.fields(command.first.at, arguments.pop().unwrap_or(Value::MISSING), &command.first.fields);
            }
        }
        arguments.extend(last);
        let value = match (self.view, arguments.first()) {
            (View::Heading(_), Some(text)) if function.is_for_looks() => text.clone(),
            // What is done with the values of a row need not make sense with headings.
            (View::Heading(_), Some(text)) => function.call(&arguments).unwrap_or_else(|_| text.clone()),
            _ => function.call(&arguments).map_err(fault)?,
        };
        self.fields(command.first.at, value, &command.first.fields)
    }

    fn operand(&mut self, operand: &Operand, dot: &Value<'a>) -> Result<Value<'a>, Fault> {
        let value = match &operand.source {
            Source::Dot => dot.clone(),
            Source::Constant(json) => json.clone().into(),
            Source::Variable(name) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                found.map_or(Value::MISSING, |(_, value)| value.clone())
            }
            Source::Function(function) => function.call(&[]).map_err(|reason| Fault { at: operand.at, reason })?,
            Source::Pipeline(pipeline) => self.commands(pipeline, dot)?,
        };
        self.fields(operand.at, value, &operand.fields)
    }

    fn fields(&self, at: usize, value: Value<'a>, names: &[String]) -> Result<Value<'a>, Fault> {
        if let (View::Heading(headings), Some(name)) = (self.view, names.last()) {
            return Ok(heading(headings, name).into());
        }
        names.iter().try_fold(value, |value, name| value.field(name)).map_err(|reason| Fault { at, reason })
    }

    /// docker's `.Label "KEY"`: the value of one label of a row, whose field `Labels` has them as `KEY=VALUE,…`.
    fn label(&self, dot: &Value<'a>, key: &Value<'a>) -> Result<Value<'a>, Reason> {
        let wrong = || Reason::Kind { function: ".Label", wanted: "a text", kind: key.kind() };
        let key = key.text().ok_or_else(wrong)?;
        if let View::Heading(_) = self.view {
            return Ok(key.rsplit('.').next().unwrap_or(key).to_uppercase().into());
        }
        let labels = dot.clone().field("Labels")?;
        if let Some(text) = labels.text() {
            let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
            let found = pairs.into_iter().find(|(name, _)| *name == key);
            return Ok(found.map_or("", |(_, value)| value).to_owned().into());
        }
        labels.element(&key.into())
    }
}
