// Lets readers go through the sessions of a few viewers, and into any stretch of them.
//
// The idea to hold: what is chosen (a viewer, a run, a stretch of time) is one state; whatever
// changes it, everything is drawn anew from the numbers in the page. The sessions of a viewer have
// the same axes under every run, so that they can be compared by clicking through them.

/** How requests are coloured, by how a cache found what they were for. */
const FOUND = {
  hit: "#0072B2",
  stale: "#56B4E9",
  collapsed: "#CC79A7",
  miss: "#E69F00",
  negative: "#D55E00",
};
const PLAIN = "#6E7A86";
const TROUBLE = "#D0212B";
const SOURCES = ["an edge", "a shield"];

/** What is beside and above plots, and how tall the one of requests is. */
const [LEFT, RIGHT, ABOVE, WATERFALL] = [44, 8, 26, 160];

/** No stretch is shorter, in seconds. */
const SHORTEST = 0.5;

/** Times in seconds and values of a curve, from times since the one before in milliseconds. */
function curve(flat, scale) {
  const points = [];
  for (let at = 0, time = 0; at < flat.length; at += 2) {
    points.push([(time += flat[at]) / 1e3, flat[at + 1] / scale]);
  }
  return points;
}

/** The value of such a curve at a time. */
const valueOf = (points, time, stairs) => valueAt(points.flat(), time, stairs);

/** The requests of a session, each with what there is to say of it. */
function requests(run, own, { fields, fates, found: kinds }) {
  const all = [];
  for (let at = 0, asked = 0; at < own.requests.length; at += fields) {
    const one = own.requests.slice(at, at + fields);
    const [since, first, end, kilobytes, track, index, rung, fate, told] = one;
    asked += since;
    const found = kinds[told % 10];
    const place = Math.floor(told / 10);
    const source = SOURCES[place] ?? run.stores?.[place - 2] ?? "the origin";
    const name = track === run.main ? run.rungs[rung]?.[0] : `rung ${rung}`;
    all.push({
      from: asked / 1e3,
      first: first < 0 ? undefined : (asked + first) / 1e3,
      to: (end < 0 ? own.end : asked + end) / 1e3,
      found,
      bad: ["failed", "abandoned"].includes(fates[fate]),
      text: [
        track < 0 ? `document ${index}` : `${run.tracks[track]} segment ${index}, ${name}`,
        `asked for at ${(asked / 1e3).toFixed(2)} s`,
        ...(first < 0 ? [] : [`first byte after ${first} ms`]),
        ...(end < 0 ? [] : [`over after ${end} ms`]),
        `${fates[fate]}, ${kilobytes} kB`,
        ...(found ? [`${found}, from ${source}`] : []),
      ],
    });
  }
  return all;
}

/** A session as it is drawn: times in seconds, rates in Mbit/s. */
function session(run, own, all) {
  const shown = curve(own.shown, 1);
  const left = own.left ? `; there was no room for ${own.left} of its requests` : "";
  return {
    end: own.end / 1e3,
    story: own.story + left,
    bandwidth: curve(own.bandwidth, 1e3),
    estimate: curve(own.estimate, 1e3),
    rungs: shown,
    bitrate: shown.map(([time, rung]) => [time, (run.rungs[rung]?.[1] ?? 0) / 1e3]),
    dearest: Math.max(0, ...run.rungs.map(([, kbps]) => kbps / 1e3)),
    buffer: curve(own.buffer, 1e3),
    stalls: curve(own.stalls, 1e3).map(([from, length]) => [from, from + length]),
    behind: own.behind && curve(own.behind, 1e3),
    target: own.target && curve(own.target, 1e3),
    requests: requests(run, own, all),
  };
}

const most = (...curves) => Math.max(0, ...curves.flat().map(([, value]) => value));

/** How far the axes of some sessions go. */
function axes(sessions) {
  const all = (of) => sessions.map(of);
  const dearest = Math.max(...all(({ dearest }) => dearest));
  const fastest = Math.max(...all(({ bandwidth, estimate }) => most(bandwidth, estimate)));
  const live = sessions.filter(({ behind }) => behind);
  const latencies = live.flatMap(({ behind, target }) => [...behind, ...target]);
  const lowest = Math.min(...latencies.map(([, value]) => value));
  return {
    end: Math.max(...all(({ end }) => end)),
    rates: [0, 1.05 * Math.max(dearest, Math.min(fastest, 2 * dearest))],
    buffer: [0, 1.05 * Math.max(...all(({ buffer }) => most(buffer))) || 1],
    behind: live.length && [Math.max(lowest - 0.25, 0), most(latencies) + 0.25],
  };
}

