//! Variables of playlists (`#EXT-X-DEFINE`, RFC 8216bis, 4.4.2.3), and putting them in.
//!
//! The idea to hold: what a variable holds is put in once, when its own line is read, so there is
//! no recursion. Doubling a text line by line still makes much of little: all that is put into one
//! playlist may be no larger than a playlist.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::lines::{Attributes, start};
use crate::media::manifest::{MAX_DOCUMENT, ManifestError, Place, Problem};
use crate::units::Bytes;

/// The most variables one playlist may define.
const MAX_VARIABLES: usize = 1_000;

/// Variables of a playlist, so far as it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, String>,
    /// Those whose value would be told elsewhere: they stay in the text as they are.
    open: BTreeSet<String>,
    /// How much text has been put in.
    spent: Bytes,
}

impl Variables {
    /// Defines a variable, as the list of an `#EXT-X-DEFINE` says it.
    ///
    /// `url` is that of the playlist, `main` holds what the multivariant playlist defines. A
    /// playlist looked at on its own lacks what those would tell: that is a note, and no error.
    pub(super) fn define(
        &mut self,
        list: &str,
        url: &str,
        main: Option<&Self>,
        place: &Place<'_>,
    ) -> Result<Option<ManifestError>, ManifestError> {
        let list = Attributes::read(list, self, place)?;
        let (name, value) = if let Some(name) = list.get("QUERYPARAM") {
            let right = format!("the URL of the playlist has to have `{}`", start(name));
            (name, parameter(url, name).ok_or_else(|| place.missing("a parameter", &right)))
        } else if let Some(name) = list.get("IMPORT") {
            let value = main.and_then(|main| main.known.get(name)).cloned();
            let right = "the multivariant playlist has to define it: give that instead";
            let what = || format!("the variable `{}`", start(name));
            (name, value.ok_or_else(|| place.missing(&what(), right)))
        } else if let Some(name) = list.get("NAME") {
            (name, Ok(list.get("VALUE").unwrap_or_default().to_owned()))
        } else {
            return Err(place.missing("NAME", "#EXT-X-DEFINE needs it, or IMPORT, or QUERYPARAM"));
        };
        if name.is_empty() || !name.chars().all(letter) {
            let right = "letters, digits, - and _ are expected";
            return Err(place.wrong("the name of a variable", start(name), right));
        }
        let value = match (value, main) {
            (Ok(value), _) => value,
            (Err(missing), None) if self.open.len() < MAX_VARIABLES => {
                self.open.insert(name.to_owned());
                return Ok(Some(missing));
            }
            (Err(missing), _) => return Err(missing),
        };
        if value.contains(['"', '\n', '\r']) {
            let right = "quotes and line feeds cannot stand in it";
            return Err(place.wrong("the value of a variable", start(&value), right));
        }
        if self.known.len() == MAX_VARIABLES {
            return Err(place.too_many("variables", MAX_VARIABLES + 1, MAX_VARIABLES));
        }
        match self.known.insert(name.to_owned(), value) {
            None => Ok(None),
            Some(_) => {
                Err(place.wrong("a variable", name, "it was defined before, and may be only once"))
            }
        }
    }

    /// A text with variables put in for `{$name}`.
    pub(super) fn fill<'a>(
        &mut self,
        text: &'a str,
        place: &Place<'_>,
    ) -> Result<Cow<'a, str>, ManifestError> {
        if !text.contains("{$") {
            return Ok(Cow::Borrowed(text));
        }
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{$") {
            filled += before;
            let end = after.find(|c| !letter(c)).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            rest = after.strip_prefix('}').unwrap_or(after);
            if name.is_empty() || rest.len() == after.len() {
                // It only looks like one.
                filled += &format!("{{${name}");
                rest = after;
                continue;
            }
            if self.open.contains(name) {
                filled += &format!("{{${name}}}");
                continue;
            }
            let Some(value) = self.known.get(name) else {
                let right = "an #EXT-X-DEFINE has to stand before it";
                return Err(place.missing(&format!("the variable `{}`", start(name)), right));
            };
            self.spent += Bytes::new(value.len() as u64);
            if self.spent > MAX_DOCUMENT {
                return Err(place.problem(Problem::TooLarge(self.spent)));
            }
            filled += value;
        }
        Ok(Cow::Owned(filled + rest))
    }
}

