//! Whether a request can be taken: everything that is wrong with it, each with the nearest name that would be right.

use super::{Error, FieldError, Missing};
use crate::diagnostic::nearest;
use crate::ticket::Request;
use crate::triage::{Release, Snapshot};

/// Bytes of title and text together.
const LONGEST_TEXT: usize = 64 * 1024;
/// Characters of every other field.
const LONGEST_FIELD: usize = 200;

pub(super) fn request(snapshot: &Snapshot, request: &Request) -> Result<(), Error> {
    let bytes = request.title.len() + request.text.len();
    if bytes > LONGEST_TEXT {
        return Err(Error::TextTooLarge { bytes, most: LONGEST_TEXT });
    }
    let mut wrong = Wrong::default();
    wrong.jurisdiction(snapshot, &request.jurisdiction);
    if request.title.trim().is_empty() && request.text.trim().is_empty() {
        wrong.add("text", "诉求文字是空的，请填写来件人的原话");
    }
    wrong.lengths(request);
    if let Some(Some(release)) = snapshot.releases.get(&request.jurisdiction) {
        wrong.names(release, request);
    }
    wrong.into_result()
}

/// A jurisdiction that exists.
pub(super) fn jurisdiction(snapshot: &Snapshot, name: &str) -> Result<(), Error> {
    let mut wrong = Wrong::default();
    wrong.jurisdiction(snapshot, name);
    wrong.into_result()
}

/// The release of a jurisdiction that a path or a query names.
pub(super) fn known<'a>(snapshot: &'a Snapshot, name: &str) -> Result<Option<&'a Release>, Error> {
    match snapshot.releases.get(name) {
        Some(release) => Ok(release.as_deref()),
        None if name.is_empty() => Err(Error::field("jurisdiction", needed(snapshot))),
        None => Err(Error::missing(Missing::Jurisdiction, name, nearest(name, names(snapshot)))),
    }
}

fn names(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    snapshot.releases.keys().map(String::as_str)
}

fn needed(snapshot: &Snapshot) -> String {
    format!("请写明辖区；{}", nearest("", names(snapshot)))
}

#[derive(Default)]
struct Wrong(Vec<FieldError>);

impl Wrong {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    fn jurisdiction(&mut self, snapshot: &Snapshot, name: &str) {
        if name.is_empty() {
            self.add("jurisdiction", needed(snapshot));
        } else if !snapshot.releases.contains_key(name) {
            self.add("jurisdiction", format!("没有辖区“{}”；{}", short(name), nearest(name, names(snapshot))));
        }
    }

    fn lengths(&mut self, request: &Request) {
        let requester = &request.requester;
        for (field, text) in [
            ("channel", &request.channel),
            ("section", &request.section),
            ("reference", &request.reference),
            ("requester.kind", &requester.kind),
            ("requester.name", &requester.name),
            ("requester.phone", &requester.phone),
            ("requester.id", &requester.id),
        ] {
            if text.chars().count() > LONGEST_FIELD {
                self.add(field, format!("最多{LONGEST_FIELD}字"));
            }
        }
    }

    fn names(&mut self, release: &Release, request: &Request) {
        let regulation = &release.regulation;
        for (field, what, given, known) in [
            ("channel", "渠道", &request.channel, &regulation.channels),
            ("section", "栏目", &request.section, &regulation.sections),
            ("category", "类别", &request.category, &regulation.categories),
            ("topic", "主题", &request.topic, &regulation.topics),
            ("requester.kind", "来件人类别", &request.requester.kind, &regulation.requesters),
        ] {
            if !given.is_empty() && !known.contains(given) {
                let help = nearest(given, known.iter().map(String::as_str));
                self.add(field, format!("{}没有{what}“{}”；{help}", regulation.name, short(given)));
            }
        }
    }

    fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
