//! Text that a person wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Text of 1 to `MAX` characters without control characters (line feed and tab are kept).
///
/// NUL is refused because PostgreSQL can't store it; the other control characters because they can
/// turn a log or a page into something else than what was written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with phone, identity-card and bank-card numbers masked: the form that may leave intake.
    pub fn masked(&self) -> String {
        mask_numbers(&self.0)
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = Problem;
    fn try_from(s: String) -> Result<Self, Problem> {
        let s = if s.contains('\r') { s.replace("\r\n", "\n").replace('\r', "\n") } else { s };
        if s.trim().is_empty() {
            return Err(Problem::new("text_empty", "文本为空，请填写内容", "the text is empty; write something"));
        }
        if s.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(Problem::new(
                "text_control",
                "文本含有控制字符（如 NUL），请去掉后重发",
                "the text has control characters (NUL, say); remove them and send again",
            ));
        }
        if s.chars().count() > MAX {
            return Err(Problem::new(
                "text_long",
                format!("文本超过 {MAX} 字，请缩短"),
                format!("the text is longer than {MAX} characters; shorten it"),
            ));
        }
        Ok(Self(s))
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(v: Text<MAX>) -> String {
        v.0
    }
}

/// Shows the length only: what people write can be personal data, and `Debug` ends in logs.
impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// Masks every run of 7 or more digits (a final X counts, and single spaces or hyphens inside do not end it):
/// phone numbers, identity cards, bank cards. The first three and the last two digits stay, so that a clerk
/// can tell two numbers apart.
pub fn mask_numbers(s: &str) -> String {
    let chars: Vec<char> = s.chars().collect();
    let mut out = String::with_capacity(s.len());
    let mut i = 0;
    while i < chars.len() {
        let end = number_end(&chars, i);
        let digits = chars[i..end].iter().filter(|c| is_digit(**c)).count();
        if digits >= 7 {
            push_masked(&mut out, &chars[i..end], digits);
        } else {
            out.extend(&chars[i..end.max(i + 1)]);
        }
        i = end.max(i + 1);
    }
    out
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

/// What people write between the digits of a phone number.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\u{3000}' | '-' | '－' | '—' | '–' | '.' | '·' | '_' | '/')
}

/// One past the last character of the number that starts at `i`; `i` itself if none does.
fn number_end(chars: &[char], i: usize) -> usize {
    let mut end = i;
    let mut at = i;
    while at < chars.len() {
        if is_digit(chars[at]) || (at > i && at == end && matches!(chars[at], 'x' | 'X')) {
            end = at + 1;
        } else if end != at || !is_separator(chars[at]) || end == i {
            break;
        }
        at += 1;
    }
    end
}

fn push_masked(out: &mut String, run: &[char], digits: usize) {
    let mut seen = 0;
    for &c in run {
        if is_digit(c) {
            seen += 1;
            out.push(if seen <= 3 || seen > digits - 2 { c } else { '*' });
        } else {
            out.push(if matches!(c, 'x' | 'X') { '*' } else { c });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_and_the_rest_stays() {
        assert_eq!(mask_numbers("电话13800001022，3栋502"), "电话138******22，3栋502");
        assert_eq!(mask_numbers("电话138-0000-1022。"), "电话138-****-**22。");
        assert_eq!(mask_numbers("138—0000—1022"), "138—****—**22");
        assert_eq!(mask_numbers("138.0000.1022"), "138.****.**22");
        assert_eq!(mask_numbers("身份证36080219900101123X"), "身份证360************23*");
        assert_eq!(mask_numbers("2026年11月22日 5 6 7"), "2026年11月22日 5 6 7");
        assert_eq!(mask_numbers(""), "");
        assert_eq!(mask_numbers("１３８００００１０２２"), "１３８******２２");
    }

    #[test]
    fn bad_text_is_refused_with_what_to_do() {
        let code = |s: &str| Text::<5>::try_from(s.to_owned()).map_err(|p| p.code).err();
        assert_eq!(code("a\0b").as_deref(), Some("text_control"));
        assert_eq!(code(" \n ").as_deref(), Some("text_empty"));
        assert_eq!(code("六个字符太长").as_deref(), Some("text_long"));
        assert_eq!(code("𠮷野家\n好"), None);
    }
}
