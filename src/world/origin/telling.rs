//! What an origin tells of itself: its front page, who asks, and counts for Prometheus.

use std::fmt::Write;

use serde_json::json;

use super::router::Site;
use super::session::{QUIET, Session};
use crate::cmcd::How;
use crate::media::{Object, Rung, Segment};

/// What there is, for people.
pub(super) fn front(site: &Site) -> String {
    let mut page = format!(
        "<!doctype html><meta charset=utf-8><title>{name}</title>\
         <style>body{{font:16px/1.5 system-ui;max-width:44em;margin:2em auto;padding:0 1em;\
         color-scheme:light dark}}</style><h1>{name}</h1><p>Give one of these to a player:</p><ul>",
        name = site.name
    );
    for entry in site.stock.entries() {
        let path = format!("/{}/{entry}", site.name);
        let _ = write!(page, "<li><a href=\"{path}\">{path}</a>");
    }
    page += "</ul><p>Each player that begins there is a viewer of the scenario, with that viewer's \
             link. <code>/as/17/</code> before the name makes it viewer 17.</p>\
             <p><a href=/sessions>sessions</a> · <a href=/metrics>metrics</a> · \
             <a href=/health>health</a></p>\n";
    page
}

/// That it is well.
pub(super) fn health(site: &Site) -> String {
    format!("{}\n", json!({ "status": "ok", "transfers": site.sessions.busy() }))
}

/// Everybody, as JSON.
pub(super) fn sessions(site: &Site) -> String {
    let all: Vec<_> = site.sessions.all().iter().map(|session| told(site, session)).collect();
    format!("{:#}\n", json!({ "sessions": all }))
}

fn told(site: &Site, session: &Session) -> serde_json::Value {
    let seen = session.seen();
    let main = site.stock.content.main();
    let rungs: Vec<Rung> = seen
        .iter()
        .filter_map(|seen| match (seen.object, seen.how) {
            (Object::Segment(Segment { track, rung, .. }), How::Whole) if track == main => {
                Some(rung)
            }
            _ => None,
        })
        .collect();
    let switches = rungs.windows(2).filter(|two| two[0] != two[1]).count();
    let (requests, bytes) = session.totals();
    let now = session.clock().now();
    let quiet = now.since_start().saturating_sub(session.heard().since_start());
    let last = seen.iter().rev().map(|seen| &seen.cmcd).find(|cmcd| cmcd.sid.is_some());
    json!({
        "session": session.key,
        "viewer": session.viewer,
        "link": site.house.link(session.viewer),
        "requests": requests,
        "bytes": bytes.get(),
        "segments": rungs.len(),
        "rung": rungs.last().map(|rung| rung.0),
        "switches": switches,
        "starved": seen.iter().filter(|seen| seen.cmcd.bs == Some(true)).count(),
        "buffer_s": last.and_then(|cmcd| cmcd.bl).map(|buffer| buffer.as_secs_f64()),
        "forgotten": session.forgotten(),
        "quiet_s": quiet.as_secs_f64(),
        "over": quiet > QUIET,
    })
}

/// Counts, as Prometheus reads them.
pub(super) fn metrics(site: &Site) -> String {
    let all = site.sessions.all();
    let (mut requests, mut bytes) = (0, 0);
    let (mut failed, mut aborted) = (0, 0);
    for session in &all {
        let (own, sent) = session.totals();
        (requests, bytes) = (requests + own, bytes + sent.get());
        let (own_failed, own_aborted) = session.failures();
        (failed, aborted) = (failed + own_failed, aborted + own_aborted);
    }
    let mut text = String::new();
    for (name, kind, help, value) in [
        ("sessions", "gauge", "Players that have asked for something.", all.len() as u64),
        ("transfers", "gauge", "Responses under way.", site.sessions.busy() as u64),
        ("requests_total", "counter", "Requests that are over.", requests),
        ("failed_total", "counter", "Those refused or cut off, as scripted.", failed),
        ("aborted_total", "counter", "Those of which players did not want the rest.", aborted),
        ("sent_bytes_total", "counter", "Bytes of bodies.", bytes),
    ] {
        let _ = write!(
            text,
            "# HELP abrsim_{name} {help}\n# TYPE abrsim_{name} {kind}\nabrsim_{name} {value}\n"
        );
    }
    text
}
