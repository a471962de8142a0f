//! Records read and written.
//!
//! The idea to hold: whatever is written is read again, and whatever is read does no harm.

use super::*;
use crate::units::Bytes;
use proptest::prelude::*;

#[test]
fn keys_are_in_alphabetical_order_when_they_are_written() {
    assert!(KEYS.is_sorted());
    let cmcd = Cmcd { nrr: Some("0-1".into()), nr: Some(true), v: Some(2), ..Cmcd::default() };
    assert_eq!(to_line(&cmcd), "nr,nrr=\"0-1\",v=2");
}

#[test]
fn a_query_of_the_first_version_is_read_as_the_specification_has_it() {
    let query = "x=1&CMCD=bl%3D21300%2Cbr%3D3200%2Cbs%2Ccid%3D%22faec%22%2Cd%3D4004%2Cdl%3D18500\
                 %2Cmtp%3D48100%2Cnor%3D%22..%252F300kbps%252Ftrack.m4v%22%2Cnrr%3D%2212323-48763\
                 %22%2Cot%3Dv%2Cpr%3D1.08%2Crtp%3D12000%2Csf%3Dd%2Csid%3D%226e2fb550%22%2Cst%3Dv\
                 %2Csu%2Ctb%3D6000&y";
    let reading = from_query(query).unwrap();
    let cmcd = reading.cmcd.clone();
    assert_eq!((reading.unknown, reading.malformed, reading.left_out), (0, 0, 0));
    assert_eq!((cmcd.bl, cmcd.br), (Some(Span::from_millis(21_300)), Some(Bitrate::kbps(3_200))));
    assert_eq!((cmcd.bs, cmcd.su, cmcd.pr), (Some(true), Some(true), Some(Rate(1_080))));
    assert_eq!(cmcd.nor.as_deref(), Some("..%2F300kbps%2Ftrack.m4v"));
    assert_eq!((cmcd.ot, cmcd.sf), (Some(ObjectType::Video), Some(Format::Dash)));
    assert_eq!((cmcd.version(), cmcd.mode()), (1, Mode::Request));
    assert_eq!(from_query(&to_query(&cmcd).unwrap()), Some(reading), "and written again");
    assert_eq!(from_query("a=CMCD=br"), None);
}

