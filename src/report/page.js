// What makes charts answer to pointers and keys, and what sessions.js needs too. The page is whole
// without any of it.
//
// The idea to hold: beside each drawing stand the numbers it was made from, in the places of the
// drawing, so a chart stays as it was drawn and is only pointed into.

"use strict";

/** An HTML element with properties, attributes for those who hear it, and what is in it. */
function make(tag, { aria = {}, ...properties } = {}, ...content) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  element.append(...content);
  return element;
}

/** An SVG element in another. */
function draw(parent, tag, attributes = {}, text = "") {
  const space = document.querySelector("svg").namespaceURI;
  const element = set(document.createElementNS(space, tag), attributes);
  element.textContent = text;
  parent.append(element);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const show = (element, is) => set(element, { visibility: is ? "visible" : "hidden" });

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** A number with as many digits as can be told apart where values are that far apart. */
function number(value, span) {
  const digits = clamp(2 - Math.floor(Math.log10(span || 1)), 0, 3);
  return value.toFixed(digits).replace("-", "−");
}

/** An axis' name without its unit, which stands after the last comma. */
const bare = (name) => name.replace(/, [^,]*$/, "");
const unit = (name) => (name.includes(", ") ? ` ${name.split(", ").pop()}` : "");

/** The ink of charts is that of the page. */
const ink = (colour) => (colour === "#1F2428" ? "var(--ink)" : colour);

/** A name with a sample of its colour. */
function sample(colour, name) {
  const square = make("span", { className: "sample" });
  square.style.background = ink(colour);
  return make("span", { className: "item" }, square, name);
}

/** What there is to say of a place, beside it. */
class Tip {
  constructor(around) {
    this.around = around;
    this.shown = make("div", { className: "tip", hidden: true });
    this.heard = make("div", { className: "heard", aria: { live: "polite" } });
    around.append(this.shown, this.heard);
  }

  /** Shows lines beside a place of the screen; those who use keys may hear them too. */
  show(lines, [x, y], aloud) {
    this.shown.replaceChildren(...lines.map((line) => make("div", {}, line)));
    this.shown.hidden = false;
    const room = this.around.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.shown;
    const beside = x < room.left + room.width / 2 ? x + 14 : x - width - 14;
    const left = clamp(beside - room.left, 0, Math.max(room.width - width, 0));
    this.shown.style.left = `${left}px`;
    this.shown.style.top = `${Math.max(y - room.top - height - 10, 0)}px`;
    if (aloud) this.heard.textContent = this.shown.innerText.replace(/\n+/g, "; ");
  }

  hide() {
    this.shown.hidden = true;
  }
}

/** Where on a drawing a pointer is, and where on the screen a place of the drawing. */
function places(svg) {
  const frame = () => {
    const { left, top, width } = svg.getBoundingClientRect();
    const { x, y, width: units } = svg.viewBox.baseVal;
    return { left, top, x, y, scale: width / units };
  };
  return {
    of(event) {
      const { left, top, x, y, scale } = frame();
      return { x: x + (event.clientX - left) / scale, y: y + (event.clientY - top) / scale };
    },
    onScreen(across, down) {
      const { left, top, x, y, scale } = frame();
      return [left + (across - x) * scale, top + (down - y) * scale];
    },
  };
}

/** The value of a curve, whose places and values follow one another, if it has one there. */
function valueAt(points, place, stairs) {
  if (!points.length || place < points[0]) return undefined;
  let at = 0;
  while (at + 2 < points.length && points[at + 2] <= place) at += 2;
  const [from, low, to, high] = points.slice(at, at + 4);
  if (stairs || to === undefined || to === from) return low;
  return low + ((high - low) * (place - from)) / (to - from);
}

/** Lets a chart say what is where. */
class Chart {
  constructor(figure, { series, panels, marks }) {
    this.wide = figure.querySelector(".wide");
    this.svg = this.wide.querySelector("svg");
    Object.assign(this, { series, marks, tip: new Tip(figure), places: places(this.svg) });
    this.panels = panels.filter((panel) => panel.curves.length);
    /** The series that are not shown. */
    this.off = new Set();
    this.cross = show(draw(this.svg, "g", { class: "cross" }), false);
    this.line = draw(this.cross, "line", { stroke: "var(--ink)", "stroke-dasharray": "3 3" });
    this.box = draw(this.cross, "rect", { fill: "none", stroke: "var(--ink)", rx: 3 });
    const dot = ([, colour]) =>
      draw(this.cross, "circle", { r: 4, fill: ink(colour), stroke: "var(--paper)" });
    this.dots = series.map(dot);
    this.listenToPointers();
    this.listenToKeys();
    if (series.length > 1) this.wide.after(this.legend());
  }

  groups(of) {
    return this.svg.querySelectorAll(`.s${of}`);
  }

  /** Makes one series stand out, or none. */
  light(of = null) {
    this.svg.classList.toggle("lit", of !== null && !this.off.has(of));
    this.series.forEach((_, other) => {
      this.groups(other).forEach((group) => group.classList.toggle("on", other === of));
    });
  }

  hide() {
    this.tip.hide();
    this.light();
    for (const part of [this.cross, this.line, this.box, ...this.dots]) show(part, false);
  }

  /** Says what every curve is at a place of a panel. */
  cut({ frame: [left, top, right, bottom], x, y, curves, title }, across, aloud) {
    this.hide();
    const [name, low, high, logarithmic] = x;
    const place = low + ((across - left) / (right - left)) * (high - low);
    const value = logarithmic ? 10 ** place : place;
    const read = number(value, logarithmic ? value : high - low);
    const of = title ? `, ${title}` : "";
    const lines = [make("b", {}, `${bare(name)}: ${read}${unit(name)}${of}`)];
    show(set(this.line, { x1: across, x2: across, y1: top, y2: bottom }), true);
    for (const [series, stairs, points] of curves) {
      const here = valueAt(points, place, stairs);
      if (here === undefined || this.off.has(series)) continue;
      const up = clamp((here - y[1]) / (y[2] - y[1]), 0, 1) * (bottom - top);
      show(set(this.dots[series], { cx: across, cy: bottom - up }), true);
      const [who, colour] = this.series[series];
      lines.push(sample(colour, `${who} ${number(here, y[2] - y[1])}${unit(y[0])}`));
    }
    this.tip.show(lines, this.places.onScreen(across, top + 20), aloud);
  }

  /** Says what a dot, a bar or a cell stands for. */
  point([of, left, top, right, bottom, text], aloud) {
    this.hide();
    this.light(of);
    const [width, height] = [right - left + 4, bottom - top + 4];
    show(set(this.box, { x: left - 2, y: top - 2, width, height }), true);
    const line = of === null ? text : sample(this.series[of][1], text);
    this.tip.show([line], this.places.onScreen((left + right) / 2, top), aloud);
  }

  visible() {
    return this.marks.filter(([of]) => of === null || !this.off.has(of));
  }

  /** Says what there is at a place: the smallest mark around it, or else a panel's curves. */
  under({ x, y }) {
    const has = ([left, top, right, bottom]) =>
      left <= x && x <= right && top <= y && y <= bottom;
    const size = ([, left, top, right, bottom]) => (right - left) * (bottom - top);
    const marks = this.visible().filter(([, ...frame]) => has(frame));
    const panel = this.panels.find(({ frame }) => has(frame));
    if (marks.length) this.point(marks.reduce((a, b) => (size(b) < size(a) ? b : a)));
    else if (panel) this.cut(panel, x);
    else this.hide();
  }

  listenToPointers() {
    for (const kind of ["pointermove", "pointerdown"]) {
      this.svg.addEventListener(kind, (event) => this.under(this.places.of(event)));
    }
    // What a finger points at stays until something else is touched.
    this.svg.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") this.hide();
    });
  }

  /** Left and right go along an axis, up and down to other panels; or both from mark to mark. */
  listenToKeys() {
    set(this.wide, { role: "application", "aria-label": "Chart. Arrow keys read its values." });
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    let [panel, share, mark] = [0, 0.5, -1];
    this.wide.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.hide();
      const [along, over] = steps[event.key] ?? [0, 0];
      const marks = this.visible();
      const count = this.panels.length || marks.length;
      if ((!along && !over) || !count) return;
      event.preventDefault();
      if (this.panels.length) {
        panel = (panel + over + count) % count;
        share = clamp(share + along / 50, 0, 1);
        const [left, , right] = this.panels[panel].frame;
        this.cut(this.panels[panel], left + share * (right - left), true);
      } else {
        mark = (Math.max(mark, along + over < 0 ? 0 : -1) + along + over + count) % count;
        this.point(marks[mark], true);
      }
    });
    this.wide.addEventListener("blur", () => this.hide());
  }

  /** Buttons that take series away and bring them back, and make them stand out. */
  legend() {
    const button = ([name, colour], of) => {
      const button = make("button", { type: "button", aria: { pressed: true } });
      button.append(sample(colour, name));
      button.onclick = () => {
        if (!this.off.delete(of)) this.off.add(of);
        const off = this.off.has(of);
        set(button, { "aria-pressed": !off });
        this.groups(of).forEach((group) => group.classList.toggle("off", off));
        this.light(of);
      };
      button.onpointerenter = button.onfocus = () => this.light(of);
      button.onpointerleave = button.onblur = () => this.light();
      return button;
    };
    const buttons = this.series.map(button);
    const group = make("div", { className: "legend", aria: { label: "What is shown" } });
    group.append(...buttons);
    return set(group, { role: "group" });
  }
}

for (const figure of document.querySelectorAll("figure")) {
  const numbers = figure.querySelector("script");
  if (numbers) new Chart(figure, JSON.parse(numbers.textContent));
}
