//! The dispatch service.

fn main() -> std::process::ExitCode {
    chassis::main("dispatch", dispatch::DEFAULTS, |context, settings| async {
        dispatch::start(context, settings).await?;
        Ok(())
    })
}
