//! One linear separator: L2-regularised squared hinge loss by dual coordinate descent (C.-J. Hsieh et al., "A Dual
//! Coordinate Descent Method for Large-scale Linear SVM", ICML 2008, algorithm 1). Deterministic: the order of visits is drawn from a fixed
//! sequence.

use super::features::Row;

/// Passes over the examples at most.
const MOST_PASSES: usize = 60;
/// Done when no example asks for a change bigger than this, as a difference of gradients.
const TOLERANCE: f32 = 0.05;

/// Examples with their features, and how much each feature counts for this label.
pub(super) struct Problem<'a> {
    pub(super) rows: &'a [&'a Row],
    /// True: an example of the label.
    pub(super) ours: &'a [bool],
    pub(super) scale: &'a [f32],
    /// The price of an example on the wrong side.
    pub(super) cost: f32,
}

/// Weights by feature, and the bias.
pub(super) struct Separator {
    pub(super) weights: Vec<f32>,
    pub(super) bias: f32,
}

impl Problem<'_> {
    pub(super) fn solve(&self) -> Separator {
        let diagonal = 0.5 / self.cost;
        let mut found = Separator { weights: vec![0.0; self.scale.len()], bias: 0.0 };
        let lengths: Vec<f32> = self.rows.iter().map(|row| self.length(row) + 1.0 + diagonal).collect();
        let mut duals = vec![0.0_f32; self.rows.len()];
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for _ in 0..MOST_PASSES {
            dice.shuffle(&mut order);
            let (mut highest, mut lowest) = (f32::MIN, f32::MAX);
            for &at in &order {
                let side = if self.ours[at] { 1.0 } else { -1.0 };
                let gradient = side * self.value(&found, self.rows[at]) - 1.0 + duals[at] * diagonal;
                let projected = if duals[at] == 0.0 { gradient.min(0.0) } else { gradient };
                (highest, lowest) = (highest.max(projected), lowest.min(projected));
                if projected.abs() > 1e-6 {
                    let before = duals[at];
                    duals[at] = (before - gradient / lengths[at]).max(0.0);
                    self.push(&mut found, self.rows[at], (duals[at] - before) * side);
                }
            }
            if highest - lowest <= TOLERANCE {
                break;
            }
        }
        // So that a text is judged by its own features alone.
        found.weights.iter_mut().zip(self.scale).for_each(|(weight, scale)| *weight *= scale);
        found
    }

    fn length(&self, row: &Row) -> f32 {
        row.iter().map(|(feature, value)| (value * self.scale[*feature as usize]).powi(2)).sum()
    }

    fn value(&self, found: &Separator, row: &Row) -> f32 {
        let each =
            |(feature, value): &(u32, f32)| value * self.scale[*feature as usize] * found.weights[*feature as usize];
        row.iter().map(each).sum::<f32>() + found.bias
    }

    fn push(&self, found: &mut Separator, row: &Row, by: f32) {
        for (feature, value) in row {
            found.weights[*feature as usize] += by * value * self.scale[*feature as usize];
        }
        found.bias += by;
    }
}

/// SplitMix64 (Steele et al., OOPSLA 2014): the order of visits must be the same everywhere and for ever.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            let place = (self.next() % (last as u64 + 1)) as usize;
            order.swap(last, place);
        }
    }
}
