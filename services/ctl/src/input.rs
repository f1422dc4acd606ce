//! What is read: a file, or `-` for stdin.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context as _, bail};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Opens a file or, for `-`, stdin. The byte order mark that some editors and Excel put in front is skipped.
pub fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    let why = || format!("{} 打不开 / can't be opened", path.display());
    let mut reader: Box<dyn BufRead + Send> = if path == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let file = File::open(path).with_context(why)?;
        if file.metadata().with_context(why)?.is_dir() {
            bail!("{} 是文件夹 / is a folder", path.display());
        }
        Box::new(BufReader::new(file))
    };
    if reader.fill_buf().with_context(why)?.starts_with(BOM) {
        reader.consume(BOM.len());
    }
    Ok(reader)
}

/// A line, without its end; or nothing of it, if it was longer than allowed.
pub type Line = Option<Vec<u8>>;

/// Reads the next line of at most `max` bytes; the rest of a longer one is skipped. None at the end.
pub fn next_line(reader: &mut impl BufRead, max: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    if reader.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > max {
        reader.skip_until(b'\n')?;
        return Ok(Some(None));
    }
    Ok(Some(Some(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_skipped_and_the_next_is_read() {
        let mut input: &[u8] = b"abc\nabcd\n\nabcde\nab";
        let mut found = Vec::new();
        while let Some(line) = next_line(&mut input, 4).unwrap() {
            found.push(line.map(|l| String::from_utf8(l).unwrap()));
        }
        let expected = [Some("abc"), Some("abcd"), Some(""), None, Some("ab")];
        assert_eq!(found, expected.map(|l| l.map(str::to_owned)));
    }
}
