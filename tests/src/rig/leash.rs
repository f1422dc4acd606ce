//! A child process that ends with the test process, however that ends.
//!
//! Rust runs no destructor of a static, nor any after `kill -9`. So each child has a guard: a shell that waits for
//! the end of a pipe that only the test process holds, then ends the child and removes what it leaves behind.

use std::{
    io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

const END_CHILD: &str = r#"trap '' INT TERM HUP; read -r _; kill -"$2" "$3"
while kill -0 "$3" 2>/dev/null; do sleep 0.05; done; [ -z "$1" ] || rm -rf "$1""#;

const REMOVE: &str = r#"trap '' INT TERM HUP; read -r _; rm -rf "$1""#;

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
        let guard = guard(END_CHILD, leaves.unwrap_or(Path::new("")), &[signal, &child.id().to_string()])?;
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
        self.release();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits until it has ended by itself.
    pub fn terminate(&mut self) -> io::Result<ExitStatus> {
        if self.ended().is_none() {
            Command::new("kill").args(["-TERM", &self.id().to_string()]).status()?;
        }
        self.wait()
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.release();
        Ok(status)
    }

    /// The guard goes: once the child is reaped its id may be another's.
    fn release(&mut self) {
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Removes `folder` when the test process is gone; until then the guard has to be kept.
pub fn remove_at_end(folder: &Path) -> io::Result<Child> {
    guard(REMOVE, folder, &[])
}

fn guard(script: &str, folder: &Path, more: &[&str]) -> io::Result<Child> {
    let mut guard = Command::new("sh");
    guard.args(["-c", script, "guard"]).arg(folder).args(more);
    guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
