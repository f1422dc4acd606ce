//! The classification service.

fn main() -> std::process::ExitCode {
    chassis::main("classification", classification::DEFAULTS, |context, settings| async {
        classification::start(context, settings).await?;
        Ok(())
    })
}
