//! What is wrong in a rule, before it is known where in the file that stands.

use super::scan::Step;
use crate::diagnostic::Code;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) code: Code,
    /// From the registration to the key or value that is meant; empty: the rule as a whole.
    pub(super) path: Vec<Step>,
    pub(super) message: String,
    pub(super) help: String,
}

impl Wrong {
    pub(super) fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, path: Vec::new(), message: message.into(), help: help.into() }
    }

    /// A value.
    pub(super) fn of(mut self, key: &str) -> Self {
        self.path.push(Step::Key(key.to_owned()));
        self
    }

    /// An item of a list.
    pub(super) fn item(mut self, index: usize) -> Self {
        self.path.push(Step::Item(index));
        self
    }

    /// A key itself.
    pub(super) fn key(self, key: &str) -> Self {
        let mut wrong = self.of(key);
        wrong.path.push(Step::Name);
        wrong
    }

    /// Inside the value of another key.
    pub(super) fn inside(mut self, key: &str) -> Self {
        self.path.insert(0, Step::Key(key.to_owned()));
        self
    }
}
