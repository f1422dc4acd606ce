//! Stories of whole tickets, as the field tells them.

mod again;
mod burst;
mod dates;
mod lift;
mod merging;
mod moment;
mod pingpong;
mod reorganised;
