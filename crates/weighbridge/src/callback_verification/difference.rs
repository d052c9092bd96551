//! Where two bodies begin to differ.

use serde::Serialize;

/// Characters that are shown on either side of the first differing byte.
const AROUND: usize = 24;

/// The first difference of two bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Bytes that are the same before it.
    pub offset: usize,
    /// Line of the pasted body, from 1.
    pub line: usize,
    /// Character of that line, from 1.
    pub column: usize,
    /// What was sent there, with what surrounds it.
    pub expected: String,
    /// What was pasted there.
    pub got: String,
}

impl Difference {
    /// The first difference; `None`: the bodies are the same.
    pub fn between(expected: &[u8], got: &[u8]) -> Option<Self> {
        if expected == got {
            return None;
        }
        let same = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
        // Where two characters share their first bytes, they differ from the first byte on.
        let offset = start_of_character(expected, same).min(start_of_character(got, same));
        let before = &got[..offset];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        Some(Self {
            offset: same,
            line: before.split(|byte| *byte == b'\n').count(),
            column: String::from_utf8_lossy(&before[line_start..])
                .chars()
                .count()
                + 1,
            expected: around(expected, offset),
            got: around(got, offset),
        })
    }
}

fn start_of_character(text: &[u8], at: usize) -> usize {
    let is_continuation = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut start = at;
    while start > 0 && at - start < 3 && is_continuation(start) {
        start -= 1;
    }
    start
}

/// What stands around a place, `…` where more follows or went before.
fn around(text: &[u8], at: usize) -> String {
    let before = String::from_utf8_lossy(&text[..at]);
    let after = String::from_utf8_lossy(&text[at..]);
    let mut tail: Vec<char> = before.chars().rev().take(AROUND).collect();
    tail.reverse();
    let head: String = after.chars().take(AROUND).collect();
    let dots = |is_cut: bool| if is_cut { "…" } else { "" };
    format!(
        "{}{}{head}{}",
        dots(before.chars().count() > AROUND),
        tail.into_iter().collect::<String>(),
        dots(after.chars().count() > AROUND),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_told_by_line_and_column() {
        let difference = Difference::between(b"{\n  \"a\": 1\n}", b"{\n  \"b\": 1\n}").unwrap();
        assert_eq!(
            (difference.offset, difference.line, difference.column),
            (5, 2, 4)
        );
        assert_eq!(difference.expected, "{\n  \"a\": 1\n}");
        assert_eq!(difference.got, "{\n  \"b\": 1\n}");
        assert_eq!(Difference::between(b"same", b"same"), None);
    }

    #[test]
    fn a_missing_end_is_a_difference() {
        let difference = Difference::between(b"{}", b"{}\n").unwrap();
        assert_eq!((difference.offset, difference.column), (2, 3));
        assert_eq!((&*difference.expected, &*difference.got), ("{}", "{}\n"));
    }

    #[test]
    fn characters_are_not_cut_and_long_bodies_are() {
        let (long, tail) = ("x".repeat(100), "y".repeat(100));
        let expected = format!("{long}ä{tail}");
        let got = format!("{long}ö{tail}");
        let difference = Difference::between(expected.as_bytes(), got.as_bytes()).unwrap();
        assert_eq!((difference.offset, difference.column), (101, 101));
        let shown = |middle: &str| format!("…{}{middle}{}…", "x".repeat(24), "y".repeat(23));
        assert_eq!(difference.expected, shown("ä"));
        assert_eq!(difference.got, shown("ö"));
        Difference::between(&[0x80, 0x80, 0xff], &[0x80, 0x80, 0xfe]).unwrap();
    }
}
