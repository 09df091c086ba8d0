//! A trained model: texts in, labels with confidences out; and its bytes.

use super::calibration::Calibration;
use super::features::{Bag, Row, Vocabulary, key};
use super::report::Report;
use super::solver::Separator;
use super::train::Learnt;
use crate::digest::Digest;
use crate::text::{Analysis, pieces};
use crate::triage::Thousandths;

/// What a text is likely about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likely {
    pub label: String,
    /// So many of a thousand such choices are right.
    pub confidence: Thousandths,
    /// At or above the threshold from which on this label is right as often as was wanted.
    pub sure: bool,
}

/// A piece of the text and what it says for a label, in thousandths of a margin; negative against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub text: String,
    pub weight: Thousandths,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) label: usize,
    pub(super) confidence: Thousandths,
    pub(super) sure: bool,
}

/// The bytes are no model of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("不是本版本能读的模型，或者已经损坏")]
pub struct Unreadable;

pub struct Model {
    labels: Vec<String>,
    calibration: Calibration,
    report: Report,
    vocabulary: Vocabulary,
    /// By feature, the weights of all labels side by side.
    weights: Vec<f32>,
    biases: Vec<f32>,
    digest: Digest,
}

pub(super) struct Parts {
    pub(super) labels: Vec<String>,
    pub(super) calibration: Calibration,
    pub(super) report: Report,
    pub(super) learnt: Learnt,
}

/// Labels shown for a text.
const MOST_LIKELY: usize = 5;
/// What the bytes begin with: the format and its version.
const MAGIC: &[u8] = b"paidan model 1\n";

/// The part of the bytes that is JSON.
#[derive(serde::Serialize, serde::Deserialize)]
struct Head {
    labels: Vec<String>,
    calibration: Calibration,
    report: Report,
    features: usize,
}

impl Model {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { labels, calibration, report, learnt: Learnt { vocabulary, separators } } = parts;
        let features = 0..vocabulary.keys.len();
        let weights = features.flat_map(|feature| separators.iter().map(move |it| it.weights[feature])).collect();
        let biases = separators.iter().map(|it: &Separator| it.bias).collect();
        let digest = Digest::default();
        let mut model = Self { labels, calibration, report, vocabulary, weights, biases, digest };
        model.digest = Digest::of(&model.to_bytes());
        model
    }

    /// At most five labels, the likeliest first. A text without a single known piece is likely nothing.
    pub fn predict(&self, analysis: &Analysis) -> Vec<Likely> {
        let row = self.vocabulary.row(&Bag::of(analysis));
        if row.is_empty() {
            return Vec::new();
        }
        let likely = |choice: Choice| Likely {
            label: self.labels[choice.label].clone(),
            confidence: choice.confidence,
            sure: choice.sure,
        };
        self.calibration.ranked(&self.margins(&row)).into_iter().take(MOST_LIKELY).map(likely).collect()
    }

    /// The `most` pieces that say most for a label or against it, strongest first, ties by text.
    pub fn reasons(&self, analysis: &Analysis, label: &str, most: usize) -> Vec<Reason> {
        let Some(label) = self.labels.iter().position(|it| it == label) else { return Vec::new() };
        let row = self.vocabulary.row(&Bag::of(analysis));
        let mut found: Vec<Reason> = Vec::new();
        for piece in pieces(analysis) {
            let Some(feature) = self.vocabulary.number(key(piece.kind, piece.text)) else { continue };
            let Ok(at) = row.binary_search_by_key(&feature, |(feature, _)| *feature) else { continue };
            let weight = row[at].1 * self.weights[feature as usize * self.labels.len() + label] * 1_000.0;
            found.push(Reason { text: piece.text.to_owned(), weight: weight.round() as Thousandths });
        }
        found.sort_unstable_by(|a, b| b.weight.abs().cmp(&a.weight.abs()).then_with(|| a.text.cmp(&b.text)));
        found.dedup_by(|a, b| a.text == b.text);
        found.truncate(most);
        found
    }

    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Of its bytes.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    fn margins(&self, row: &Row) -> Vec<f32> {
        let mut margins = self.biases.clone();
        for (feature, value) in row {
            let from = *feature as usize * self.labels.len();
            let weights = &self.weights[from..from + self.labels.len()];
            margins.iter_mut().zip(weights).for_each(|(margin, weight)| *margin += value * weight);
        }
        margins
    }

    /// The format, a line of JSON (labels, calibration, report), then little-endian numbers: keys, worths, weights, biases.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Head {
            labels: self.labels.clone(),
            calibration: self.calibration.clone(),
            report: self.report.clone(),
            features: self.vocabulary.keys.len(),
        };
        let mut bytes = MAGIC.to_vec();
        // A head is strings and finite numbers: it always serialises.
        bytes.extend(serde_json::to_vec(&head).unwrap_or_default());
        bytes.push(b'\n');
        bytes.extend(self.vocabulary.keys.iter().flat_map(|key| key.to_le_bytes()));
        let numbers = self.vocabulary.worth.iter().chain(&self.weights).chain(&self.biases);
        bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
        bytes
    }

    /// # Errors
    /// The bytes are cut short, too long, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(Unreadable)?;
        let line = rest.iter().position(|byte| *byte == b'\n').ok_or(Unreadable)?;
        let Head { labels, calibration, report, features } =
            serde_json::from_slice(&rest[..line]).map_err(|_| Unreadable)?;
        let rest = &rest[line + 1..];
        let keys_end = features.checked_mul(8).ok_or(Unreadable)?;
        let (keys, numbers) = rest.split_at_checked(keys_end).ok_or(Unreadable)?;
        let weights = features.checked_mul(labels.len()).ok_or(Unreadable)?;
        let (keys, _) = keys.as_chunks::<8>();
        let (numbers, odd) = numbers.as_chunks::<4>();
        let keys: Vec<u64> = keys.iter().map(|it| u64::from_le_bytes(*it)).collect();
        let mut numbers: Vec<f32> = numbers.iter().map(|it| f32::from_le_bytes(*it)).collect();
        let whole = odd.is_empty()
            && Some(numbers.len()) == features.checked_add(weights).and_then(|it| it.checked_add(labels.len()))
            && calibration.fits(labels.len())
            && numbers.iter().all(|it| it.is_finite())
            && keys.is_sorted();
        if !whole {
            return Err(Unreadable);
        }
        let biases = numbers.split_off(features + weights);
        let weights = numbers.split_off(features);
        let vocabulary = Vocabulary { keys, worth: numbers };
        Ok(Self { labels, calibration, report, vocabulary, weights, biases, digest: Digest::of(bytes) })
    }
}