/** Round numbers between two, about so many, and how many decimals they have. */
function ticks(low, high, about) {
  const unit = 10 ** Math.floor(Math.log10((high - low) / about));
  const step = [1, 2, 5, 10].find((times) => (high - low) / (times * unit) <= about) * unit;
  const all = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high; at += 1) all.push(at * step);
  return { all, decimals: clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 3) };
}

/** A stretch of a session, drawn as wide as there is room. */
class Drawing {
  constructor(svg, own, axes, colour, [from, to], width) {
    svg.replaceChildren();
    Object.assign(this, { svg, own, axes, colour, from, to, left: LEFT, right: width - RIGHT });
    this.bottom = 0;
    this.plots();
    this.time(width / 110);
    const upright = { y1: ABOVE, y2: this.bottom, stroke: "var(--ink)" };
    this.cursor = show(draw(svg, "line", { ...upright, "stroke-dasharray": "3 3" }), false);
    const height = this.bottom - ABOVE;
    const chosen = { y: ABOVE, height, fill: "var(--accent)", opacity: 0.2 };
    this.chosen = show(draw(svg, "rect", chosen), false);
    set(svg, { viewBox: `0 0 ${width} ${this.bottom + 44}`, height: this.bottom + 44 });
  }

  across(time) {
    return ((time - this.from) / (this.to - this.from)) * (this.right - this.left);
  }

  timeAt(x) {
    const share = (clamp(x, this.left, this.right) - this.left) / (this.right - this.left);
    return this.from + share * (this.to - this.from);
  }

  plots() {
    const { own, axes, colour } = this;
    const rates = this.plot("Mbit/s", 190, axes.rates);
    this.area(rates, own.bandwidth, true, { fill: "var(--ink)", opacity: 0.13 });
    this.line(rates, own.bandwidth, true, { stroke: "var(--ink)", opacity: 0.4 });
    this.line(rates, own.estimate, true, { stroke: "var(--ink)" });
    this.line(rates, own.bitrate, true, { stroke: colour, "stroke-width": 3 });
    const buffer = this.plot("media in the buffer, s", 100, axes.buffer);
    this.area(buffer, own.buffer, false, { fill: colour, opacity: 0.13 });
    this.line(buffer, own.buffer, false, { stroke: colour, "stroke-width": 2 });
    if (own.behind) {
      const behind = this.plot("behind live, s", 110, axes.behind);
      this.line(behind, own.target, true, { stroke: "var(--ink)", opacity: 0.6 });
      this.line(behind, own.behind, false, { stroke: colour, "stroke-width": 2 });
    }
    this.boxes = this.waterfall(this.plot("requests", WATERFALL));
  }

  /** A plot below the last one, with its axis, and stalls behind all of it. */
  plot(name, height, range) {
    const top = this.bottom + ABOVE;
    this.bottom = top + height;
    draw(this.svg, "text", { x: 0, y: top - 8 }, name);
    const [low, high] = range ?? [0, 1];
    const up = (value) => height * (1 - clamp((value - low) / (high - low), 0, 1));
    const { all, decimals } = range ? ticks(low, high, height / 30) : { all: [] };
    for (const value of all) {
      const y = top + up(value);
      draw(this.svg, "line", { x1: LEFT, x2: this.right, y1: y, y2: y, class: "grid" });
      const place = { x: LEFT - 6, y: y + 4, class: "end" };
      draw(this.svg, "text", place, value.toFixed(decimals));
    }
    const frame = { x: LEFT, y: top, width: this.right - LEFT, height };
    const inner = draw(this.svg, "svg", frame);
    for (const [from, to] of this.own.stalls) {
      if (to < this.from || from > this.to) continue;
      const width = Math.max(this.across(to) - this.across(from), 2);
      const stall = { x: this.across(from), y: 0, width, height, fill: TROUBLE };
      draw(inner, "rect", { ...stall, opacity: 0.28 });
    }
    return { inner, up, top, height };
  }

