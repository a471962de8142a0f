//! `sessions.parquet`: the rows of sessions.csv in columns, for pandas, polars, DuckDB and Spark.
//!
//! The idea to hold: it is made of the very text that goes into sessions.csv, as that is written,
//! so neither can say what the other does not; and a group of rows at a time, so memory does not
//! grow with the viewers. The same rows give the same bytes.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

/// Rows of a group.
const GROUP: usize = 1 << 16;

/// No row is longer, in bytes.
const LONGEST: usize = 1 << 20;

/// What the columns of text are called.
const TEXTS: [&str; 6] = ["run", "abr", "trace", "end", "network", "device"];

/// Those of yes and no.
const FLAGS: [&str; 2] = ["zero_buffer", "started"];

/// Those of whole numbers. All others are of numbers.
const COUNTS: [&str; 16] = [
    "viewer",
    "seed",
    "stalls",
    "switches",
    "switches_up",
    "switches_down",
    "oscillations",
    "bytes",
    "wasted_bytes",
    "segments",
    "requests",
    "link",
    "seeks",
    "reported_stalls",
    "speed_changes",
    "resyncs",
];

/// Takes rows of CSV, their header first, and writes them as Parquet.
pub struct Sessions<W: Write + Send> {
    out: Out<W>,
    /// Of a row whose end has not come yet.
    rest: Vec<u8>,
    columns: Vec<Column>,
    rows: usize,
}

/// What is written to, which needs to know the columns.
enum Out<W: Write + Send> {
    Waiting(W),
    Open(SerializedFileWriter<W>),
    Gone,
}

/// A column of the group under way.
struct Column {
    name: String,
    held: Held,
}

enum Held {
    Texts(Vec<ByteArray>),
    Flags(Sparse<bool>),
    Counts(Sparse<i64>),
    Numbers(Sparse<f64>),
}

/// Values, and for each row whether it has one.
#[derive(Default)]
struct Sparse<T> {
    values: Vec<T>,
    present: Vec<i16>,
}

impl<T> Sparse<T> {
    fn push(&mut self, value: Option<T>) {
        self.present.push(value.is_some().into());
        self.values.extend(value);
    }
}

impl<W: Write + Send> Sessions<W> {
    /// To be written there.
    pub const fn new(to: W) -> Self {
        Self { out: Out::Waiting(to), rest: Vec::new(), columns: Vec::new(), rows: 0 }
    }

    /// Writes what is left, and the end of the file.
    ///
    /// # Errors
    /// Of writing; and of rows that are not those of sessions.csv.
    pub fn finish(mut self) -> io::Result<W> {
        if !self.rest.is_empty() {
            return Err(wrong("the last row has no end"));
        }
        self.flush_group()?;
        match mem::replace(&mut self.out, Out::Gone) {
            Out::Open(file) => file.into_inner().map_err(failed),
            Out::Waiting(_) | Out::Gone => Err(wrong("there is no header")),
        }
    }

    fn row(&mut self, row: &csv::ByteRecord) -> io::Result<()> {
        if let Out::Waiting(_) = self.out {
            return self.open(row);
        }
        if row.len() != self.columns.len() {
            return Err(wrong("a row has another number of fields than the header"));
        }
        for (column, field) in self.columns.iter_mut().zip(row) {
            column.push(field)?;
        }
        self.rows += 1;
        if self.rows == GROUP { self.flush_group() } else { Ok(()) }
    }

    /// Of the header, what the columns are.
    fn open(&mut self, header: &csv::ByteRecord) -> io::Result<()> {
        let names = header.iter().map(|name| String::from_utf8_lossy(name).into_owned());
        self.columns = names.map(Column::new).collect();
        let fields = self.columns.iter().map(Column::schema).collect::<Result<_, _>>();
        let schema = fields
            .and_then(|fields| Type::group_type_builder("sessions").with_fields(fields).build());
        let schema = Arc::new(schema.map_err(failed)?);
        let made_by = format!("abrsim version {}", env!("CARGO_PKG_VERSION"));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(made_by)
            .build();
        let Out::Waiting(to) = mem::replace(&mut self.out, Out::Gone) else {
            return Err(wrong("there are two headers"));
        };
        let file = SerializedFileWriter::new(to, schema, Arc::new(properties)).map_err(failed)?;
        self.out = Out::Open(file);
        Ok(())
    }

    fn flush_group(&mut self) -> io::Result<()> {
        if mem::take(&mut self.rows) == 0 {
            return Ok(());
        }
        let Out::Open(file) = &mut self.out else { return Err(wrong("there is no header")) };
        let mut group = file.next_row_group().map_err(failed)?;
        for column in &mut self.columns {
            let writer = group.next_column().map_err(failed)?;
            let mut writer = writer.ok_or_else(|| wrong("a column is missing"))?;
            column.write(&mut writer).map_err(failed)?;
            writer.close().map_err(failed)?;
        }
        group.close().map_err(failed)?;
        Ok(())
    }
}

impl<W: Write + Send> Write for Sessions<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        // Only whole rows: no field of sessions.csv has a line in it that is not within quotes.
        let Some(end) = last_end(&self.rest) else {
            return match self.rest.len() {
                length if length > LONGEST => Err(wrong("a row is too long")),
                _ => Ok(bytes.len()),
            };
        };
        let rest = self.rest.split_off(end);
        let whole = mem::replace(&mut self.rest, rest);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&whole[..]);
        let mut row = csv::ByteRecord::new();
        while reader.read_byte_record(&mut row)? {
            self.row(&row)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the last whole row ends: after the last line break that is not within quotes.
fn last_end(text: &[u8]) -> Option<usize> {
    let (mut quoted, mut end) = (false, None);
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => end = Some(place + 1),
            _ => {}
        }
    }
    end
}

