//! Who chooses, and how they are set.

use toml::{Table, Value};

use super::hand::Hand;
use super::{Frame, brings_its_own};
use crate::abr::{self, ALGORITHMS, Algorithm, Parameter};
use crate::seed::Stream;
use crate::units::{Bitrate, Span};

/// The algorithms that are compared, and tables of what is set of them.
pub(super) fn draw(hand: &mut Hand, frame: &Frame, scenario: &mut Table) {
    let fits = |algorithm: &&Algorithm| {
        // Weights are a file's.
        let alone = algorithm.files().next().is_none();
        alone && (frame.preset.is_none() || !brings_its_own(algorithm.name))
    };
    let all: Vec<_> = ALGORITHMS.iter().filter(fits).collect();
    let count = hand.pick(&[1, 1, 1, 1, 2, 2, 3]);
    let mut labels: Vec<String> = Vec::new();
    let mut tables = Table::new();
    for number in 0..count {
        let mut algorithm = hand.pick(&all);
        // The optimum takes as long as a hundred others.
        if algorithm.name == "optimal" && !hand.one_in(12) {
            algorithm = hand.pick(&all);
        }
        let mut label = algorithm.name.to_owned();
        if hand.one_in(2) {
            let mut table = Table::new();
            for parameter in algorithm.parameters {
                if hand.one_in(2) {
                    let value = setting(hand.stream(), parameter);
                    table.insert(parameter.name.to_owned(), written(value));
                }
            }
            if hand.one_in(2) || labels.contains(&label) {
                label = format!("own-{number}");
                table.insert("use".to_owned(), algorithm.name.into());
            }
            tables.insert(label.clone(), table.into());
        }
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let abr = match &labels[..] {
        [one] if hand.one_in(2) => one.as_str().into(),
        _ => Value::Array(labels.into_iter().map(Value::from).collect()),
    };
    scenario.insert("abr".into(), abr);
    if !tables.is_empty() {
        scenario.insert("algorithm".into(), tables.into());
    }
}

/// Anything that a parameter may be set to, small more often than large.
pub fn setting(draw: &mut Stream, parameter: &Parameter) -> abr::Value {
    use abr::Value::{Bitrate as Rate, Choice, Count, File, Flag, Number, Span as Time};
    let share = draw.unit() * draw.unit();
    let between = |least: f64, most: f64| least + share * (most - least);
    match (parameter.least, parameter.most) {
        (Number(least), Number(most)) => Number(between(least, most)),
        (Count(least), Count(most)) => Count(between(least.into(), most.into()) as u32),
        (Time(least), Time(most)) => {
            // To look at transfers every moment is allowed, but takes long.
            let least = least.max(Span::from_millis(50)).min(most);
            Time(Span::from_secs_f64(between(least.as_secs_f64(), most.as_secs_f64())))
        }
        (Rate(least), Rate(most)) => {
            Rate(Bitrate::from_bps_f64(between(least.as_f64(), most.as_f64())))
        }
        (Choice(least), _) => {
            let names = least.among();
            let chosen = least.named(names[draw.below(names.len() as u64) as usize]);
            Choice(chosen.expect("it is on the list"))
        }
        (least @ (Number(_) | Count(_) | Time(_) | Rate(_) | Flag(_) | File(_)), _) => least,
    }
}

/// A setting as a scenario writes it.
fn written(value: abr::Value) -> Value {
    match value {
        abr::Value::Number(number) => number.into(),
        abr::Value::Count(count) => i64::from(count).into(),
        abr::Value::Span(span) => format!("{}ns", span.as_nanos()).into(),
        abr::Value::Bitrate(rate) => format!("{}bps", rate.as_bps()).into(),
        abr::Value::Flag(flag) => flag.into(),
        abr::Value::File(_) => "".into(),
        abr::Value::Choice(choice) => choice.name().into(),
    }
}
