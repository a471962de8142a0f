// Real players in a real browser against `abrsim serve`: dash.js, hls.js and Shaka Player each play
// a minute of media on the same viewer's network, and then dash.js and hls.js follow a live
// channel in chunks. What their <video> elements did is held against what abrsim's report says.
//
// usage: node play.mjs ABRSIM OUT [--strict] [--only RUN,RUN]
//
// What depends on how fast the machine is (startup, stalls, time behind live) is printed where it is
// too far apart, and fails only with --strict, which is for a machine that does nothing else.
//
// Needs chromium (or CHROMIUM, its path) and the packages of package.json; says so where they are
// not there, and passes. OUT/RUN.json is all that was seen and asked for.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { strict: { type: "boolean" }, only: { type: "string" } },
});
const [abrsim, out] = positionals;
if (!abrsim || !out) {
  console.error("usage: node play.mjs ABRSIM OUT [--strict] [--only RUN,RUN]");
  process.exit(2);
}
const here = path.dirname(fileURLToPath(import.meta.url));

/** Ends well with one line: there is nothing to try this with. */
function pass(why) {
  console.log(`not tried in a browser: ${why}`);
  process.exit(0);
}

function browser() {
  const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = [process.env.CHROMIUM, ...places].find((place) => place && existsSync(place));
  return found ?? pass("there is no chromium");
}

function library(name) {
  const file = path.join(here, "node_modules", name);
  return existsSync(file) ? file : pass(`${name} is not there (npm ci)`);
}

const executablePath = browser();
const FILES = {
  "/dash.js": library("dashjs/dist/modern/umd/dash.all.min.js"),
  "/hls.js": library("hls.js/dist/hls.min.js"),
  "/shaka.js": library("shaka-player/dist/shaka-player.compiled.js"),
  "/page.js": path.join(here, "page.js"),
};
library("playwright-core");
const { chromium } = await import("playwright-core");

// What is played -------------------------------------------------------------------------------

/** Seconds of the media on demand, and how long a player may take over it. */
const MEDIA = 60;
const MOST = 100;
/** Seconds that live is watched. */
const LIVE = 45;
/** How far behind live players are asked to be. */
const TARGET = 3;

/**
 * Who plays what. All are viewer 0, on demand each in a world of their own that begins with them.
 * Those with events also post what they do as it happens (CMCD version 2), and are judged by that.
 * They play when they are asked for: two cores decode no more than five pictures in time.
 */
const ALL = [
  { run: "dash.js", player: "dash.js", of: "staircase", entry: "manifest.mpd" },
  { run: "hls.js", player: "hls.js", of: "staircase", entry: "master.m3u8" },
  { run: "shaka", player: "shaka", of: "staircase", entry: "manifest.mpd" },
  { run: "shaka-hls-events", player: "shaka", of: "staircase", entry: "master.m3u8", events: true },
  { run: "dash.js-events", player: "dash.js", of: "staircase", entry: "manifest.mpd", events: true },
  { run: "hls.js-events", player: "hls.js", of: "staircase", entry: "master.m3u8", events: true },
  { run: "dash.js-live", player: "dash.js", of: "channel", entry: "manifest.mpd", low: TARGET },
  { run: "hls.js-live", player: "hls.js", of: "channel", entry: "master.m3u8", low: TARGET },
];
const only = options.only?.split(",");
const PLAYS = ALL.filter(({ run, events }) => (only ? only.includes(run) : !events));

// The servers ----------------------------------------------------------------------------------

