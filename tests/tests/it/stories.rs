//! Stories of whole tickets, as the field tells them.

mod again;
mod assessed;
mod burst;
mod danger;
mod dates;
mod lift;
mod merging;
mod moment;
mod officers;
mod opinion;
mod outage;
mod periodic;
mod pingpong;
mod places;
mod reorganised;
mod scene;
mod teaching;
mod topics;
mod years;