  /** The corners of a curve, from the last before the stretch to the first after it. */
  corners({ up }, points, stairs) {
    const corners = [];
    const add = (time, y) => corners.push([this.across(time).toFixed(1), y]);
    const first = points.findLastIndex(([time]) => time <= this.from);
    for (const [time, value] of points.slice(Math.max(first, 0))) {
      if (stairs && corners.length) add(time, corners.at(-1)[1]);
      add(time, up(value).toFixed(1));
      if (time > this.to) break;
    }
    if (stairs && corners.length) add(this.own.end, corners.at(-1)[1]);
    return corners;
  }

  line(plot, points, stairs, attributes) {
    const d = `M${this.corners(plot, points, stairs).join("L")}`;
    if (d.length > 1) draw(plot.inner, "path", { d, fill: "none", ...attributes });
  }

  area(plot, points, stairs, attributes) {
    const corners = this.corners(plot, points, stairs);
    if (!corners.length) return;
    const ground = [corners.at(-1), corners[0]].map(([x]) => [x, plot.height]);
    const d = `M${[...corners, ...ground].join("L")}Z`;
    draw(plot.inner, "path", { d, ...attributes });
  }

  /** Requests, each in the row below the one before, and from the top again at the bottom. */
  waterfall({ inner, top }) {
    const within = ({ from, to }) => to >= this.from && from <= this.to;
    const shown = this.own.requests.filter(within);
    const tall = clamp(WATERFALL / Math.max(shown.length, 1), 3, 14);
    const rows = Math.floor(WATERFALL / tall);
    return shown.map((request, place) => {
      const y = (place % rows) * tall;
      const start = this.across(request.from);
      const end = Math.max(this.across(request.to), start + 1);
      const first = clamp(this.across(request.first ?? request.to), start, end);
      const bar = { y: y + 0.5, height: tall - 1, fill: FOUND[request.found] ?? PLAIN };
      draw(inner, "rect", { ...bar, x: start, width: first - start, opacity: 0.35 });
      draw(inner, "rect", { ...bar, x: first, width: end - first });
      if (request.bad) draw(inner, "rect", { ...bar, x: end - 2, width: 3, fill: TROUBLE });
      return { request, left: LEFT + start, right: LEFT + end, y: top + y, tall };
    });
  }

  /** The axis of time below all plots. */
  time(about) {
    const { all, decimals } = ticks(this.from, this.to, about);
    for (const time of all) {
      const x = LEFT + this.across(time);
      draw(this.svg, "line", { x1: x, x2: x, y1: ABOVE, y2: this.bottom, class: "grid" });
      const place = { x, y: this.bottom + 18, class: "middle" };
      draw(this.svg, "text", place, time.toFixed(decimals));
    }
    const place = { x: (LEFT + this.right) / 2, y: this.bottom + 36, class: "middle" };
    draw(this.svg, "text", place, "from pressing play, s");
  }

  requestAt({ x, y }) {
    const under = (box) =>
      box.y <= y && y < box.y + box.tall && box.left - 3 <= x && x <= box.right + 3;
    return this.boxes.find(under)?.request;
  }
}

/** Things to choose from under a name. */
function group(name, ...content) {
  const label = make("span", { className: "label" }, name);
  const group = make("div", { className: "picker", aria: { label: name } }, label, ...content);
  return set(group, { role: "group" });
}

/** Buttons to choose one of several, or a list where there are many; and how to say which is. */
function picker(name, names, choose) {
  if (names.length > 10) {
    const options = names.map((name, value) => make("option", { value }, name));
    const select = make("select", { aria: { label: name } }, ...options);
    select.onchange = () => choose(Number(select.value));
    return [group(name, select), (chosen) => (select.value = chosen)];
  }
  const button = (name, place) =>
    make("button", { type: "button", onclick: () => choose(place) }, name);
  const buttons = names.map(button);
  const press = (chosen) =>
    buttons.forEach((button, place) => set(button, { "aria-pressed": place === chosen }));
  return [group(name, ...buttons), press];
}

const HELP =
  "Timeline. Left and right read it, up and down go through requests, plus and minus zoom, " +
  "0 shows all, shift with left and right moves along.";