impl Column {
    fn new(name: String) -> Self {
        let held = match name.as_str() {
            name if TEXTS.contains(&name) => Held::Texts(Vec::new()),
            name if FLAGS.contains(&name) => Held::Flags(Sparse::default()),
            name if COUNTS.contains(&name) => Held::Counts(Sparse::default()),
            _ => Held::Numbers(Sparse::default()),
        };
        Self { name, held }
    }

    fn schema(&self) -> Result<Arc<Type>, ParquetError> {
        let (physical, logical, repetition) = match self.held {
            Held::Texts(_) => {
                (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED)
            }
            Held::Flags(_) => (Physical::BOOLEAN, None, Repetition::OPTIONAL),
            Held::Counts(_) => (Physical::INT64, None, Repetition::OPTIONAL),
            Held::Numbers(_) => (Physical::DOUBLE, None, Repetition::OPTIONAL),
        };
        let column = Type::primitive_type_builder(&self.name, physical);
        let column = column.with_logical_type(logical).with_repetition(repetition);
        column.build().map(Arc::new)
    }

    fn push(&mut self, field: &[u8]) -> io::Result<()> {
        let text = std::str::from_utf8(field).map_err(|_| wrong("a field is not UTF-8"))?;
        let said = Some(text).filter(|text| !text.is_empty());
        let not = || wrong(&format!("{} is {text:?}", self.name));
        match &mut self.held {
            Held::Texts(texts) => texts.push(ByteArray::from(text)),
            Held::Flags(flags) => flags.push(match said {
                None => None,
                Some("0") => Some(false),
                Some("1") => Some(true),
                Some(_) => return Err(not()),
            }),
            // A seed may be larger than a number with a sign: its bits are the same.
            Held::Counts(counts) => {
                let count = said.map(|text| text.parse::<u64>().map(u64::cast_signed)).transpose();
                counts.push(count.map_err(|_| not())?);
            }
            Held::Numbers(numbers) => {
                numbers.push(said.map(str::parse).transpose().map_err(|_| not())?);
            }
        }
        Ok(())
    }

    /// Writes what it holds, and holds nothing.
    fn write(&mut self, to: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match &mut self.held {
            Held::Texts(texts) => {
                let texts = mem::take(texts);
                to.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
            }
            Held::Flags(flags) => {
                let Sparse { values, present } = mem::take(flags);
                to.typed::<BoolType>().write_batch(&values, Some(&present), None)?;
            }
            Held::Counts(counts) => {
                let Sparse { values, present } = mem::take(counts);
                to.typed::<Int64Type>().write_batch(&values, Some(&present), None)?;
            }
            Held::Numbers(numbers) => {
                let Sparse { values, present } = mem::take(numbers);
                to.typed::<DoubleType>().write_batch(&values, Some(&present), None)?;
            }
        }
        Ok(())
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("rows of sessions.csv: {what}"))
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => io::Error::other(error),
        error => io::Error::other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    const HEADER: &str = "run,viewer,zero_buffer,startup_s\n";

    /// The file of rows that come in pieces of so many bytes.
    fn file(rows: &str, piece: usize) -> io::Result<Vec<u8>> {
        let mut sessions = Sessions::new(Vec::new());
        let text = format!("{HEADER}{rows}");
        text.as_bytes().chunks(piece).try_for_each(|piece| sessions.write_all(piece))?;
        sessions.finish()
    }

    fn rows(viewers: u64) -> String {
        let row = |viewer| match viewer % 3 {
            0 => format!("bola,{viewer},1,1.25\n"),
            1 => format!("\"a, \"\"b\"\"\nc\",{viewer},0,0.5\n"),
            _ => format!("mpc,{viewer},0,\n"),
        };
        (0..viewers).map(row).collect()
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let file = file(&rows(6), 7).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let told: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(told.len(), 6);
        assert_eq!(told[1].get_string(0).unwrap(), "a, \"b\"\nc");
        assert_eq!((told[4].get_long(1).unwrap(), told[3].get_bool(2).unwrap()), (4, true));
        assert_eq!(told[3].get_double(3).unwrap(), 1.25);
        assert!(told[2].get_double(3).is_err(), "nobody's startup is null");
    }

    #[test]
    fn groups_are_of_so_many_rows_and_the_bytes_always_the_same() {
        let (rows, all) = (rows(GROUP as u64 + 5), 1 << 20);
        let whole = file(&rows, all).unwrap();
        assert_eq!(whole, file(&rows, 4_096).unwrap(), "in whatever pieces they come");
        let reader = SerializedFileReader::new(bytes::Bytes::from(whole)).unwrap();
        let groups = reader.metadata().row_groups().iter().map(|group| group.num_rows());
        assert_eq!(groups.collect::<Vec<_>>(), [GROUP as i64, 5]);
    }

    #[test]
    fn no_rows_are_a_file_too_and_other_rows_are_refused() {
        let reader = SerializedFileReader::new(bytes::Bytes::from(file("", 9).unwrap())).unwrap();
        assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
        assert!(file("bola,1,yes,1\n", 9).unwrap_err().to_string().contains("zero_buffer is"));
        assert!(file("bola,1,1\n", 9).is_err());
        assert!(file("bola,1,1,1", 9).unwrap_err().to_string().contains("no end"));
        assert!(Sessions::new(Vec::new()).finish().is_err());
    }
}
