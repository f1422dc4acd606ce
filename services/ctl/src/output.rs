//! What is written: a file that appears whole or not at all, or `-` for stdout.

use std::{
    fs::{self, File, Permissions},
    io::{self, Seek, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;

/// An output that is not there until [`Output::finish`].
#[derive(Debug)]
pub struct Output {
    scratch: NamedTempFile,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Stdout,
    /// A file, new or replaced.
    File(PathBuf),
    /// A pipe or device: replaced by a file it would be lost.
    Stream(PathBuf),
}

impl Output {
    /// Prepares the output at `path`; what lies there stays until the end.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let target = target(path)?;
        let folder = match &target {
            Target::File(file) => file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned(),
            Target::Stdout | Target::Stream(_) => std::env::temp_dir(),
        };
        // the umask takes from this what it must
        let scratch =
            tempfile::Builder::new().prefix(".gridline-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder);
        Ok(Self { scratch: scratch.with_context(|| cannot(path))?, target })
    }

    /// Where to write.
    pub fn writer(&mut self) -> &mut File {
        self.scratch.as_file_mut()
    }

    /// Makes it appear.
    pub fn finish(mut self) -> anyhow::Result<()> {
        match self.target {
            Target::File(path) => {
                self.scratch.persist(&path).map_err(|e| e.error).with_context(|| cannot(&path))?;
            }
            Target::Stdout => copy(self.scratch.as_file_mut(), &mut io::stdout().lock())?,
            Target::Stream(path) => {
                let mut to = File::options().write(true).open(&path).with_context(|| cannot(&path))?;
                copy(self.scratch.as_file_mut(), &mut to)?;
            }
        }
        Ok(())
    }
}

fn target(path: &Path) -> anyhow::Result<Target> {
    if path == Path::new("-") {
        return Ok(Target::Stdout);
    }
    Ok(match fs::metadata(path) {
        Ok(found) if found.is_dir() => bail!("{} 是文件夹 / is a folder", path.display()),
        // through a link to the file itself, so that the link stays
        Ok(found) if found.is_file() => Target::File(path.canonicalize().with_context(|| cannot(path))?),
        Ok(_) => Target::Stream(path.to_owned()),
        Err(_) => Target::File(path.to_owned()),
    })
}

fn copy(from: &mut File, to: &mut impl Write) -> io::Result<()> {
    from.rewind()?;
    io::copy(from, to)?;
    to.flush()
}

fn cannot(path: &Path) -> String {
    format!("{} 写不了 / can't be written", path.display())
}
