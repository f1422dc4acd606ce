//! What every fact about a ticket tells.

use chrono::{DateTime, Utc};

use super::{By, OrderFact, TicketFact};
use crate::id::TicketId;

/// Ticket, time and actor of a fact.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The ticket.
    pub ticket: TicketId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, by which steps, with what done to the clocks; none for a classification, which is no step.
    pub by: Option<&'a By>,
}

impl TicketFact {
    /// Ticket, time and actor.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        let of = |f: &'_ OrderFact| (f.ticket, f.at);
        let (ticket, at) = match self {
            Self::Received(f) => (f.ticket, f.at),
            Self::Classified(f) => (f.ticket, f.at),
            Self::Dispatched(f) => (f.ticket, f.at),
            Self::ConsultationOpened(f) => (f.ticket, f.at),
            Self::Signed(f) => of(&f.of),
            Self::Progressed(f) => of(&f.of),
            Self::ReturnAsked(f) => of(&f.of),
            Self::ReturnRuled(f) => of(&f.of),
            Self::CoReported(f) => of(&f.of),
            Self::Reported(f) => of(&f.of),
            Self::Checked(f) => of(&f.of),
            Self::Closed(f) => of(&f.of),
            Self::Moved(f) => (f.ticket, f.at),
            Self::Noted(f) => (f.ticket, f.at),
        };
        Head { ticket, at, by: self.by() }
    }

    fn by(&self) -> Option<&By> {
        Some(match self {
            Self::Classified(_) => return None,
            Self::Received(f) => &f.by,
            Self::Dispatched(f) => &f.by,
            Self::ConsultationOpened(f) => &f.by,
            Self::Signed(f) => &f.of.by,
            Self::Progressed(f) => &f.of.by,
            Self::ReturnAsked(f) => &f.of.by,
            Self::ReturnRuled(f) => &f.of.by,
            Self::CoReported(f) => &f.of.by,
            Self::Reported(f) => &f.of.by,
            Self::Checked(f) => &f.of.by,
            Self::Closed(f) => &f.of.by,
            Self::Moved(f) => &f.by,
            Self::Noted(f) => &f.by,
        })
    }

    /// What happened, in Chinese.
    #[must_use]
    pub const fn zh(&self) -> &'static str {
        match self {
            Self::Received(_) => "受理登记",
            Self::Classified(_) => "分类",
            Self::Dispatched(_) => "派单",
            Self::ConsultationOpened(_) => "启动会商",
            Self::Signed(_) => "签收",
            Self::Progressed(_) => "办理进展",
            Self::ReturnAsked(_) => "申请退单",
            Self::ReturnRuled(f) if f.granted => "退单裁定：同意",
            Self::ReturnRuled(_) => "退单裁定：不同意",
            Self::CoReported(_) => "协办反馈",
            Self::Reported(_) => "反馈结果",
            Self::Checked(f) if f.passed => "审核通过",
            Self::Checked(_) => "审核退回",
            Self::Closed(_) => "回访办结",
            Self::Moved(f) => f.act.zh(),
            Self::Noted(f) => f.note.zh(),
        }
    }

    /// What happened, in English.
    #[must_use]
    pub const fn en(&self) -> &'static str {
        match self {
            Self::Received(_) => "received",
            Self::Classified(_) => "classified",
            Self::Dispatched(_) => "dispatched",
            Self::ConsultationOpened(_) => "consultation opened",
            Self::Signed(_) => "signed for",
            Self::Progressed(_) => "progress",
            Self::ReturnAsked(_) => "return asked",
            Self::ReturnRuled(f) if f.granted => "return granted",
            Self::ReturnRuled(_) => "return refused",
            Self::CoReported(_) => "co-handler's result",
            Self::Reported(_) => "result reported",
            Self::Checked(f) if f.passed => "check passed",
            Self::Checked(_) => "sent back",
            Self::Closed(_) => "closed after callback",
            Self::Moved(f) => f.act.en(),
            Self::Noted(f) => f.note.en(),
        }
    }
}
