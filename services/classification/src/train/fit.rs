//! Weights of hints: regressions of few numbers, the same every time.

use crate::{
    decide::hints,
    model::{logistic, softmax},
};

/// Steps of a regression; each is shortened by those before it.
const STEPS: usize = 800;
const STEP: f32 = 0.3;
/// How much large weights cost.
const DECAY: f32 = 1e-5;

/// Weights by which the logistic function of the hints' sum is the probability of yes.
pub(crate) fn yes_or_no<const N: usize>(cases: &[([f32; N], bool)], start: [f32; N]) -> [f32; N] {
    descend(start, |weights| {
        let mut gradient = [0.0; N];
        for (hints, is) in cases {
            let error = logistic(hints::sum(weights, hints)) - f32::from(u8::from(*is));
            gradient.iter_mut().zip(hints).for_each(|(g, h)| *g += error * h / cases.len() as f32);
        }
        gradient
    })
}

/// Weights by which the right one of several is the most probable; each case is the hints of all, which is right, and how much it
/// counts.
pub(crate) fn one_of<const N: usize>(cases: &[(Vec<[f32; N]>, usize, f32)], start: [f32; N]) -> [f32; N] {
    descend(start, |weights| {
        let mut gradient = [0.0; N];
        for (all, right, counts) in cases {
            let mut errors: Vec<f32> = all.iter().map(|hints| hints::sum(weights, hints)).collect();
            softmax(&mut errors);
            errors[*right] -= 1.0;
            for (hints, error) in all.iter().zip(&errors) {
                gradient.iter_mut().zip(hints).for_each(|(g, h)| *g += counts * error * h / cases.len() as f32);
            }
        }
        gradient
    })
}

fn descend<const N: usize>(mut weights: [f32; N], gradient: impl Fn(&[f32; N]) -> [f32; N]) -> [f32; N] {
    let mut gone = [1e-6_f32; N];
    for _ in 0..STEPS {
        let slope = gradient(&weights);
        for ((w, g), gone) in weights.iter_mut().zip(slope).zip(&mut gone) {
            let g = g + DECAY * *w;
            *gone += g * g;
            *w -= STEP * g / gone.sqrt();
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_follow_what_decides() {
        let cases: Vec<_> = (0..40).map(|i| ([1.0, f32::from(i as u8 % 7), f32::from(i as u8 % 2)], i % 2 == 1)).collect();
        let by = yes_or_no(&cases, [0.0; 3]);
        assert!(cases.iter().all(|(hints, is)| (hints::sum(&by, hints) > 0.0) == *is));
        let cases: Vec<_> =
            (0..40).map(|i| (vec![[f32::from(i as u8 % 5), 1.0], [2.0, 0.0]], usize::from(i % 5 < 2), 1.0)).collect();
        let by = one_of(&cases, [0.0; 2]);
        assert!(by[0] > 1.0, "{by:?}");
    }
}