class Explorer {
  constructor(place, all) {
    this.all = all;
    [this.run, this.viewer, this.stretch, this.time, this.box] = [0, 0, null, null, -1];
    this.svg = set(draw(place, "svg"), { role: "img" });
    this.stage = make("div", { className: "stage", tabIndex: 0, aria: { label: HELP } }, this.svg);
    set(this.stage, { role: "application" });
    this.story = make("p", { className: "story", aria: { live: "polite" } });
    this.key = make("div", { className: "key" });
    const runs = all.runs.map(({ name }) => name);
    const viewers = all.viewers.map((one, at) => `${one}${at ? ", among the worst" : ""}`);
    const [ofRuns, run] = picker("Run", runs, (run) => this.update({ run }));
    const choose = (viewer) => this.update({ viewer, stretch: null });
    const [ofViewers, viewer] = picker("Viewer", viewers, choose);
    this.press = () => (run(this.run), viewer(this.viewer));
    place.append(ofViewers, ofRuns, this.zoom(), this.story, this.key, this.stage);
    this.tip = new Tip(this.stage);
    this.places = places(this.svg);
    this.listenToPointers();
    this.listenToKeys();
    new ResizeObserver(() => this.width !== this.stage.clientWidth && this.draw()).observe(place);
    this.update({});
  }

  zoom() {
    const button = (text, label, onclick) =>
      make("button", { type: "button", onclick, aria: { label } }, text);
    return group(
      "Zoom",
      button("+", "Zoom in", () => this.scale(0.5)),
      button("−", "Zoom out", () => this.scale(2)),
      button("all", "Show all", () => this.update({ stretch: null })),
    );
  }

  /** Takes what was chosen, and shows that. */
  update(changes) {
    Object.assign(this, { time: null, box: -1 }, changes);
    const run = this.all.runs[this.run];
    const seen = ({ seen }) => seen[this.viewer];
    this.own = seen(run) && session(run, seen(run), this.all);
    const others = this.all.runs.filter(seen).map((run) => session(run, seen(run), this.all));
    this.axes = axes(others);
    this.press();
    const story = this.own?.story ?? "not there";
    this.story.textContent = `Viewer ${this.all.viewers[this.viewer]} under ${run.name}: ${story}.`;
    set(this.svg, { "aria-label": this.story.textContent });
    this.key.replaceChildren(...(this.own ? this.samples(run) : []));
    this.draw();
  }

  /** What the colours are. */
  samples(run) {
    const lines = [
      ["#9AA4AE", "bandwidth"],
      ["var(--ink)", "throughput estimate"],
      [run.colour, "bitrate displayed"],
      [TROUBLE, "stall"],
    ];
    const kinds = [...new Set(this.own.requests.map(({ found }) => found))];
    const requests = kinds.map((kind) => [FOUND[kind] ?? PLAIN, kind ?? "request"]);
    const is = ([, name]) => name !== "throughput estimate" || this.own.estimate.length;
    const note = "pale before the first byte, red at the end if failed or abandoned";
    const all = [...lines.filter(is), ...requests];
    return [...all.map(([colour, name]) => sample(colour, name)), make("span", {}, note)];
  }

  draw() {
    this.leave();
    this.width = this.stage.clientWidth;
    this.drawn = null;
    this.svg.replaceChildren();
    if (!this.own) return;
    const colour = ink(this.all.runs[this.run].colour);
    const width = Math.max(this.width, 300);
    const { svg, own, axes } = this;
    this.drawn = new Drawing(svg, own, axes, colour, this.window(), width);
  }

  /** What is shown, from when to when. */
  window() {
    const { end } = this.axes;
    if (!this.stretch) return [0, end];
    const [middle, wanted] = this.stretch;
    const length = clamp(wanted, Math.min(SHORTEST, end), end);
    const from = clamp(middle - length / 2, 0, end - length);
    return [from, from + length];
  }

  scale(by) {
    if (!this.own) return;
    const [from, to] = this.window();
    this.update({ stretch: [this.time ?? (from + to) / 2, (to - from) * by] });
  }

  /** Says what there is at a moment, or of a request, and shows where. */
  read(time, y, request, aloud) {
    this.time = time;
    const x = this.drawn.left + this.drawn.across(time);
    show(set(this.drawn.cursor, { x1: x, x2: x }), true);
    const lines = request ? request.text : this.moment(time);
    this.tip.show(lines, this.places.onScreen(x, y), aloud);
  }

