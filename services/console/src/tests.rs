//! Facts in, rows and pages out: on a real database, over real HTTP.

mod folding;
mod lists;
mod pages;
mod rate;
mod story;
mod world;
