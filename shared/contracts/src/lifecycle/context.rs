//! The facts that guards look at, grouped by who knows them.
//!
//! Every field starts as "not known", which refuses; a service fills what the act in hand needs.

use super::{Act, Clock, State, Step};

vocabulary! {
    /// Difficulty class (domain.md 2.5); the codes are those of the taxonomy.
    enum Class, "class" {
        Simple       "simple"        "简易"     "simple";
        Coordination "coordination"  "需协调"   "needs coordination";
        KeyDifficult "key-difficult" "重点难点" "key-difficult";
    }
}

/// All that the pure guards of domain.md 2.2 need to know about one ticket and one act.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context {
    /// Difficulty class, once set.
    pub class: Option<Class>,
    /// What earlier steps left behind.
    pub history: History,
    /// Policy of the district.
    pub limits: Limits,
    /// Where the clocks stand at the moment of the act.
    pub deadlines: Deadlines,
    /// Known at intake (T1–T7).
    pub intake: Intake,
    /// Known of the unit's work order (T8–T19, T24).
    pub order: Order,
    /// Written by the person who asks or decides (T12, T14, T20–T22, T25, T30, T31).
    pub request: Request,
    /// Known of the consultation (T19).
    pub consultation: Consultation,
    /// Who acts, and who else agrees (T13–T15, T26–T28, T31).
    pub people: People,
    /// Known of the callback (T27, T28).
    pub callback: Callback,
    /// Known of a merge (T32).
    pub merge: Merge,
    /// It is certain that no appeal against the assessment is open (T33).
    pub no_appeal_open: bool,
}

/// What the lifecycle remembers from step to step. Stored beside the state by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History {
    /// Round of handling (轮次), from 1; grows with T28 and T29, never shrinks.
    pub round: u16,
    /// Granted returns (T13) over the ticket's whole life, all rounds.
    pub returns: u16,
    /// A unit was designated (T15): final, no return any more.
    pub designated: bool,
    /// A consultation decided (T19): no return any more (domain.md 2.5).
    pub consulted: bool,
    /// Extensions (T21) granted in this round.
    pub extensions: u16,
    /// The state that a split restores (T32).
    pub before_merge: Option<State>,
}

impl Default for History {
    fn default() -> Self {
        Self { round: 1, returns: 0, designated: false, consulted: false, extensions: 0, before_merge: None }
    }
}

impl History {
    /// What is to be remembered once `step` is done.
    #[must_use]
    pub fn after(self, step: &Step) -> Self {
        let mut after = self;
        match step.act {
            Act::GrantReturn => after.returns = self.returns.saturating_add(1),
            Act::Designate => after.designated = true,
            Act::DecideConsultation => after.consulted = true,
            Act::Extend => after.extensions = self.extensions.saturating_add(1),
            Act::Redo | Act::Reopen => {
                after.round = self.round.saturating_add(1);
                after.extensions = 0;
            }
            Act::Merge => after.before_merge = step.from,
            Act::Split => after.before_merge = None,
            _ => {}
        }
        after
    }

    /// The round calls for supervision (T28: at round 3 by default).
    #[must_use]
    pub fn calls_for_supervision(&self, limits: &Limits) -> bool {
        self.round >= limits.supervision_round
    }
}

/// Policy data of a district; the defaults are the `[rec]` values of domain.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Returns that may be granted in a ticket's life (T12: fewer than this so far).
    pub returns: u16,
    /// The n-th return opens the way to a consultation (T18).
    pub consultation_return: u16,
    /// Extensions in one round (T21).
    pub extensions: u16,
    /// Callback tries without answer that allow closing as 无法回访 (T27).
    pub callback_tries: u16,
    /// Round from which the ticket is supervised (T28).
    pub supervision_round: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self { returns: 2, consultation_return: 2, extensions: 1, callback_tries: 3, supervision_round: 3 }
    }
}

/// Where a clock stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Not told: counts neither as inside nor as over.
    #[default]
    Unknown,
    /// Its time is not up.
    Inside,
    /// Its time is up.
    Over,
}

/// Where the clocks stand that guards look at; the owner of the clocks fills them in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// K3, time to sign for (T11).
    pub k3: Standing,
    /// K5, time to handle, at the moment the extension was **asked** for (T21).
    pub k5: Standing,
    /// K6, time to return (T12).
    pub k6: Standing,
    /// K8, promised date of the deferral (T23).
    pub k8: Standing,
    /// K10, cap of the pause (T5, T20).
    pub k10: Standing,
    /// K12, reopen window (T29, T33).
    pub k12: Standing,
}

