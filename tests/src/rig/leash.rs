//! A child process that ends with the test process, however that ends.
//!
//! Rust runs no destructor of a static, nor any after `kill -9`. So each child has a guard: a shell that waits for
//! the end of a pipe that only the test process holds, then ends the child and removes what it leaves behind.

use std::{
    io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

const GUARD: &str = r#"trap '' INT TERM HUP; read -r _; kill -"$1" "$2"
while kill -0 "$2" 2>/dev/null; do sleep 0.05; done; [ -z "$3" ] || rm -rf "$3""#;

/// A running child and its guard.
#[derive(Debug)]
pub struct Leashed {
    child: Child,
    guard: Child,
}

impl Leashed {
    /// Starts `command`. When the test process is gone, the child gets `signal` and the folder `leaves` is removed.
    pub fn spawn(command: &mut Command, signal: &str, leaves: Option<&Path>) -> io::Result<Self> {
        let child = command.stdin(Stdio::null()).spawn()?;
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard", signal, &child.id().to_string()])
            .arg(leaves.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, guard })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) {
        // the guard first: once the child is reaped its id may be another's
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits until it has ended by itself.
    pub fn terminate(&mut self) -> io::Result<ExitStatus> {
        Command::new("kill").args(["-TERM", &self.id().to_string()]).status()?;
        self.child.wait()
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        self.kill();
    }
}