  moment(time) {
    const { own } = this;
    const lines = [make("b", {}, `at ${time.toFixed(2)} s`)];
    if (time > own.end) return [...lines, "the session is over"];
    const say = (name, points, stairs, unit) => {
      const value = points && valueOf(points, time, stairs);
      if (value !== undefined) lines.push(`${name} ${value.toFixed(2)} ${unit}`);
    };
    say("bandwidth", own.bandwidth, true, "Mbit/s");
    say("estimate", own.estimate, true, "Mbit/s");
    const rung = valueOf(own.rungs, time, true);
    const name = this.all.runs[this.run].rungs[rung]?.[0];
    if (name) lines.push(`displayed ${name}`);
    say("buffer", own.buffer, false, "s");
    say("behind live", own.behind, false, "s");
    const stalled = own.stalls.some(([from, to]) => from <= time && time <= to);
    return stalled ? [...lines, make("b", {}, "stalled")] : lines;
  }

  leave() {
    this.tip.hide();
    this.time = null;
    if (this.drawn) show(this.drawn.cursor, false);
  }

  /** Whoever points reads, and whoever drags chooses a stretch. */
  listenToPointers() {
    let start = null;
    const on = (kind, act) =>
      this.svg.addEventListener(kind, (event) => this.drawn && act(this.places.of(event), event));
    const dragged = (x) => start !== null && Math.abs(x - start) > 4;
    on("pointerdown", ({ x }, { pointerId }) => {
      start = x;
      this.svg.setPointerCapture(pointerId);
    });
    on("pointermove", (at) => {
      const { drawn } = this;
      if (dragged(at.x)) {
        const [from, to] = [start, at.x].map((x) => clamp(x, drawn.left, drawn.right));
        show(set(drawn.chosen, { x: Math.min(from, to), width: Math.abs(to - from) }), true);
      }
      this.read(drawn.timeAt(at.x), Math.max(at.y, ABOVE), drawn.requestAt(at));
    });
    on("pointerup", ({ x }) => {
      const [from, to] = [start, x].map((x) => this.drawn.timeAt(x));
      const is = dragged(x);
      start = null;
      if (is) this.update({ stretch: [(from + to) / 2, Math.abs(to - from)] });
    });
    on("pointercancel", () => (start = null));
    on("pointerleave", (_, { pointerType }) => {
      if (start === null && pointerType !== "touch") this.leave();
    });
    on("dblclick", () => this.update({ stretch: null }));
  }

  listenToKeys() {
    this.stage.addEventListener("keydown", (event) => {
      if (!this.drawn || event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.pressed(event.key, event.shiftKey)) event.preventDefault();
    });
    this.stage.addEventListener("blur", () => this.leave());
  }

  /** Does what a key is for; says whether it is for anything. */
  pressed(key, shifted) {
    const [from, to] = this.window();
    const along = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const over = { ArrowUp: -1, ArrowDown: 1 }[key];
    const middle = (from + to) / 2;
    if (along && shifted) {
      this.update({ stretch: [middle + (along * (to - from)) / 4, to - from] });
    } else if (along) {
      const time = (this.time ?? middle) + (along * (to - from)) / 100;
      this.read(clamp(time, from, to), ABOVE, null, true);
    } else if (over) {
      this.nextRequest(over);
    } else {
      const acts = {
        "+": () => this.scale(0.5),
        "=": () => this.scale(0.5),
        "-": () => this.scale(2),
        0: () => this.update({ stretch: null }),
        Escape: () => this.leave(),
      };
      acts[key]?.();
      return key in acts;
    }
    return true;
  }

  /** Reads the next request of the stretch, or the one before. */
  nextRequest(over) {
    const { boxes, from, to } = this.drawn;
    if (!boxes.length) return;
    const start = this.box < 0 && over < 0 ? 0 : this.box;
    this.box = (start + over + boxes.length) % boxes.length;
    const { request, y } = boxes[this.box];
    this.read(clamp(request.from, from, to), y, request, true);
  }
}

const numbers = document.getElementById("sessions");
if (numbers) {
  new Explorer(document.getElementById("explorer"), JSON.parse(numbers.textContent));
  document.getElementById("pictures").hidden = true;
}
