//! The console.

fn main() -> std::process::ExitCode {
    chassis::main("console", console::DEFAULTS, |context, settings| async {
        console::start(context, settings).await?;
        Ok(())
    })
}
