/**
 * Reports as readers meet them, in a real browser: whether everybody can use the page (axe), whether
 * it asks nothing of anybody, whether it fits on a telephone, and whether what it lets readers do
 * works.
 *
 *   node axe.mjs ABRSIM OUT
 *
 * Runs scenarios with a few viewers and opens their pages, light and dark, wide and narrow. Says
 * that it could not be tried, and ends well, where there is no browser or no axe.
 */

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [abrsim, out] = process.argv.slice(2);
if (!abrsim || !out) {
  console.error("usage: node axe.mjs ABRSIM OUT");
  process.exit(2);
}
const here = path.dirname(fileURLToPath(import.meta.url));

function pass(why) {
  console.log(`reports not tried in a browser: ${why}`);
  process.exit(0);
}

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = [process.env.CHROMIUM, ...places].find((place) => place && existsSync(place));
if (!executablePath) pass("there is no chromium");
const axe = path.join(here, "node_modules/axe-core/axe.min.js");
if (!existsSync(axe)) pass("axe-core is not there (npm ci)");
const { chromium } = await import("playwright-core");

/** The page of ten runs has to be smaller. */
const LARGEST = 3_000_000;

/** On demand, live, behind caches, and ten runs of two hours each. */
const TEN = [
  'abr=["throughput", "bba-0", "bola", "robust-mpc", "hls.js"]',
  'sweep={ "player.buffer" = ["15s", "30s"] }',
  "content.duration=2h",
];
const PAGES = [
  { name: "plain", scenario: "first-look", set: ["viewers=60"] },
  { name: "live", scenario: "live-classic", set: ["viewers=20"] },
  { name: "chain", scenario: "flash-crowd", set: ["viewers=200"] },
  { name: "ten", scenario: "first-look", set: ["viewers=30", ...TEN] },
];

let failures = 0;
function expect(is, what) {
  if (is) return;
  failures += 1;
  console.log(`FAILED: ${what}`);
}

function report({ name, scenario, set }) {
  const folder = path.join(out, name);
  const file = path.join("scenarios", `${scenario}.toml`);
  const overrides = set.flatMap((one) => ["--set", one]);
  const ran = spawnSync(abrsim, ["run", file, "--out", folder, "--quiet", ...overrides]);
  if (ran.status !== 0) throw new Error(`abrsim run ${file}: ${ran.stderr}`);
  return path.join(folder, "index.html");
}

const instance = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

/** Opens a page, whose errors and requests fail what it is opened for. */
async function open(file, { width = 1280, scheme = "light", script = true } = {}) {
  const url = pathToFileURL(file).href;
  const context = await instance.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    reducedMotion: "reduce",
    javaScriptEnabled: script,
  });
  const page = await context.newPage();
  const what = `${path.basename(path.dirname(file))}, ${width} pixels, ${scheme}`;
  page.on("pageerror", (error) => expect(false, `${what}: ${error}`));
  page.on("console", (said) => expect(said.type() !== "error", `${what}: ${said.text()}`));
  page.on("request", (asked) => expect(asked.url() === url, `${what}: asks for ${asked.url()}`));
  await page.goto(url);
  return { page, what, close: () => context.close() };
}

/** Whether everybody can use it, and whether it fits. */
async function check(file, width, scheme) {
  const { page, what, close } = await open(file, { width, scheme });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide <= width, `${what}: the page is ${wide} pixels wide`);
  await page.addScriptTag({ path: axe });
  const { violations, passes } = await page.evaluate(() => axe.run());
  expect(passes.length > 10, `${what}: axe found only ${passes.length} rules to check`);
  for (const { id, impact, nodes } of violations) {
    const heavy = impact === "serious" || impact === "critical";
    const where = nodes.slice(0, 3).map(({ html }) => html.slice(0, 160));
    expect(!heavy, `${what}: ${impact}: ${id} at ${where.join(" and ")}`);
  }
  await close();
}

