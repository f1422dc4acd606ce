//! The dispatch service.

fn main() -> std::process::ExitCode {
    chassis::main("dispatch", dispatch::DEFAULTS, dispatch::start)
}
