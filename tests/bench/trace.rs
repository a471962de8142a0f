//! Reading traces: the line formats by bytes a second, which should be above 100 MB/s.

use std::fmt::Write;
use std::hint::black_box;

use abrsim::trace::End;
use abrsim::trace::read::{Format, read};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const ROWS: u64 = 200_000;

/// A file of so many rows of the format, as long as those of real files.
fn file(format: Format) -> String {
    let mut text = match format {
        Format::Csv => "seconds,kbps\n".to_owned(),
        Format::Fcc => {
            "unit_id,dtime,target,address,fetch_time,bytes_total,bytes_sec,objects\n".to_owned()
        }
        Format::Ucc => "Timestamp,Longitude,Latitude,Speed,Operatorname,CellID,NetworkMode,RSRP,\
                        RSRQ,SNR,CQI,RSSI,DL_bitrate,UL_bitrate,State\n"
            .to_owned(),
        _ => String::new(),
    };
    for row in 0..ROWS {
        let kbps = 300 + row * 7_919 % 9_000;
        let _ = match format {
            Format::Csv => writeln!(text, "{row}.0,{kbps}.125"),
            Format::Pensieve => {
                writeln!(text, "{}.549999952316\t{}.79283060109", row, kbps / 1_000)
            }
            Format::Mahimahi => writeln!(text, "{}", 1_000_000 + row / 3),
            Format::Hsdpa => writeln!(
                text,
                "{} {} 59.851754 10.781778 {} 1008",
                1_289_406_399 + row,
                549_692 + row * 1_004,
                kbps * 131
            ),
            Format::Fcc => writeln!(
                text,
                "{},2016-01-01 00:04:12,http://www.cnn.com,185.31.19.73,1612345,2046731,{},60",
                row / 1_000,
                kbps * 125
            ),
            Format::Ucc => writeln!(
                text,
                "2018.01.27_{:02}.{:02}.{:02},-8.502026,51.892657,0,A,2,LTE,-116,-13,3.0,5,-94,\
                 {kbps},210,D",
                row / 10_000,
                row / 200 % 50,
                row / 4 % 50
            ),
            _ => Ok(()),
        };
    }
    text
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("trace");
    group.sample_size(10);
    let formats =
        [Format::Csv, Format::Pensieve, Format::Mahimahi, Format::Hsdpa, Format::Fcc, Format::Ucc];
    for format in formats {
        let text = file(format);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format.name(), |bencher| {
            bencher.iter(|| {
                let reading = read(black_box(text.as_bytes()), None, End::Repeat);
                let reading = reading.expect("what is written here is right");
                assert_eq!(reading.format, format);
                reading.parts.len()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
