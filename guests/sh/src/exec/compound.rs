//! `if`, loops, `case`, and compound commands with redirections.

use crate::expand::pattern;
use crate::flavour;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::{Branch, BranchEnd, Command, Redirect, Word};

impl Shell {
    #[inline(never)]
    pub(super) fn eval_if(
        &mut self,
        condition: &Command,
        then: &Command,
        otherwise: Option<&Command>,
        last: bool,
    ) -> Flow {
        self.eval_tested(condition)?;
        if self.status == 0 {
            return self.eval(then, last);
        }
        match otherwise {
            Some(otherwise) => self.eval(otherwise, last),
            None => {
                self.status = 0;
                Ok(())
            }
        }
    }

    #[inline(never)]
    pub(super) fn eval_while(&mut self, condition: &Command, body: &Command, until: bool) -> Flow {
        self.loops += 1;
        let mut status = 0;
        let flow = loop {
            let tested = self.eval_tested(condition);
            match self.loop_step(tested) {
                Step::Next => {}
                Step::Again => continue,
                Step::Done => break Ok(()),
                Step::Leave(unwind) => break Err(unwind),
            }
            if (self.status == 0) == until {
                self.status = status;
                break Ok(());
            }
            let flow = self.eval(body, false);
            status = self.status;
            match self.loop_step(flow) {
                Step::Next | Step::Again => {}
                Step::Done => break Ok(()),
                Step::Leave(unwind) => break Err(unwind),
            }
        };
        self.loops -= 1;
        flow
    }

    #[inline(never)]
    pub(super) fn eval_for(&mut self, name: &[u8], words: Option<&[Word]>, body: &Command) -> Flow {
        if flavour::is_bash() && !crate::syntax::is_name(name) {
            self.fail(&[b"`", name, b"': not a valid identifier"].concat());
            return Ok(());
        }
        let mut values = Vec::new();
        match words {
            Some(words) => self.expand_words(words, &mut values)?,
            None => values.clone_from(&self.params),
        }
        if values.is_empty() {
            self.status = 0;
        }
        self.loops += 1;
        let mut flow = Ok(());
        for value in values {
            if flavour::is_bash() {
                flow = self.trace_round(name, words);
            }
            if flow.is_ok() {
                flow = self.assign(name, value);
            }
            if flow.is_err() {
                break;
            }
            let step = self.eval(body, false);
            match self.loop_step(step) {
                Step::Next | Step::Again => {}
                Step::Done => break,
                Step::Leave(unwind) => {
                    flow = Err(unwind);
                    break;
                }
            }
        }
        self.loops -= 1;
        flow
    }

    /// What a loop does after a part of it.
    pub(crate) fn loop_step(&mut self, flow: Flow) -> Step {
        match flow {
            Ok(()) => Step::Next,
            Err(Unwind::Break(0 | 1)) => Step::Done,
            Err(Unwind::Break(levels)) => Step::Leave(Unwind::Break(levels - 1)),
            Err(Unwind::Continue(0 | 1)) => Step::Again,
            Err(Unwind::Continue(levels)) => Step::Leave(Unwind::Continue(levels - 1)),
            Err(unwind) => Step::Leave(unwind),
        }
    }

    #[inline(never)]
    pub(super) fn eval_case(&mut self, word: &Word, branches: &[Branch], last: bool) -> Flow {
        let text = self.expand_string(word)?;
        if flavour::is_bash() {
            return self.eval_case_in_bash(&text, branches, last);
        }
        for branch in branches {
            for word in &branch.patterns {
                let pattern = self.expand_pattern(word)?;
                if pattern::matches(&pattern, &text) {
                    return match &branch.body {
                        Some(body) => self.eval(body, last),
                        None => {
                            self.status = 0;
                            Ok(())
                        }
                    };
                }
            }
        }
        self.status = 0;
        Ok(())
    }

    /// As the end of [`Self::eval_case`], with branches that others come behind.
    fn eval_case_in_bash(&mut self, text: &[u8], branches: &[Branch], last: bool) -> Flow {
        let style = self.pattern_style(false);
        let mut through = false;
        self.status = 0;
        for branch in branches {
            let mut matches = core::mem::take(&mut through);
            for word in &branch.patterns {
                if matches {
                    break;
                }
                let pattern = self.expand_pattern(word)?;
                matches = style.matches(&pattern, text);
            }
            if !matches {
                continue;
            }
            match &branch.body {
                Some(body) => self.eval(body, last && branch.end == BranchEnd::Stop)?,
                None => self.status = 0,
            }
            match branch.end {
                BranchEnd::Stop => return Ok(()),
                BranchEnd::Through => through = true,
                BranchEnd::Test => {}
            }
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn eval_redirected(&mut self, body: &Command, redirects: &[Redirect]) -> Flow {
        let process_fds = self.process_fds.len();
        let Some(saved) = self.redirect(redirects)? else {
            self.status = flavour::current().redirect_failure();
            return Ok(());
        };
        let flow = self.eval(body, false);
        self.restore(saved);
        if flavour::is_bash() && self.process_fds.len() > process_fds {
            self.close_process_fds(process_fds);
        }
        flow
    }
}

/// What a loop does after a part of it.
pub(crate) enum Step {
    Next,
    Again,
    Done,
    Leave(Unwind),
}
