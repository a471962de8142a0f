// What abrsim writes, read by the parsers of real players: Video.js's (mpd-parser, m3u8-parser) and
// hls.js itself. Each has to find the same ladder, and the very segments that the origin holds.
//
// usage: node check.mjs FOLDER, where `abrsim manifest write SCENARIO --out FOLDER` has written
// manifest.mpd, master.m3u8, its media playlists and sizes.csv.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";

import { Parser } from "m3u8-parser";
import { parse as parseMpd } from "mpd-parser";

const folder = process.argv[2];
const text = (name) => readFileSync(path.join(folder, name), "utf8");
const BASE = "http://localhost/";

/** The names of segments that the origin holds, without initialisation. */
const held = text("sizes.csv")
  .split("\n")
  .filter((line) => line.startsWith("chunk-"))
  .map((line) => line.split(",")[0])
  .sort();

/** What is live is read as at the instant it was written. */
const mpdText = text("manifest.mpd");
const live = mpdText.includes('type="dynamic"');
const now = live ? Date.parse(/publishTime="([^"]+)"/.exec(mpdText)[1]) : undefined;

/** Streams as: number, bits per second, picture, codecs, segments as name and length. */
const byStream = (streams) => streams.sort((a, b) => a.stream - b.stream);
const name = (uri) => uri.replace(BASE, "");
const stream = (uri) => Number(/stream(\d+)/.exec(uri)[1]);
const millis = (seconds) => Math.round(seconds * 1000);

function dash() {
  const told = parseMpd(mpdText, { manifestUri: BASE + "manifest.mpd", NOW: now });
  const sound = Object.values(told.mediaGroups.AUDIO.audio ?? {}).flatMap((group) => group.playlists);
  const read = (playlist) => ({
    stream: stream(playlist.segments[0].resolvedUri),
    bandwidth: playlist.attributes.BANDWIDTH,
    height: playlist.attributes.RESOLUTION?.height,
    codecs: playlist.attributes.CODECS,
    init: name(playlist.segments[0].map.resolvedUri),
    segments: playlist.segments.map((s) => [name(s.resolvedUri), millis(s.duration)]),
  });
  return byStream([...told.playlists, ...sound].map(read));
}

function parsed(list) {
  const parser = new Parser();
  parser.push(text(list));
  parser.end();
  return parser.manifest;
}

function hls() {
  const told = parsed("master.m3u8");
  const read = ({ uri, attributes }) => {
    const media = parsed(uri);
    assert.equal(media.endList ?? false, !live);
    const longest = Math.max(...media.segments.map((s) => Math.round(s.duration)));
    assert.ok(media.targetDuration >= longest, "no segment is longer than the target duration");
    return {
      stream: stream(media.segments[0].uri),
      average: Number(attributes["AVERAGE-BANDWIDTH"]),
      bandwidth: attributes.BANDWIDTH,
      height: attributes.RESOLUTION?.height,
      audio: attributes.AUDIO,
      init: media.segments[0].map.uri,
      segments: media.segments.map((s) => [s.uri, millis(s.duration)]),
    };
  };
  return byStream(told.playlists.map(read));
}

/** The ladder as hls.js itself has it, and the fragments of each level. */
async function hlsJs() {
  globalThis.self ??= globalThis;
  globalThis.location ??= { href: BASE };
  globalThis.navigator ??= { userAgent: "node" };
  // Decoding is not what is tried here: everything is said to be playable.
  globalThis.MediaSource = class extends EventTarget {
    static isTypeSupported = () => true;
  };
  const { default: Hls } = await import("hls.js");
  class Disk {
    constructor() {
      this.stats = { aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0 };
      Object.assign(this.stats, { loading: { start: 0, first: 0, end: 0 } });
      Object.assign(this.stats, { parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 } });
    }
    destroy() {}
    abort() {}
    load(context, _, callbacks) {
      this.context = context;
      const data = text(name(context.url));
      queueMicrotask(() => callbacks.onSuccess({ url: context.url, data }, this.stats, context, null));
    }
  }
  const player = new Hls({ loader: Disk, enableWorker: false, autoStartLoad: false });
  const levels = await new Promise((resolve, reject) => {
    player.on(Hls.Events.MANIFEST_PARSED, (_, data) => resolve(data.levels));
    player.on(Hls.Events.ERROR, (_, data) => reject(new Error(data.details + ": " + data.error)));
    player.loadSource(BASE + "master.m3u8");
  });
  const ladder = [];
  for (const [index, level] of levels.entries()) {
    // What is live is asked for again and again: another level's list may come in between.
    const loaded = new Promise((resolve) =>
      player.on(Hls.Events.LEVEL_LOADED, (_, data) => data.level === index && resolve(data)));
    player.startLoad();
    player.loadLevel = index;
    const { details } = level.details ? level : await loaded;
    ladder.push({
      average: level.averageBitrate,
      height: level.height || undefined,
      segments: details.fragments.map((f) => [name(f.url), millis(f.duration)]),
    });
  }
  player.destroy();
  return ladder;
}

const [mpd, list, levels] = [dash(), hls(), await hlsJs()];

// The same streams over the same segments, in both languages.
assert.deepEqual(mpd.map((s) => s.stream), list.map((s) => s.stream));
for (const [a, b] of mpd.map((s, i) => [s, list[i]])) {
  assert.equal(a.init, b.init);
  assert.equal(a.height, b.height);
  assert.deepEqual(a.segments, b.segments);
}
// Every segment the origin holds, and no other.
for (const told of [mpd, list]) {
  const all = told.flatMap((s) => s.segments.map(([uri]) => uri)).sort();
  // Live, those within the window.
  assert.deepEqual(all, live ? held.filter((uri) => all.includes(uri)) : held);
}
// A variant's rate is its picture's and its sound's; the average is what the MPD says.
const sound = new Map(mpd.map((s) => [`audio${s.stream}`, s.bandwidth]));
for (const [a, b] of mpd.map((s, i) => [s, list[i]])) {
  const apart = b.audio && b.audio !== `audio${b.stream}` ? sound.get(b.audio) : 0;
  assert.equal(b.average, a.bandwidth + apart);
  assert.ok(b.bandwidth >= b.average);
}
// hls.js keeps variants with pictures, where there are any.
const pictures = list.filter((s) => s.height || !list.some((t) => t.height));
const ladder = ({ average, height, segments }) => ({ average, height, segments });
const inOrder = (streams) => streams.map(ladder).sort((a, b) => a.average - b.average);
assert.deepEqual(inOrder(levels), inOrder(pictures));
const segments = mpd.reduce((sum, s) => sum + s.segments.length, 0);
console.log(`${mpd.length} streams, ${segments} segments: the same to mpd-parser, m3u8-parser and hls.js`);
