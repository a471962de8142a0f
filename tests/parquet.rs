//! sessions.parquet has what sessions.csv has, value for value.
#![cfg(feature = "parquet")]

use std::fs::{self, File};
use std::process::Command;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use tempfile::TempDir;

/// Leaves the report of a small run in a folder.
fn report() -> TempDir {
    let folder = TempDir::new().unwrap();
    let out = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"))
        .args(["run", "scenarios/live-low-latency.toml", "--viewers", "40", "--quiet", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    folder
}

/// A field as sessions.csv would have it, if it is as large as a number of that file's.
fn is_same(field: &Field, text: &str) -> bool {
    match field {
        Field::Null => text.is_empty(),
        Field::Str(found) => found == text,
        Field::Bool(found) => text == if *found { "1" } else { "0" },
        Field::Long(found) => text == found.to_string(),
        Field::Double(found) => text.parse() == Ok(*found),
        other => panic!("{other}"),
    }
}

#[test]
fn every_value_is_the_same_and_so_is_the_file_when_it_is_made_again() {
    let (one, other) = (report(), report());
    let path = |folder: &TempDir| folder.path().join("sessions.parquet");
    assert_eq!(fs::read(path(&one)).unwrap(), fs::read(path(&other)).unwrap());

    let mut csv = csv::Reader::from_path(one.path().join("sessions.csv")).unwrap();
    let names: Vec<_> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let reader = SerializedFileReader::new(File::open(path(&one)).unwrap()).unwrap();
    let mut rows = reader.get_row_iter(None).unwrap();
    let mut viewers = 0;
    for record in csv.records().map(Result::unwrap) {
        let row = rows.next().unwrap().unwrap();
        let columns: Vec<_> = row.get_column_iter().collect();
        assert_eq!(columns.len(), names.len());
        for ((name, field), (own, text)) in columns.into_iter().zip(names.iter().zip(&record)) {
            assert_eq!(name, own);
            assert!(is_same(field, text), "{name}: {field} is not {text:?}");
        }
        viewers += 1;
    }
    assert!(viewers >= 40 && rows.next().is_none(), "{viewers}");
}
