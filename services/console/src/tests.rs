//! Facts in, rows and pages out: on a real database, over real HTTP.

mod acting;
mod catalogue;
mod decided;
mod folding;
mod lists;
mod pages;
mod story;
mod topics;
mod world;
