//! Changes in hand over a view: what one request of a batch wants (`own`), over what the requests before it got
//! (`batch`), over the view. Reads see through all three, so that a batch decides as if one request came after the
//! other.

use std::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Changes, Direction, View, ViewError, Visit};

pub(crate) struct Layer<'a> {
    view: &'a View,
    batch: Changes,
    own: Changes,
}

impl<'a> Layer<'a> {
    pub(crate) fn over(view: &'a View) -> Self {
        Self { view, batch: Changes::new(), own: Changes::new() }
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, ViewError> {
        let value = match self.own.get(key).or_else(|| self.batch.get(key)) {
            Some(changed) => changed.clone(),
            None => self.view.get(key)?,
        };
        value.map(|value| parse(key, &value)).transpose()
    }

    pub(crate) fn put<T: Serialize>(&mut self, key: Vec<u8>, value: &T) -> Result<(), ViewError> {
        let bytes = serde_json::to_vec(value).map_err(|cause| unreadable(&key, &cause))?;
        self.own.insert(key, Some(bytes));
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.own.insert(key, None);
    }

    /// Bytes of the longest key and of the longest value among the changes of the present request.
    pub(crate) fn longest(&self) -> (usize, usize) {
        let lengths = |(key, value): (usize, usize), (k, v): (&Vec<u8>, &Option<Vec<u8>>)| {
            (key.max(k.len()), value.max(v.as_ref().map_or(0, Vec::len)))
        };
        self.own.iter().fold((0, 0), lengths)
    }

    /// The present request succeeded.
    pub(crate) fn keep(&mut self) {
        self.batch.append(&mut self.own);
    }

    /// The present request came to nothing.
    pub(crate) fn discard(&mut self) {
        self.own.clear();
    }

    pub(crate) fn into_changes(mut self) -> Changes {
        self.keep();
        self.batch
    }

    /// Like [`View::scan`], forward.
    pub(crate) fn scan(&self, from: &[u8], until: &[u8], visit: &mut Visit<'_>) -> Result<(), ViewError> {
        let mut changed = Changes::new();
        for changes in [&self.batch, &self.own] {
            let range = changes.range(from.to_vec()..until.to_vec());
            changed.extend(range.map(|(key, value)| (key.clone(), value.clone())));
        }
        let mut changed = changed.into_iter().peekable();
        let mut flow = ControlFlow::Continue(());
        self.view.scan(from, until, Direction::Forward, &mut |key, value| {
            while let Some((new, new_value)) = changed.next_if(|(new, _)| new.as_slice() < key) {
                flow = show(&new, new_value.as_deref(), visit);
                if flow.is_break() {
                    return flow;
                }
            }
            flow = match changed.next_if(|(new, _)| new.as_slice() == key) {
                Some((new, new_value)) => show(&new, new_value.as_deref(), visit),
                None => visit(key, value),
            };
            flow
        })?;
        while flow.is_continue() {
            let Some((key, value)) = changed.next() else { break };
            flow = show(&key, value.as_deref(), visit);
        }
        Ok(())
    }
}

fn show(key: &[u8], value: Option<&[u8]>, visit: &mut Visit<'_>) -> ControlFlow<()> {
    value.map_or(ControlFlow::Continue(()), |value| visit(key, value))
}

pub(crate) fn parse<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<T, ViewError> {
    serde_json::from_slice(value).map_err(|cause| unreadable(key, &cause))
}

fn unreadable(key: &[u8], cause: &serde_json::Error) -> ViewError {
    ViewError::Value { key: key.escape_ascii().to_string(), cause: cause.to_string() }
}
