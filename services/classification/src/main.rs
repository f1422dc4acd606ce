//! The classification service.

fn main() -> std::process::ExitCode {
    chassis::main("classification", classification::DEFAULTS, classification::start)
}
