//! Each step of the lifecycle, given rightly and given wrongly, with the real services. `.ci/lifecycle_table.py` reads
//! these files and writes the table in ARCHITECTURE.md.

mod closing;
mod desk;
mod merging;
mod reclass;
mod requests;
mod returns;
mod work;
