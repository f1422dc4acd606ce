//! Stories of whole tickets, as the field tells them.

mod lift;
mod merging;
mod pingpong;
mod reorganised;
