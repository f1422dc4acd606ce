//! The intake service.

fn main() -> std::process::ExitCode {
    chassis::main("intake", intake::DEFAULTS, |context, settings| async {
        intake::start(context, settings).await?;
        Ok(())
    })
}