/// What a variable may be called by.
fn letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The value of a parameter of a URL.
fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let (_, query) = url.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(other, _)| decoded(other) == name).map(|(_, value)| decoded(value))
}

/// A text without percent encoding (RFC 3986, 2.1).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, byte, after) {
            (b'%', Some(byte), [_, _, after @ ..]) => {
                bytes.push(byte);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variables of a media playlist whose multivariant playlist defines none.
    fn defined(lists: &[&str], url: &str) -> Result<Variables, String> {
        let (mut variables, main) = (Variables::default(), Variables::default());
        for (line, list) in (1..).zip(lists) {
            let place = Place::of("u").line(line);
            let note = variables.define(list, url, Some(&main), &place);
            assert_eq!(note.map_err(|error| error.to_string())?, None);
        }
        Ok(variables)
    }

    #[test]
    fn what_another_document_would_tell_stays_open_in_one_looked_at_alone() {
        let mut variables = Variables::default();
        let place = Place::of("u");
        let note = variables.define("IMPORT=\"a\"", "u", None, &place).unwrap().unwrap();
        assert!(note.to_string().contains("the multivariant playlist has to define it"));
        assert_eq!(variables.fill("x{$a}.mp4", &place).unwrap(), "x{$a}.mp4");
    }

    #[test]
    fn variables_are_put_in_and_may_hold_others() {
        let lists = [r#"NAME="foo",VALUE="ok""#, r#"NAME="bar",VALUE="{$foo}-{$foo}""#];
        let mut variables = defined(&lists, "u").unwrap();
        let place = Place::of("u");
        let mut fill = |text: &str| match variables.fill(text, &place) {
            Ok(filled) => filled.into_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(fill("a{$bar}/{$foo}.ts"), "aok-ok/ok.ts");
        assert_eq!(fill("{$ {$} {$foo {$foo} $"), "{$ {$} {$foo ok $");
        assert_eq!(
            fill("{$none}"),
            "u: the variable `none` is missing; an #EXT-X-DEFINE has to stand before it"
        );
    }

    #[test]
    fn parameters_of_the_url_are_decoded() {
        let url = "https://h/a.m3u8?x=1&to%6ben=a%20b%&y#?token=2";
        let variables = defined(&[r#"QUERYPARAM="token""#], url).unwrap();
        assert_eq!(variables.known["token"], "a b%");
        let said = defined(&[r#"QUERYPARAM="y""#], url).unwrap_err();
        assert!(said.contains("line 1: a parameter is missing"), "{said}");
        let said = defined(&[r#"QUERYPARAM="q""#], "u?q=%22").unwrap_err();
        assert!(said.contains("quotes and line feeds"), "{said}");
    }

    #[test]
    fn what_cannot_be_defined_is_named() {
        let said = |lists: &[&str]| defined(lists, "u").unwrap_err();
        assert!(said(&["VALUE=\"1\""]).contains("NAME is missing"));
        assert!(said(&["NAME=\"a b\",VALUE=\"1\""]).contains("variable is `a b`"));
        assert!(
            said(&["NAME=\"a\",VALUE=\"\"", "NAME=\"a\""]).contains("line 2: a variable is `a`")
        );
        assert!(said(&["IMPORT=\"a\""]).contains("give that instead"));
        let many: Vec<_> = (0..=MAX_VARIABLES).map(|n| format!("NAME=\"v{n}\"")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(said(&many).contains("1001 variables are above the limit of 1000"));
    }

    #[test]
    fn doubling_a_text_again_and_again_is_stopped() {
        let mut lists = vec![format!("NAME=\"v0\",VALUE=\"{}\"", "x".repeat(1_000))];
        lists.extend((1..40).map(|n| format!("NAME=\"v{n}\",VALUE=\"{{$v{0}}}{{$v{0}}}\"", n - 1)));
        let lists: Vec<_> = lists.iter().map(String::as_str).collect();
        // 2,000 + 4,000 + ... + 2,000 × 2^13 B = 32 MB: before the 15th doubling.
        let said = defined(&lists, "u").unwrap_err();
        assert!(said.contains("above the limit of 16777216 B"), "{said}");
    }
}
