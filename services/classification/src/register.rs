//! The register: each decision of a person on the catalogue or the model is a version, kept with who and why; undo is one
//! more. Pure.

use contracts::{district::District, problem::Problem};

use crate::{
    catalogue::Written,
    entity::{entry, proposal, register},
};

/// Proposals that wait for a person.
pub const PENDING: &str = "pending";
const ACCEPTED: &str = "accepted";
const REFUSED: &str = "refused";
const UNDO: &str = "undo";

/// What a person decides.
#[derive(Clone, Debug)]
pub enum Choice {
    /// The proposal of this id becomes an entry, for its place only or everywhere.
    Accept {
        /// The proposal.
        id: String,
        /// Also elsewhere.
        everywhere: bool,
    },
    /// It does not.
    Refuse {
        /// The proposal.
        id: String,
    },
    /// The whole catalogue is to be these entries.
    Import {
        /// The version that they were made from: somebody else's change is not overwritten.
        from: i64,
        /// The entries.
        entries: Vec<Written>,
    },
    /// This model, which was tried, decides from now on.
    Model {
        /// Its id.
        id: String,
    },
    /// The newest version that stands is taken back.
    Undo,
}

/// All that a decision reads and changes.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// All versions, the oldest first.
    pub versions: Vec<register::Model>,
    /// All entries.
    pub entries: Vec<entry::Model>,
    /// The proposals that are decided on.
    pub proposals: Vec<proposal::Model>,
    /// Ids of the models that were tried.
    pub tried: Vec<String>,
    /// The versions of this decision.
    pub added: Vec<register::Model>,
}

impl Register {
    /// The version in force; 0 before anybody decided.
    pub fn version(&self) -> i64 {
        self.versions.last().map_or(0, |v| v.version)
    }

    fn model(&self) -> String {
        self.versions.last().map_or_else(String::new, |v| v.model.clone())
    }

    /// Decides; a refusal leaves all as it was.
    pub fn choose(&mut self, choice: &Choice, (person, reason): (&str, String), at_ms: i64) -> Result<(), Problem> {
        let next = self.version() + 1;
        let (what, model, undoes) = match choice {
            Choice::Refuse { id } => {
                self.pending(id)?.state = REFUSED.to_owned();
                return Ok(());
            }
            Choice::Accept { id, everywhere } => {
                self.accept(id, *everywhere, next)?;
                ("accept", self.model(), None)
            }
            Choice::Import { from, entries } => {
                self.import(*from, entries, next)?;
                ("import", self.model(), None)
            }
            Choice::Model { id } => {
                if !self.tried.contains(id) {
                    let (zh, en) = ("没有试运行过这个模型，请先试运行", "this model was not tried; try it in shadow first");
                    return Err(Problem::new("unknown_model", zh, en));
                }
                if self.model() == *id {
                    return Err(Problem::new("in_force", "这个模型已在使用", "this model is in force already"));
                }
                ("model", id.clone(), None)
            }
            Choice::Undo => {
                let (undone, model) = self.undo(next)?;
                (UNDO, model, Some(undone))
            }
        };
        let version =
            register::Model { version: next, what: what.to_owned(), model, undoes, person: person.to_owned(), reason, at_ms };
        self.versions.push(version.clone());
        self.added.push(version);
        Ok(())
    }

    fn pending(&mut self, id: &str) -> Result<&mut proposal::Model, Problem> {
        let found = self.proposals.iter_mut().find(|p| p.id == id).ok_or_else(|| {
            Problem::new("unknown_proposal", "没有这条目录建议，请核对编号", "there is no such proposal; check its id")
        })?;
        if found.state == PENDING {
            return Ok(found);
        }
        Err(Problem::new("decided", "这条建议已经处理", "this proposal was decided before"))
    }

    fn accept(&mut self, id: &str, everywhere: bool, next: i64) -> Result<(), Problem> {
        let proposal = self.pending(id)?;
        ACCEPTED.clone_into(&mut proposal.state);
        let written = Written {
            category: proposal.category.clone(),
            word: proposal.word.clone(),
            place: if everywhere { String::new() } else { proposal.place.clone() },
            hours: String::new(),
            instead_of: proposal.instead_of.clone(),
            unit: proposal.unit.clone(),
            owner: contracts::district::CENTRE.to_owned(),
        };
        let entry = written.entry(self.next_entry(), next, id);
        self.entries.push(entry);
        Ok(())
    }

