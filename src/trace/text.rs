//! A file as its readers see it: a line at a time, with its number.
//!
//! The idea to hold: of the file no more is in memory than the line at hand, which has a limit, so
//! a reader needs no more than the steps it makes, however large the file is.

use std::io::{BufRead, Read};

use super::problem::{Problem, ReadError};

/// The longest line read, in bytes; those of every format have less than a tenth of it.
pub(super) const MAX_LINE: usize = 4_096;

/// Up to how many bytes a line is a short one.
const SHORT: usize = 32;

/// A mark that some editors put before a text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that is being read.
pub(super) struct Text<'a> {
    from: &'a mut dyn BufRead,
    line: Vec<u8>,
    /// Lines that are over.
    over: usize,
    /// The line to blame, counted from 1.
    pub(super) at: usize,
}

impl<'a> Text<'a> {
    /// From its beginning.
    pub(super) fn new(from: &'a mut dyn BufRead) -> Self {
        Self { from, line: Vec::new(), over: 0, at: 1 }
    }

    /// The next line that is neither blank nor a comment, without the blanks at its ends.
    pub(super) fn line(&mut self) -> Result<Option<&str>, Problem> {
        loop {
            self.line.clear();
            // A short line that lies whole in what is read ahead is taken from there at once; to
            // find the end of a longer one, the library is faster.
            let ahead = self.from.fill_buf()?;
            let near = &ahead[..ahead.len().min(SHORT)];
            if let Some(end) = near.iter().position(|&byte| byte == b'\n') {
                self.line.extend_from_slice(&near[..=end]);
                self.from.consume(end + 1);
            } else {
                let mut limited = (&mut *self.from).take(MAX_LINE as u64 + 2);
                if limited.read_until(b'\n', &mut self.line)? == 0 {
                    return Ok(None);
                }
            }
            if self.over == 0 && self.line.starts_with(MARK) {
                self.line.drain(..MARK.len());
            }
            self.over += 1;
            self.at = self.over;
            let ended = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
            if ended.strip_suffix(b"\r").unwrap_or(ended).len() > MAX_LINE {
                return Err(Problem::LongLine);
            }
            if !matches!(self.line.trim_ascii_start().first(), None | Some(b'#')) {
                break;
            }
        }
        let line = self.line.trim_ascii();
        match std::str::from_utf8(line) {
            Ok(_) if line.contains(&0) => Err(Problem::Binary(0)),
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(Problem::Binary(line[error.valid_up_to()])),
        }
    }

    /// The byte that [`pass`](Self::pass) would pass.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Problem> {
        let ahead = self.from.fill_buf()?;
        Ok(ahead.first().copied())
    }

    /// What lies ahead, to be quoted: what is left of the line, or of what has been read of it.
    pub(super) fn ahead(&mut self) -> Result<String, Problem> {
        let ahead = self.from.fill_buf()?;
        let line = ahead.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = &line[..line.len().min(super::field::CLIP * 4)];
        Ok(super::field::clip(String::from_utf8_lossy(line).trim_end()))
    }

    /// Passes a byte.
    pub(super) fn pass(&mut self, byte: u8) {
        self.from.consume(1);
        self.over += usize::from(byte == b'\n');
    }

    /// Passes white space, and the mark at the beginning; what follows is on the line to blame.
    pub(super) fn pass_white(&mut self) -> Result<(), Problem> {
        if self.over == 0 && self.from.fill_buf()?.starts_with(MARK) {
            self.from.consume(MARK.len());
        }
        while let Some(byte) = self.peek()?.filter(u8::is_ascii_whitespace) {
            self.pass(byte);
        }
        self.at = self.over + 1;
        Ok(())
    }

    /// This problem, on the line to blame.
    pub(super) fn wrong(&self, problem: Problem) -> ReadError {
        problem.on(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut text: &[u8]) -> Result<Vec<(usize, String)>, ReadError> {
        let mut text = Text::new(&mut text);
        let mut lines = Vec::new();
        loop {
            match text.line() {
                Ok(Some(line)) => {
                    let line = line.to_owned();
                    lines.push((text.at, line));
                }
                Ok(None) => return Ok(lines),
                Err(problem) => return Err(text.wrong(problem)),
            }
        }
    }

    #[test]
    fn lines_come_with_their_numbers_and_without_what_says_nothing() {
        let text = b"\xef\xbb\xbf# A comment.\r\n\r\n one \r\n#\n\t\ntwo";
        assert_eq!(lines(text).unwrap(), [(3, "one".to_owned()), (6, "two".to_owned())]);
        assert_eq!(lines(b"").unwrap(), []);
    }

    #[test]
    fn what_is_no_text_or_too_long_is_told_with_its_line() {
        assert_eq!(lines(b"1\n\xff\n"), Err(Problem::Binary(0xff).on(2)));
        assert_eq!(lines(b"1\n2\0\n"), Err(Problem::Binary(0).on(2)));
        // As long as may be, with either ending; and one byte more.
        for (length, ending, right) in [(0, "\r\n", true), (0, "", true), (1, "\n", false)] {
            let text = format!("1\n{}{ending}", "7".repeat(MAX_LINE + length));
            assert_eq!(lines(text.as_bytes()).is_ok(), right, "{length} {ending:?}");
        }
        let comment = format!("1\n#{}", " ".repeat(1 << 20));
        assert_eq!(lines(comment.as_bytes()), Err(Problem::LongLine.on(2)));
    }
}