/** Ends with this process, whatever comes. */
const children = [];
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** `abrsim serve`, once it listens. */
async function serve(scenario) {
  const folder = path.join(out, scenario);
  const file = path.join(here, `${scenario}.toml`);
  const child = spawn(abrsim, ["serve", file, "--listen", "127.0.0.1:0", "--out", folder]);
  children.push(child);
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  const over = new Promise((resolve) => child.on("exit", (code) => resolve(code)));
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      const lines = text.split("\n");
      if (lines.length > 2) resolve(new URL(".", lines[0]).href);
    });
    over.then((code) => reject(new Error(`abrsim serve ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await over;
    if (code !== 0) fail(`abrsim serve ${scenario} ended with ${code}: ${said}`);
  };
  return { scenario, url, folder, stop };
}

/** The page and the players' own files. */
async function pages() {
  const page = `<!doctype html><meta charset=utf-8><title>player</title>
    <video style="width:320px;height:180px"></video>
    <script src=/dash.js></script><script src=/hls.js></script><script src=/shaka.js></script>
    <script src=/page.js></script>`;
  const server = createServer(({ url }, answer) => {
    const file = FILES[url];
    answer.setHeader("content-type", file ? "text/javascript" : "text/html");
    // The picture of a bookmark, for one.
    if (!file && url !== "/") answer.statusCode = 204;
    answer.end(file ? readFileSync(file) : page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

// Playing --------------------------------------------------------------------------------------

const failures = [];
const fail = (why) => failures.push(why);
/** What the machine may be the cause of. */
const differences = [];

/** What a player asks a server for, with what it says of itself, in seconds since 1970. */
function listen(page, server, asked) {
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(server.url).origin) return;
    const headers = Object.entries(request.headers()).filter(([name]) => name.startsWith("cmcd-"));
    const said = headers.map(([name, value]) => `${name}: ${value}`);
    const line = [request.method(), decodeURIComponent(request.url()), ...said, request.postData()];
    asked.push([Date.now() / 1000, ...line.filter(Boolean)]);
  });
}

/** One player, from its beginning to its end: what was seen of it. */
async function play(instance, home, server, { run, player, of, entry, low, events }) {
  // A context of its own has connections and a cache of its own.
  const context = await instance.newContext();
  const page = await context.newPage();
  const [said, asked] = [[], []];
  page.on("console", (message) => message.type() === "error" && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  listen(page, server, asked);
  await page.goto(home.url);
  const sid = `0.${run}`;
  const url = `${server.url}as/${sid}/${entry}`;
  const how = { url, sid, cid: of, low, events: events && new URL("/cmcd", server.url).href };
  await page.evaluate(([player, how]) => watch(player, how), [player, how]);
  const timeout = (low ? LIVE : MOST) * 1000;
  await page.waitForFunction(() => seen.ended !== null, null, { timeout }).catch(() => {});
  // The server cannot see the end, and reckons when it was: that has to have been by now.
  if (!low) await page.waitForTimeout(1500);
  const seen = await page.evaluate(() => report());
  writeFileSync(path.join(out, `${run}.json`), JSON.stringify({ seen, said, asked }, null, 1));
  return { run, of, low, seen, said: [...said], context };
}

mkdirSync(out, { recursive: true });
const scenarios = [...new Set(PLAYS.map(({ of }) => of))];
const home = await pages();
const instance = await chromium.launch({
  executablePath,
  headless: true,
  args: [
    ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio"],
    ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ...["--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling"],
    ...["--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"],
  ],
});

/** All players of a scenario, and what abrsim says of them. */
async function all(of) {
  const server = await serve(of);
  const own = PLAYS.filter((one) => one.of === of);
  const played = await Promise.all(own.map((one) => play(instance, home, server, one)));
  // At once: who is there when it stops is not taken for somebody whose media ran out.
  await server.stop();
  await Promise.all(played.map(({ context }) => context.close()));
  const missing = ["index.html", "summary.json", "sessions.csv", "charts"].filter(
    (name) => !existsSync(path.join(server.folder, name)),
  );
  missing.forEach((name) => fail(`${of}: there is no ${name} in the report`));
  const told = missing.includes("sessions.csv") ? [] : rows(path.join(server.folder, "sessions.csv"));
  return played.map((one) => ({ ...one, row: told.find((row) => row.run === one.run) }));
}

/** The rows of a CSV with a header, as objects. */
function rows(file) {
  const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => line.split(","));
  const [head, ...rest] = lines;
  return rest.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]])));
}

// One after the other: two cores decode three players in time, and not many more.
const played = [];
for (const scenario of scenarios) played.push(...(await all(scenario)));
await instance.close();
home.stop();

// What was seen beside what is said ------------------------------------------------------------

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/**
 * How far what is said may be from what is seen. The playhead is looked at every 50 ms, and a
 * picture that is there may take 0.3 s more to move where all cores decode: hence `startup`.
 * A server learns of a stall with the next request, which tells that there was one and how much is
 * held, of what has been taken in by then, but not to the frame when: hence 1.5 s, most of a segment,
 * or a third of what was seen.
 * Of a rung that an aborted request brought a part of, a player may show that part or not, which no
 * server can know; each is worth two switches.
 */
const NEAR = { startup: 0.5, stalled: 1.5, share: 1 / 3, switches: 2 };

/** Seconds of stall, seen or said, from which on there surely was one. Below, it may as well have
 * been the machine that was busy, and both outcomes are right. */
const SURELY = 0.6;

/** Behind live, of what was asked for: dash.js holds it, hls.js aims at it from above. */
const BEHIND = 2;

const table = [];
for (const { run, low, seen, said, row } of played) {
  const wrong = (why) => fail(`${run}: ${why}`);
  const differs = (why) => differences.push(`${run}: ${why}`);
  if (seen.startup === null) {
    wrong(`it did not play: ${[seen.error, ...seen.troubles, ...said].join("; ")}`);
    continue;
  }
  if (!row) {
    wrong("the report says nothing of it");
    continue;
  }
  const long = seen.stalls.map(([from, to]) => to - from);
  const [startup, stalled] = [seen.startup - seen.first, sum(long)];
  const switches = seen.heights.length - 1;
  const moved = seen.media - seen.place;
  const behind = low ? median(seen.behind.map(([, behind]) => behind)) : null;
  const beside = (own, told, digits) => `${own.toFixed(digits)} / ${Number(told).toFixed(digits)}`;
  table.push({
    player: run,
    "media, s": moved.toFixed(1),
    "startup, s": beside(startup, row.startup_s, 2),
    stalls: beside(long.length, row.stalls, 0),
    "stalled, s": beside(stalled, row.stall_s, 2),
    switches: beside(switches, row.switches, 0),
    "zero-buffer": `${long.length ? 0 : 1} / ${row.zero_buffer}`,
    "behind live, s": low ? beside(behind, row.latency_s_p50, 2) : "",
    "frames lost": `${seen.dropped} of ${seen.frames}`,
  });
  // It played: all of it, or for most of the time.
  if (seen.error) wrong(`the element failed: ${seen.error}`);
  if (!low && seen.ended === null) wrong(`it had not ended after ${MOST} s, but was at ${seen.media}`);
  if (moved < 0.8 * (low ? LIVE : MEDIA)) wrong(`it played ${moved.toFixed(1)} s only`);
  if (seen.frames < 20 * moved) wrong(`it showed ${seen.frames} frames in ${moved.toFixed(1)} s`);
  for (const trouble of [...seen.troubles, ...said]) wrong(trouble);
  if (low && !(behind < low + BEHIND)) differs(`it was ${behind.toFixed(1)} s behind live`);
  // And the report tells the same story.
  const far = (own, told, near) => !(Math.abs(own - Number(told)) <= near);
  const surely = Math.max(...long, 0, Number(row.stall_s)) >= SURELY;
  if (surely && (row.zero_buffer === "1") !== (long.length === 0)) {
    differs(`stalled ${stalled.toFixed(2)} s, but its zero-buffer outcome is ${row.zero_buffer}`);
  }
  if (far(startup, row.startup_s, NEAR.startup)) differs("its startup was not what is said");
  if (far(stalled, row.stall_s, Math.max(NEAR.stalled, NEAR.share * stalled))) {
    differs("it did not stall for as long as is said");
  }
  if (far(switches, row.switches, NEAR.switches)) wrong("it did not switch as often as is said");
}
console.log("real players, as seen / as abrsim says:");
console.table(Object.fromEntries(table.map(({ player, ...rest }) => [player, rest])));
for (const why of differences) console.error(`DIFFERS ${why}`);
for (const why of failures) console.error(`FAILED ${why}`);
process.exit(failures.length || (options.strict && differences.length) ? 1 : 0);