    /// Entries that are there stay, new ones come, those that are missing go.
    fn import(&mut self, from: i64, written: &[Written], next: i64) -> Result<(), Problem> {
        if from != self.version() {
            let (zh, en) =
                ("目录已被他人修改，请重新导出后再改", "somebody changed the catalogue; export it again and change that");
            return Err(Problem::new("stale", zh, en));
        }
        let mut wanted = Vec::with_capacity(written.len());
        for (i, w) in written.iter().enumerate() {
            let line =
                |p: Problem| Problem::new(p.code, format!("第 {} 条：{}", i + 1, p.zh), format!("entry {}: {}", i + 1, p.en));
            wanted.push(w.clone().checked(District::sample()).map_err(line)?);
        }
        for entry in self.entries.iter_mut().filter(|e| e.until.is_none()) {
            match wanted.iter().position(|w| *w == Written::from(&*entry)) {
                Some(same) => drop(wanted.swap_remove(same)),
                None => entry.until = Some(next),
            }
        }
        for w in wanted {
            let entry = w.entry(self.next_entry(), next, "");
            self.entries.push(entry);
        }
        Ok(())
    }

    /// What came with the newest version that stands goes, what went with it comes back; and the model is the one before.
    fn undo(&mut self, next: i64) -> Result<(i64, String), Problem> {
        let undone: Vec<i64> = self.versions.iter().filter_map(|v| v.undoes).collect();
        let stands = |v: &&register::Model| v.what != UNDO && !undone.contains(&v.version);
        let found = self.versions.iter().rev().find(stands);
        let (version, what) = found
            .map(|v| (v.version, v.what.clone()))
            .ok_or_else(|| Problem::new("nothing_to_undo", "没有可撤销的版本", "there is no version to take back"))?;
        let gone: Vec<entry::Model> = self.entries.iter().filter(|e| e.until == Some(version)).cloned().collect();
        self.entries.iter_mut().filter(|e| e.since == version && e.until.is_none()).for_each(|e| e.until = Some(next));
        for entry in gone {
            // it is of the version that it first came with, so that this one can be taken back too
            let n = self.next_entry();
            self.entries.push(entry::Model { n, until: None, ..entry });
        }
        let before = self.versions.iter().rev().find(|v| v.version < version).map_or("", |v| v.model.as_str());
        let model = if what == "model" { before.to_owned() } else { self.model() };
        Ok((version, model))
    }

    fn next_entry(&self) -> i64 {
        self.entries.iter().map(|e| e.n).max().unwrap_or(0) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by() -> (&'static str, String) {
        ("7", "同意".to_owned())
    }

    fn written(unit: &str) -> Written {
        serde_json::from_value(serde_json::json!({"category": "0203", "unit": unit})).unwrap()
    }

    fn units(register: &Register) -> Vec<&str> {
        register.entries.iter().filter(|e| e.until.is_none()).map(|e| e.unit.as_str()).collect()
    }

    #[test]
    fn an_import_replaces_what_stands_and_an_undo_brings_it_back() {
        let mut register = Register { tried: vec!["m1".into()], ..Register::default() };
        let import = |from, units: &[&str]| Choice::Import { from, entries: units.iter().map(|u| written(u)).collect() };
        register.choose(&import(0, &["D02", "D04"]), by(), 0).unwrap();
        register.choose(&Choice::Model { id: "m1".into() }, by(), 0).unwrap();
        assert_eq!(register.choose(&import(1, &[]), by(), 0).unwrap_err().code, "stale");
        register.choose(&import(2, &["D04", "D05"]), by(), 0).unwrap();
        assert_eq!((units(&register), register.version()), (vec!["D04", "D05"], 3));
        register.choose(&Choice::Undo, by(), 0).unwrap();
        assert_eq!((units(&register), register.model()), (vec!["D04", "D02"], "m1".into()));
        register.choose(&Choice::Undo, by(), 0).unwrap();
        assert_eq!((units(&register), register.model()), (vec!["D04", "D02"], String::new()), "the model before");
        register.choose(&Choice::Undo, by(), 0).unwrap();
        assert!(units(&register).is_empty(), "{register:?}");
        assert_eq!(register.choose(&Choice::Undo, by(), 0).unwrap_err().code, "nothing_to_undo");
        assert_eq!(register.choose(&Choice::Model { id: "m2".into() }, by(), 0).unwrap_err().code, "unknown_model");
    }
}