/** What readers can do with charts. */
async function charts(file) {
  const { page, what, close } = await open(file);
  const figure = page.locator("main > figure", { hasText: "The whiskers are" });
  const group = figure.locator("svg .s0").first();
  await group.locator("circle").last().hover();
  const said = await figure.locator(".tip").innerText();
  expect(/% of .* viewers never stalled/.test(said), `${what}: no tooltip but ${said}`);
  const button = figure.locator(".legend button").first();
  await button.click();
  const off = () => group.evaluate((element) => element.classList.contains("off"));
  expect((await button.getAttribute("aria-pressed")) === "false", `${what}: still pressed`);
  expect(await off(), `${what}: a series that was taken away is there`);
  await button.click();
  expect(!(await off()), `${what}: a series that was brought back is not there`);
  const curves = page.locator("#charts figure").first();
  await curves.locator(".wide").focus();
  await page.keyboard.press("ArrowRight");
  const first = await curves.locator(".tip").innerText();
  await page.keyboard.press("ArrowRight");
  const second = await curves.locator(".tip").innerText();
  expect(/switches per minute/.test(first), `${what}: keys read nothing of ${first}`);
  expect(first !== second, `${what}: keys do not go along an axis`);
  const heard = await curves.locator("[aria-live]").innerText();
  expect(heard === second.replace(/\n+/g, "; "), `${what}: what is shown is not heard: ${heard}`);
  await page.keyboard.press("Escape");
  expect(await curves.locator(".tip").isHidden(), `${what}: Escape does not hide a tooltip`);
  await close();
}

/** What readers can do with sessions. */
async function sessions(file) {
  const { page, what, close } = await open(file);
  const place = page.locator("#explorer");
  const stage = place.locator(".stage");
  const ticks = () => stage.locator("text.middle").allTextContents();
  const story = () => place.locator(".story").innerText();
  const button = (name) => place.getByRole("button", { name, exact: true });
  const whole = await ticks();
  await button("Zoom in").click();
  const half = await ticks();
  expect(half.join() !== whole.join(), `${what}: + does not zoom`);
  await button("Zoom out").click();
  expect((await ticks()).join() === whole.join(), `${what}: − does not zoom`);
  await stage.scrollIntoViewIfNeeded();
  const box = await stage.boundingBox();
  await page.mouse.move(box.x + 0.4 * box.width, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.6 * box.width, box.y + 90, { steps: 3 });
  await page.mouse.up();
  expect((await ticks()).join() !== whole.join(), `${what}: dragging does not zoom`);
  expect(/^at [\d.]+ s/.test(await read(stage, 0.5, 90)), `${what}: no values at a moment`);
  await stage.focus();
  await page.keyboard.press("0");
  expect((await ticks()).join() === whole.join(), `${what}: 0 does not show all`);
  await page.keyboard.press("ArrowDown");
  const request = await stage.locator(".tip").innerText();
  expect(/asked for at/.test(request), `${what}: no request is read: ${request}`);
  const before = await story();
  const runs = place.getByRole("group", { name: "Run" }).getByRole("button");
  await runs.last().click();
  expect((await story()) !== before, `${what}: another run is the same`);
  const viewers = place.getByRole("group", { name: "Viewer" }).getByRole("button");
  if ((await viewers.count()) > 1) {
    const former = await story();
    await viewers.last().click();
    expect((await story()) !== former, `${what}: another viewer is the same`);
  }
  await close();
}

/** What a tooltip says of a place of an element. */
async function read(element, across, down) {
  const box = await element.boundingBox();
  await element.page().mouse.move(box.x + across * box.width, box.y + down);
  return element.locator(".tip").innerText();
}

/** The page without its script. */
async function unscripted(file) {
  const { page, what, close } = await open(file, { script: false });
  const pictures = page.locator("#pictures > figure svg");
  expect((await pictures.count()) === 1, `${what}: without a script there is no timeline`);
  expect(await pictures.first().isVisible(), `${what}: and nobody can see it`);
  expect((await page.locator("button").count()) === 0, `${what}: buttons that do nothing`);
  await close();
}

for (const one of PAGES) {
  const file = report(one);
  const size = statSync(file).size;
  expect(size < LARGEST, `${one.name}: the page has ${size} bytes`);
  if (one.name !== "ten") {
    for (const width of [1280, 390]) {
      for (const scheme of ["light", "dark"]) await check(file, width, scheme);
    }
    await charts(file);
    await unscripted(file);
  }
  await sessions(file);
  console.log(`${one.name}: ${(size / 1e6).toFixed(2)} MB, ${failures} failures so far`);
}
await instance.close();
process.exit(failures ? 1 : 0);
