//! Facts in, rows and pages out: on a real database, over real HTTP.

mod acting;
mod folding;
mod lists;
mod pages;
mod story;
mod world;
