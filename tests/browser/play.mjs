// Real players in a real browser against `abrsim serve`: dash.js, hls.js and Shaka Player each play
// a minute of media on the same viewer's network, and meanwhile dash.js and hls.js follow a live
// channel in chunks. What their <video> elements did is held against what abrsim's report says.
//
// usage: node play.mjs ABRSIM OUT [--only TEXT]
//
// Needs chromium (or CHROMIUM, its path) and the packages of package.json; says so where they are
// not there, and passes.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [abrsim, out] = process.argv.slice(2);
if (!abrsim || !out) {
  console.error("usage: node play.mjs ABRSIM OUT [--only TEXT]");
  process.exit(2);
}
const only = process.argv[process.argv.indexOf("--only") + 1 || process.argv.length];
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
 * Who plays what. All on demand are viewer 0, each in a world of their own that begins with them.
 * Those with events tell what they do as it happens besides (CMCD version 2), and are judged by that.
 */
const PLAYS = [
  { run: "dash.js", player: "dash.js", of: "staircase", entry: "manifest.mpd" },
  { run: "hls.js", player: "hls.js", of: "staircase", entry: "master.m3u8" },
  { run: "shaka", player: "shaka", of: "staircase", entry: "manifest.mpd" },
  { run: "shaka-hls-events", player: "shaka", of: "staircase", entry: "master.m3u8", events: true },
  { run: "dash.js-events", player: "dash.js", of: "staircase", entry: "manifest.mpd", events: true },
  { run: "hls.js-events", player: "hls.js", of: "staircase", entry: "master.m3u8", events: true },
  { run: "dash.js-live", player: "dash.js", of: "channel", entry: "manifest.mpd", low: TARGET },
  { run: "hls.js-live", player: "hls.js", of: "channel", entry: "master.m3u8", low: TARGET },
].filter(({ run }) => !only || run === only || only.split(",").includes(run));

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
    if (!file && url !== "/") answer.statusCode = 404;
    answer.end(file ? readFileSync(file) : page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

// Playing --------------------------------------------------------------------------------------

const failures = [];
const fail = (why) => failures.push(why);

/** One player, from its beginning to its end: what was seen of it. */
async function play(instance, home, server, { run, player, of, entry, low, events }) {
  const context = await instance.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => message.type() === "error" && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  const asked = [];
  if (process.env.ASKED) {
    page.on("request", (request) => {
      if (!request.url().startsWith("http://127") || request.url().startsWith(home.url)) return;
      const own = Object.entries(request.headers()).filter(([name]) => name.startsWith("cmcd"));
      const body = request.postData();
      asked.push([Date.now(), request.method(), decodeURIComponent(request.url().split("/").slice(4).join("/")), ...own.map((o) => o[1]), body].filter(Boolean).join(" "));
    });
  }
  await page.goto(home.url);
  const t0 = Date.now();
  const sid = `0.${run}`;
  const url = `${server.url}as/${sid}/${entry}`;
  const report = events && new URL("/cmcd", server.url).href;
  await page.evaluate(([player, how]) => watch(player, how), [
    player,
    { url, sid, cid: of, low, events: report },
  ]);
  const most = low ? LIVE : MOST;
  const ended = page.waitForFunction(() => seen.ended !== null, null, { timeout: most * 1000 });
  await ended.catch(() => {});
  const seen = await page.evaluate(() => report());
  if (process.env.ASKED) (await import("node:fs")).writeFileSync(path.join(out, run + ".asked"), t0 + "\n" + asked.map((a) => ((+a.slice(0, 13) - t0) / 1000).toFixed(2) + a.slice(13)).join("\n"));
  return { run, low, seen, said, close: () => context.close() };
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

/** The rows of a CSV with a header, as objects. */
function rows(file) {
  const [head, ...lines] = readFileSync(file, "utf8").trim().split("\n").map((l) => l.split(","));
  return lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]])));
}

mkdirSync(out, { recursive: true });
const scenarios = [...new Set(PLAYS.map(({ of }) => of))];
const home = await pages();
const servers = Object.fromEntries(
  await Promise.all(scenarios.map(async (of) => [of, await serve(of)])),
);
const instance = await chromium.launch({
  executablePath,
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
  ],
});
const played = await Promise.all(PLAYS.map((one) => play(instance, home, servers[one.of], one)));
if (process.env.DEBUG) console.log(JSON.stringify(played, null, 1));
// A page that is closed asks for nothing more: what it last asked for is what counts.
await Promise.all(Object.values(servers).map((server) => server.stop()));
await instance.close();
home.stop();

// What abrsim says of it -----------------------------------------------------------------------

const all = scenarios.flatMap((of) => {
  const { folder } = servers[of];
  for (const name of ["index.html", "summary.json", "sessions.csv"]) {
    if (!existsSync(path.join(folder, name))) fail(`${of}: there is no ${name} in the report`);
  }
  return existsSync(path.join(folder, "sessions.csv")) ? rows(path.join(folder, "sessions.csv")) : [];
});
const table = [];
for (const { run, low, seen, said } of played) {
  const row = all.find((row) => row.run === run);
  if (!row) {
    fail(`${run}: the report says nothing of it`);
    continue;
  }
  const stood = sum(seen.stalls.map(([from, to]) => to - from));
  const switches = seen.heights.length - 1;
  table.push({
    run,
    "media s": seen.media.toFixed(1),
    "startup s": `${seen.startup?.toFixed(2)} / ${Number(row.startup_s).toFixed(2)}`,
    stalls: `${seen.stalls.length} / ${row.stalls}`,
    "stalled s": `${stood.toFixed(2)} / ${Number(row.stall_s).toFixed(2)}`,
    switches: `${switches} / ${row.switches}`,
    end: row.end,
    ZBR: row.zero_buffer,
    "frames dropped": `${seen.dropped} of ${seen.frames}`,
  });
  console.log(run, JSON.stringify({ troubles: seen.troubles, said, heights: seen.heights, stalls: seen.stalls, waits: seen.waits, behind: seen.behind.filter((_, i) => i % 100 == 0), error: seen.error }));
}
console.table(table);
for (const why of failures) console.error(`FAILED ${why}`);
process.exit(failures.length ? 1 : 0);
