//! A check as annotations of a GitHub workflow: a line for each figure that is not the same.

use super::text::{cells, name_of};
use super::{Checked, Kind};
use crate::report::comparison::p;

/// The lines: errors of what is worse, notices of what is better.
pub fn github(checked: &Checked) -> String {
    let mut lines = String::new();
    for verdict in &checked.verdicts {
        let level = match verdict.kind {
            Kind::Gone | Kind::Worse => "error",
            Kind::Better => "notice",
            Kind::Same => continue,
        };
        let [before, now, change] = cells(verdict);
        let (name, kind) = (name_of(verdict.figure), verdict.kind.name());
        let message = match verdict.kind {
            Kind::Gone => "there is no such run any more".to_owned(),
            Kind::Worse | Kind::Better | Kind::Same => {
                format!("{name} {before} → {now}, {change}, p = {}", p(verdict.p))
            }
        };
        let (file, title) = (&verdict.scenario, format!("{}: {kind}", verdict.whose()));
        let (file, title) = (property(file), property(&title));
        lines += &format!("::{level} file={file},title={title}::{}\n", data(&message));
    }
    lines
}

/// A text as the message of a workflow command has it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same as one of its properties has it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::verdict::tests::checked;
    use super::*;

    #[test]
    fn there_is_a_line_for_what_is_not_the_same() {
        let lines = github(&checked(4_000, |v| v < 100, |v| v < 120, 0.0));
        let begins = "::error file=scenarios/commute.toml,title=bola%3A worse::zero-buffer, %25 \
                      97.50 → 97.00, −0.50 [";
        assert!(lines.starts_with(begins), "{lines}");
        let better = github(&checked(4_000, |v| v < 100, |v| v < 60, 0.0));
        assert!(better.starts_with("::notice "), "{better}");
        assert_eq!(github(&checked(400, |_| false, |_| false, 0.0)), "");
    }
}
