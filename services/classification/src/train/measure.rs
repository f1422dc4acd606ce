//! How often verdicts are right.

use std::fmt;

use contracts::ticket::Class;

use super::samples::Labelled;
use crate::{Classifier, Report};

/// Surer answers than this must nearly always be right.
const SURE: f32 = 0.9;

/// Right ones of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Right ones.
    pub right: u32,
    /// All.
    pub of: u32,
}

impl Share {
    fn add(&mut self, right: bool) {
        self.of += 1;
        self.right += u32::from(right);
    }

    /// The share; 1 of none.
    pub fn value(self) -> f64 {
        if self.of == 0 { 1.0 } else { f64::from(self.right) / f64::from(self.of) }
    }
}

/// All that is measured.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// First level.
    pub l1: Share,
    /// Category.
    pub category: Share,
    /// Category among the three choices.
    pub choices: Share,
    /// Leading unit.
    pub lead: Share,
    /// Leading unit among the named.
    pub lead_named: Share,
    /// Units named, of reports.
    pub named: Share,
    /// Nature.
    pub nature: Share,
    /// Urgent reports that were found.
    pub urgent_found: Share,
    /// Reports called urgent that are.
    pub urgent_right: Share,
    /// Reports with a second matter of which one was found.
    pub also_found: Share,
    /// The same, or it was taken for the main one.
    pub second_known: Share,
    /// Further matters named that are there.
    pub also_right: Share,
    /// Owning division where the text says one, or asks.
    pub division: Share,
    /// Answers with confidence of 0.9 and more whose category is right.
    pub sure: Share,
    /// Answers with confidence of 0.9 and more.
    pub surely: Share,
    /// Answers that go to a person.
    pub person: Share,
    classes: [[u32; 3]; 3],
}

impl Measures {
    /// Classifies a report and counts what is right.
    pub fn add(&mut self, classifier: &Classifier, l: &Labelled) {
        let v = classifier.classify(&Report::of_text(&l.text));
        let category = v.category == l.category;
        self.l1.add(l.category.starts_with(&v.l1));
        self.category.add(category);
        self.choices.add(v.choices.iter().any(|(code, _)| *code == l.category));
        self.lead.add(v.lead == l.lead);
        self.lead_named.add(v.lead == l.lead || v.others.contains(&l.lead));
        self.named.of += 1;
        self.named.right += 1 + v.others.len() as u32;
        self.nature.add(v.nature == l.nature);
        if l.urgent {
            self.urgent_found.add(v.urgent);
        }
        if v.urgent {
            self.urgent_right.add(l.urgent);
        }
        if !l.also.is_empty() {
            let named = l.also.iter().any(|c| v.also.contains(c));
            self.also_found.add(named);
            self.second_known.add(named || l.also.contains(&v.category));
        }
        v.also.iter().for_each(|c| self.also_right.add(l.also.contains(c)));
        if let Some(wanted) = &l.route_division {
            self.division.add(v.division.as_ref().is_some_and(|d| d.as_str() == wanted));
        }
        if v.confidence >= SURE {
            self.sure.add(category);
        }
        self.surely.add(v.confidence >= SURE);
        self.person.add(v.needs_person);
        self.classes[number(l.class)][number(v.class)] += 1;
    }

    /// Mean over the classes of the harmonic mean of precision and recall.
    pub fn class_f1(&self) -> f64 {
        let f1 = |c: usize| {
            let said: u32 = (0..3).map(|w| self.classes[w][c]).sum();
            let wanted: u32 = self.classes[c].iter().sum();
            2.0 * f64::from(self.classes[c][c]) / f64::from((said + wanted).max(1))
        };
        (f1(0) + f1(1) + f1(2)) / 3.0
    }
}

impl fmt::Display for Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = [
            ("first level", self.l1),
            ("category", self.category),
            ("category among choices", self.choices),
            ("lead", self.lead),
            ("lead among named units", self.lead_named),
            ("units named per report", self.named),
            ("nature", self.nature),
            ("urgent recall", self.urgent_found),
            ("urgent precision", self.urgent_right),
            ("second matter found", self.also_found),
            ("second matter known", self.second_known),
            ("further matters right", self.also_right),
            ("owning division", self.division),
            ("sure (>= 0.9) and right", self.sure),
            ("sure (>= 0.9)", self.surely),
            ("to a person", self.person),
        ];
        for (what, share) in lines {
            writeln!(f, "{what:26} {:.3} ({}/{})", share.value(), share.right, share.of)?;
        }
        write!(f, "{:26} {:.3} {:?}", "class macro-F1", self.class_f1(), self.classes)
    }
}

fn number(class: Class) -> usize {
    match class {
        Class::Simple => 0,
        Class::Coordination => 1,
        Class::KeyDifficult => 2,
    }
}
