//! The hotline bridge service.

fn main() -> std::process::ExitCode {
    chassis::main("hotline-bridge", hotline_bridge::DEFAULTS, |context, settings| async {
        hotline_bridge::start(context, settings).await?;
        Ok(())
    })
}
