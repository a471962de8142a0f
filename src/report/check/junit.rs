//! A check as JUnit XML: a suite per scenario, a case per figure.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::Checked;
use super::text::{cells, name_of};
use crate::report::comparison::p;
use crate::report::format::clean;

/// The XML.
pub fn junit(checked: &Checked) -> String {
    let failed = |of: &[super::Verdict]| of.iter().filter(|verdict| verdict.kind.fails()).count();
    let all = &checked.verdicts;
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"abrsim check\" tests=\"{}\" failures=\"{}\">\n",
        all.len(),
        failed(all)
    );
    for of in all.chunk_by(|a, b| a.scenario == b.scenario) {
        let name = clean(&of[0].scenario);
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">",
            escape(&name),
            of.len(),
            failed(of)
        );
        for verdict in of {
            let [before, now, change] = cells(verdict);
            let case = clean(&format!("{}: {}", verdict.whose(), name_of(verdict.figure)));
            let _ = write!(
                xml,
                "    <testcase classname=\"{}\" name=\"{}\"",
                escape(&name),
                escape(&case)
            );
            if verdict.kind.fails() {
                let message = match verdict.difference {
                    None => "there is no such run, or figure, any more".to_owned(),
                    Some(_) => format!(
                        "{}: {before} before, {now} now, {change}, p = {}",
                        verdict.kind.name(),
                        p(verdict.p)
                    ),
                };
                let _ = write!(
                    xml,
                    ">\n      <failure message=\"{}\"/>\n    </testcase>\n",
                    escape(&message)
                );
            } else {
                xml += "/>\n";
            }
        }
        xml += "  </testsuite>\n";
    }
    xml + "</testsuites>\n"
}

#[cfg(test)]
mod tests {
    use super::super::verdict::tests::checked;
    use super::*;

    #[test]
    fn it_is_xml_with_a_failure_for_each_that_is_worse() {
        let xml = junit(&checked(4_000, |v| v < 100, |v| v < 120, 0.0));
        let mut reader = quick_xml::Reader::from_str(&xml);
        let (mut cases, mut failures) = (0, 0);
        loop {
            use quick_xml::events::Event;
            match reader.read_event().unwrap() {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => {
                    cases += u32::from(tag.name().as_ref() == "testcase");
                    failures += u32::from(tag.name().as_ref() == "failure");
                }
                _ => {}
            }
        }
        assert_eq!((cases, failures), (1, 1));
        assert!(xml.contains("tests=\"1\" failures=\"1\""), "{xml}");
        assert!(xml.contains("worse: 97.50 before, 97.00 now, −0.50 ["), "{xml}");
        assert!(!junit(&checked(400, |_| false, |_| false, 0.0)).contains("<failure"));
    }
}