#[test]
fn headers_are_told_apart_by_what_keys_are_about() {
    let cmcd = Cmcd {
        br: Some(Bitrate::kbps(3_200)),
        bl: Some(Span::from_millis(21_349)),
        sid: Some("a \"b\" \\c".into()),
        bs: Some(true),
        rtp: Some(Bitrate::kbps(12_050)),
        sta: Some(State::Playing),
        ..Cmcd::default()
    };
    // Of the second version nothing is said in the first. 21,349 is nearer to 21,300, and 12,050
    // goes up.
    let written = to_headers(&cmcd);
    let values = [
        ("CMCD-Object", "br=3200".to_owned()),
        ("CMCD-Request", "bl=21300".to_owned()),
        ("CMCD-Session", r#"sid="a \"b\" \\c""#.to_owned()),
        ("CMCD-Status", "bs,rtp=12100".to_owned()),
    ];
    assert_eq!(written, values);
    let sent = written.iter().map(|(name, value)| (*name, value.as_str()));
    let lower = [("cmcd-status", "bs"), ("host", "br=1")];
    assert_eq!(from_headers(sent).unwrap().cmcd.sid, cmcd.sid);
    assert_eq!(from_headers(lower).unwrap().cmcd, Cmcd { bs: Some(true), ..Cmcd::default() });
    assert_eq!(from_headers([("host", "br=1")]), None);
}

#[test]
fn lists_of_the_second_version_have_an_item_for_each_type() {
    let of = |text: &str| record(text).cmcd;
    let bl = |text: &str| of(text).bl.map(Span::as_millis);
    assert_eq!(bl("bl=(8000;a 12000;v),ot=a"), Some(8_000));
    assert_eq!(bl("ot=v,bl=(8000;a 12000;v)"), Some(12_000));
    assert_eq!(bl("bl=(8000;a 12000;v)"), Some(12_000), "pictures, if nothing is said");
    assert_eq!(bl("bl=(8000 9000)"), Some(8_000));
    assert_eq!(of("nor=(\"a b,c)\" \"d\")").nor.as_deref(), Some("a b,c)"));
    assert_eq!(of("bs=?0").bs, Some(false));
    assert_eq!(of("ec=(\"E 1\")").ec.as_deref(), Some("E 1"));
}

#[test]
fn a_body_has_a_record_a_line() {
    let text = "e=ps,sta=p,ts=1700000000123,v=2\n\r\ne=rr,rc=200,ttfb=35,url=\"http://a/b\",v=2\r\n\
                cut off";
    let read = body(text.as_bytes(), Bytes::new(text.len() as u64 - 1));
    let modes: Vec<_> = read.records.iter().map(|record| record.cmcd.mode()).collect();
    assert_eq!(modes, [Mode::Event, Mode::Response]);
    let first = &read.records[0].cmcd;
    assert_eq!((first.sta, first.version()), (Some(State::Playing), 2));
    assert_eq!(first.ts, Some(Span::from_millis(1_700_000_000_123)));
    assert_eq!(read.left_out, 1);
    assert_eq!(record(&to_line(first)).cmcd, *first);
    assert_eq!(record("rc=404").cmcd.mode(), Mode::Response);
}

#[test]
fn what_cannot_be_read_is_counted_and_the_rest_is_taken() {
    let text = "br=fast,bl=-5,d=1e99,com.example-x=1,ot=q,sid=\"open,su=\"";
    let read = record(text);
    assert_eq!((read.unknown, read.malformed), (1, 4));
    assert_eq!(read.cmcd.sid.as_deref(), Some("open,su="), "a quotation mark closes");
    let read = record("mtp=1000,pr=NaN,br=(,sid=\"never closed");
    assert_eq!((read.cmcd.mtp, read.malformed), (Some(Bitrate::kbps(1_000)), 2));
    let read = record(&"a=1,".repeat(1_000));
    assert_eq!((read.unknown, read.left_out), (64, 936));
    assert_eq!(from_query("CMCD=br%3D%zz%4").unwrap().malformed, 1);
    assert_eq!(from_query("CMCD=").unwrap(), Reading::default());
}

prop_compose! {
    /// What is rounded already, and says what does not go without saying.
    fn records()(
        bl in proptest::option::of(0..1_000u64),
        br in proptest::option::of(0..1_000_000u64),
        flags in any::<(bool, bool)>(),
        ids in proptest::option::of("[ -~é]{0,20}"),
        ot in proptest::option::of(0..ObjectType::ALL.len()),
        pr in proptest::option::of((0..500u32).prop_filter("normal", |&pr| pr != 100)),
        sta in proptest::option::of(0..State::ALL.len()),
    ) -> Cmcd {
        Cmcd {
            bl: bl.map(|bl| Span::from_millis(bl * 100)),
            br: br.map(Bitrate::kbps),
            bs: flags.0.then_some(true),
            su: flags.1.then_some(true),
            cid: ids.clone(),
            nor: ids,
            ot: ot.map(|ot| ObjectType::ALL[ot]),
            pr: pr.map(|pr| Rate(pr * 10)),
            sta: sta.map(|sta| State::ALL[sta]),
            v: Some(2),
            ..Cmcd::default()
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(cmcd in records()) {
        let whole = Reading { cmcd: cmcd.clone(), ..Reading::default() };
        prop_assert_eq!(from_query(&to_query(&cmcd).unwrap()), Some(whole.clone()));
        let headers = to_headers(&cmcd);
        let sent = headers.iter().map(|(name, value)| (*name, value.as_str()));
        prop_assert_eq!(from_headers(sent), Some(whole.clone()));
        prop_assert_eq!(record(&to_line(&cmcd)), whole);
    }

    #[test]
    fn no_text_does_harm(text in ".{0,200}", some in "[a-z=,;()\"\\\\0-9. %]{0,200}") {
        for text in [text, some] {
            record(&text);
            from_query(&format!("CMCD={text}"));
            body(text.as_bytes(), Bytes::new(100));
        }
    }
}