impl Deadlines {
    /// Where `clock` stands; unknown for clocks that no guard looks at.
    #[must_use]
    pub const fn of(&self, clock: Clock) -> Standing {
        match clock {
            Clock::K3 => self.k3,
            Clock::K5 => self.k5,
            Clock::K6 => self.k6,
            Clock::K8 => self.k8,
            Clock::K10 => self.k10,
            Clock::K12 => self.k12,
            _ => Standing::Unknown,
        }
    }
}

/// Known at intake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Intake {
    /// The outside number belongs to no ticket yet (T1).
    pub number_is_new: bool,
    /// A knowledge item is cited (T2).
    pub knowledge_cited: bool,
    /// The citizen is told the right way (T3).
    pub way_told: bool,
    /// The matter belongs outside, and where (T4).
    pub outside: Option<Outside>,
    /// What is missing is named (T5).
    pub missing_named: bool,
    /// The category is set (T6).
    pub category_set: bool,
    /// The place is set (T6).
    pub place_set: bool,
    /// The place lies in the grid worker's own grid (T7).
    pub own_grid: bool,
}

/// Where a matter that is not ours belongs (T4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// An emergency: 110, 119, 120, at once.
    Emergency,
    /// A petition matter: 信访.
    Petition,
}

/// Known of the unit's work order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Order {
    /// The unit is known: from the catalogue, or designated (T8, T15).
    pub unit_named: bool,
    /// The copies are filled in: grid chief or supervising department (T8, domain.md 2.5).
    pub copies_named: bool,
    /// Whether the unit touched the order (T9).
    pub touch: Touch,
    /// The receiver stands below the giver in the same unit tree (T16).
    pub downward: bool,
    /// The receiver stands above the giver on the ladder (T16).
    pub upward: bool,
    /// Every sub-order's time is shorter than the lead's (T17).
    pub sub_times_shorter: bool,
    /// The form of the result is complete (T24).
    pub form_complete: bool,
    /// Required co-handlers that have not finished; none: not counted (T24).
    pub co_handlers_open: Option<u32>,
}

/// What the unit did with a dispatched order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Touch {
    /// Not told.
    #[default]
    Unknown,
    /// Not signed and nothing written.
    Untouched,
    /// Signed for, by this unit or by the one it came through.
    Signed,
    /// Not signed, but something was written.
    Written,
}

/// What the asking or deciding person wrote. Where a unit asks and another grants, this is the
/// request that is granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Request {
    /// A request of this kind is pending (T20, T21, T22, T30).
    pub pending: bool,
    /// A reason is written (T12, T14, T25, T31).
    pub reason: bool,
    /// The reason is one of the closed list (T3, T30).
    pub reason_listed: bool,
    /// The legal basis is given (T12).
    pub legal_basis: bool,
    /// The unit that should have it is proposed (T12).
    pub proposed_unit: bool,
    /// The cause lies outside the unit (T20).
    pub cause_outside: bool,
    /// Evidence is attached (T20).
    pub evidence: bool,
    /// The citizen is told (T21).
    pub citizen_told: bool,
    /// The measure is named (T22).
    pub measure: bool,
    /// A date is promised (T22).
    pub promised_date: bool,
}

/// Known of the consultation's decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consultation {
    /// The lead unit is named.
    pub lead_named: bool,
    /// The responsible units are named.
    pub responsible_named: bool,
    /// The minutes are attached.
    pub minutes: bool,
}

/// Who acts, and who else agrees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct People {
    /// What the acting person has to do with the handling or the asking.
    pub actor: Actor,
    /// A second person agrees (T31).
    pub second_person: bool,
    /// The convener agrees with the result (T26 in class key-difficult, domain.md 2.5).
    pub convener_agrees: bool,
}

/// What the acting person had to do with the ticket before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Actor {
    /// Not told.
    #[default]
    Unknown,
    /// Handled it, or made the request that is to be decided.
    Involved,
    /// Neither handled it nor asked.
    Independent,
}

/// Known of the callback in this round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Callback {
    /// What the citizen answered; never set by the system.
    pub answer: Option<Answer>,
    /// Tries logged without reaching the citizen.
    pub tries: u16,
}

/// The citizen's two separate answers, and the clerk's finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// 解决: is it solved?
    pub solved: bool,
    /// 满意: is the citizen satisfied?
    pub satisfied: bool,
    /// A dissatisfaction was looked into and upheld.
    pub upheld: bool,
}

impl Answer {
    /// The ticket must be done again: not solved, or not satisfied and upheld (T28).
    #[must_use]
    pub const fn calls_for_redo(self) -> bool {
        !self.solved || (!self.satisfied && self.upheld)
    }
}

/// Known of a merge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merge {
    /// Same cause, place or time as the lead case.
    pub same_matter: bool,
    /// Every reporter keeps an own callback.
    pub callbacks_kept: bool,
}
