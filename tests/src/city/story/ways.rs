//! The ways to a certain point of a ticket's life, for stories that begin there.

use contracts::{lifecycle::Act, ticket::Class};
use serde_json::{Value, json};

use super::Story;
use crate::city::Ticket;

/// 桃树下社区.
pub const PLACE: &str = "360802001001";
/// Its grid.
pub const GRID: &str = "GRID-360802001001";
/// The street above.
pub const TOWN: &str = "TOWN-360802001000";
/// The district centre.
pub const CENTRE: &str = "CENTRE";

/// 签收.
pub fn sign() -> Value {
    json!({"do": "sign"})
}

/// 反馈: solved.
pub fn solved() -> Value {
    json!({"do": "report", "result": {"factual": true, "solved": true, "public_reply": "已处理完毕"}})
}

/// 审核通过.
pub fn pass() -> Value {
    json!({"do": "check", "pass": true})
}

/// 回访: the citizen answers both questions.
pub fn called(solved: bool, satisfied: bool) -> Value {
    json!({"do": "call_back", "answers": {"contacted": true, "solved": solved, "satisfied": satisfied, "tries": 1}})
}

/// 申请退单: another unit must act.
pub fn give_back(propose: &str) -> Value {
    json!({"do": "return", "reason": "不属本单位职责", "legal_basis": "《吉州区权责清单》", "propose": propose})
}

/// 同意 a request.
pub fn grant(request: &str) -> Value {
    json!({"do": "grant", "request": request})
}

impl Story<'_> {
    /// A report from a place that waits for a call-taker.
    pub async fn held_at(&self, place: &str, text: &str, class: Class) -> Ticket {
        let caller = self.city.caller().at(place).of_class(class).with("hold", true);
        let ticket = self.gives_report(Act::Register, caller, text).await;
        self.takes(CENTRE, "triage", &ticket).await;
        ticket
    }

    /// A report from a place, accepted for this lead: dispatched, or a consultation is called.
    pub async fn accepted(&self, place: &str, text: &str, class: Class, lead: &str) -> Ticket {
        let ticket = self.held_at(place, text, class).await;
        self.gives(Act::Accept, "CENTRE/taker", &ticket, json!({"do": "accept", "lead": lead})).await;
        ticket
    }

    /// Some report that waits for a call-taker.
    pub async fn held(&self, class: Class) -> Ticket {
        self.held_at(PLACE, "阳明西路路灯不亮", class).await
    }

    /// Some report, dispatched to this unit.
    pub async fn dispatched(&self, class: Class, unit: &str) -> Ticket {
        self.accepted(PLACE, "阳明西路路灯不亮", class, unit).await
    }

    /// Signed for by this unit.
    pub async fn in_progress(&self, class: Class, unit: &str) -> Ticket {
        let ticket = self.dispatched(class, unit).await;
        self.gives(Act::Sign, unit, &ticket, sign()).await;
        ticket
    }

    /// The unit has reported the result.
    pub async fn reported(&self, class: Class, unit: &str) -> Ticket {
        let ticket = self.in_progress(class, unit).await;
        self.gives(Act::ReportResult, unit, &ticket, solved()).await;
        ticket
    }

    /// The result has passed its check.
    pub async fn passed(&self, class: Class, unit: &str) -> Ticket {
        let ticket = self.reported(class, unit).await;
        self.gives(Act::PassCheck, "CENTRE/checker", &ticket, pass()).await;
        ticket
    }

    /// The citizen was content.
    pub async fn closed(&self, class: Class, unit: &str) -> Ticket {
        let ticket = self.passed(class, unit).await;
        self.gives(Act::Close, "CENTRE/clerk", &ticket, called(true, true)).await;
        ticket
    }
}
