//! The watchdog.

fn main() -> std::process::ExitCode {
    chassis::main("sla-watchdog", sla_watchdog::DEFAULTS, sla_watchdog::start)
}
