/* Grid and random search with as many runs each, seen from above and from the side, for the chapter on tuning.

   Looks for <div class="search-projection"> and draws in it: a square for the grid and one for random search,
   each with its shadow on the important axis, and below them the chance of a hit against the number of runs. The
   good part is a band (one hyperparameter matters) or a square (both do). Chances are computed from formulas,
   and measured by drawing where the reader asks for it; the chapter's cells compute the same numbers. Nothing
   moves unless the reader moves it. */
"use strict";
(() => {
  const { button, clamp, drag, make, mulberry32, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .search-projection .good { fill: var(--ink-blue); fill-opacity: .18; stroke: var(--ink-blue); stroke-dasharray: 4 3; }
    .search-projection .try { fill: currentColor; fill-opacity: .75; }
    .search-projection .try.in { fill: var(--ink-blue); fill-opacity: 1; stroke: currentColor; stroke-width: 1; }
    .search-projection .shadow { stroke: currentColor; stroke-width: 1.6; stroke-opacity: .75; }
    .search-projection .shadow.in { stroke: var(--ink-blue); stroke-width: 3; stroke-opacity: 1; }
    .search-projection .line { fill: none; stroke-width: 2; }
    .search-projection .line.grid { stroke: var(--ink-blue); stroke-dasharray: 7 4; }
    .search-projection .line.random { stroke: var(--ink-red); }
    .search-projection .name { font-weight: 600; }
    .search-projection .grid:not(.line) { fill: var(--ink-blue); }
    .search-projection .random:not(.line) { fill: var(--ink-red); }
    .search-projection .place { cursor: ew-resize; touch-action: pan-y; }
    .search-projection label.slide span { min-width: 6.4rem; }
    .search-projection .say { min-height: 6.5em; }`;
  const MOST = 10, DRAWS = 500;

  const percent = (share) => `${Math.round(100 * share)} %`;

  /* The chance that a band of this width, anywhere on the axis, holds one of m values at equal distances. */
  function onAxis(m, width) {
    const gap = 1 / m, free = (m - 1) * Math.max(0, gap - width) + 2 * Math.max(0, gap / 2 - width);
    return 1 - free / (1 - width);
  }

  /* The side of the good part along an axis that matters, so that its share of the square is q. */
  const side = (q, both) => (both ? Math.sqrt(q) : q);
  const gridChance = (m, q, both) => onAxis(m, side(q, both)) ** (both ? 2 : 1);
  const randomChance = (n, q) => 1 - (1 - q) ** n;

  /* The points of a grid, and of random search: n of them, in the unit square. */
  function gridPoints(m) {
    return Array.from({ length: m * m }, (_, i) => [((i % m) + 0.5) / m, (Math.floor(i / m) + 0.5) / m]);
  }
  function randomPoints(n, draw) {
    return Array.from({ length: n }, () => [draw(), draw()]);
  }

  /* Which points lie in the good part whose lower corner is at x, y. */
  function inside(points, q, both, x, y) {
    const width = side(q, both);
    return points.map(([a, b]) => a >= x && a <= x + width && (!both || (b >= y && b <= y + width)));
  }

  /* The share of good parts anywhere, of ``draws``, that each search has hit. */
  function measure(m, q, both, draws, draw) {
    const grid = gridPoints(m), free = 1 - side(q, both), hits = [0, 0];
    for (let i = 0; i < draws; i += 1) {
      const x = free * draw(), y = free * draw();
      [grid, randomPoints(m * m, draw)].forEach((points, j) => {
        hits[j] += inside(points, q, both, x, y).some(Boolean) ? 1 : 0;
      });
    }
    return hits.map((count) => count / draws);
  }

  class Chart {
    constructor(host, number) {
      this.state = { m: 3, q: 0.12, both: false, x: 0.7, y: 0.4 };
      this.draw = mulberry32(7 + number);
      this.drawSquares(host);
      this.drawCurves(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.controls(host);
      this.points = randomPoints(MOST * MOST, this.draw);
      this.show();
    }

    drawSquares(host) {
      const svg = this.squares = make("svg", { viewBox: "0 0 360 214", role: "img", class: "place" }, host);
      this.panels = ["grid", "random"].map((name, i) => {
        const left = 10 + 180 * i, panel = make("g", { transform: `translate(${left} 18)` }, svg);
        make("text", { x: 80, y: -5, "text-anchor": "middle", class: `name ${name}` }, panel, `${name} search`);
        const good = make("rect", { class: "good" }, panel);
        make("rect", { x: 0, y: 0, width: 160, height: 160, class: "axis" }, panel);
        make("path", { d: "M0 175H160", class: "axis" }, panel);
        const tries = make("g", {}, panel), shadows = make("g", {}, panel);
        make("text", { x: 80, y: 194, "text-anchor": "middle" }, panel, "important");
        return { good, tries, shadows };
      });
      make("text", { x: 180, y: 102, transform: "rotate(-90 180 102)", "text-anchor": "middle" }, svg, "the other one");
      drag(svg, (x) => this.set({ x: (x - (x >= 180 ? 190 : 10)) / 160 - side(this.state.q, this.state.both) / 2 }));
    }

    drawCurves(host) {
      const svg = make("svg", { viewBox: "0 -6 360 156", "aria-hidden": "true" }, host);
      make("path", { class: "axis", d: "M48 10V114H300" }, svg);
      for (const share of [0, 0.5, 1]) make("text", { x: 43, y: this.high(share) + 4, "text-anchor": "end" }, svg, percent(share));
      for (const n of [1, 25, 50, 75, 100]) make("text", { x: this.wide(n), y: 129, "text-anchor": "middle" }, svg, String(n));
      make("text", { x: 174, y: 145, "text-anchor": "middle" }, svg, "runs; chance that one of them is good");
      this.curves = ["grid", "random"].map((name) => make("path", { class: `line ${name}` }, svg));
      this.dots = ["grid", "random"].map((name) => make("circle", { r: 5, class: `dot ${name}` }, svg));
      this.names = ["grid", "random"].map((name) => make("text", { x: 306, class: `name ${name}` }, svg, name));
    }

    wide(n) { return 48 + 252 * (n - 1) / (MOST * MOST - 1); }
    high(share) { return 114 - 104 * share; }

    controls(host) {
      this.sliders = sliders(host, {
        m: ["runs", { min: 1, max: MOST, tell: (m) => String(m * m) }],
        q: ["good part", { min: 0.02, max: 0.5, step: 0.01, tell: percent }],
        x: ["place of it", { min: 0, max: 1, step: 0.01, tell: (x) => x.toFixed(2) }],
      }, (change) => this.set(change));
      const row = make("div", { class: "steer" }, host);
      const label = make("label", {}, row);
      this.box = make("input", { type: "checkbox" }, label);
      make("span", {}, label, "both matter");
      this.box.addEventListener("change", () => this.set({ both: this.box.checked }));
      button(row, "Draw again", () => {
        this.points = randomPoints(MOST * MOST, this.draw);
        const free = 1 - side(this.state.q, this.state.both);
        this.set({ x: free * this.draw(), y: free * this.draw() });
      });
      button(row, `Try ${DRAWS} times`, () => {
        const { m, q, both } = this.state;
        this.measured = measure(m, q, both, DRAWS, this.draw);
        this.show();
      });
    }

    set(change) {
      if (["m", "q", "both"].some((name) => name in change)) this.measured = null;
      Object.assign(this.state, change);
      const free = 1 - side(this.state.q, this.state.both);
      this.state.x = clamp(this.state.x, 0, free);
      this.state.y = clamp(this.state.y, 0, free);
      this.show();
    }

    show() {
      const { m, q, both, x, y } = this.state, n = m * m, width = side(q, both);
      const counts = [gridPoints(m), this.points.slice(0, n)].map((points, j) => {
        const { good, tries, shadows } = this.panels[j], found = inside(points, q, both, x, y);
        set(good, { x: 160 * x, width: 160 * width, y: both ? 160 * (1 - y - width) : 0, height: both ? 160 * width : 175 });
        tries.replaceChildren();
        shadows.replaceChildren();
        points.forEach(([a, b], i) => {
          const extra = found[i] ? " in" : "";
          make("circle", { cx: 160 * a, cy: 160 * (1 - b), r: 4, class: `try${extra}` }, tries);
          make("line", { x1: 160 * a, x2: 160 * a, y1: 169, y2: 181, class: `shadow${extra}` }, shadows);
        });
        return found.filter(Boolean).length;
      });
      const range = Array.from({ length: MOST }, (_, i) => i + 1);
      const steps = range.map((k) => `${k > 1 ? `H${this.wide(k * k).toFixed(1)}V` : `M${this.wide(1)} `}${this.high(gridChance(k, q, both)).toFixed(1)}`);
      const smooth = Array.from({ length: MOST * MOST }, (_, i) => `${this.wide(i + 1).toFixed(1)} ${this.high(randomChance(i + 1, q)).toFixed(1)}`);
      this.curves[0].setAttribute("d", steps.join(""));
      this.curves[1].setAttribute("d", `M${smooth.join("L")}`);
      const chances = [gridChance(m, q, both), randomChance(n, q)];
      chances.forEach((share, j) => {
        set(this.dots[j], { cx: this.wide(n), cy: this.high(share) });
      });
      const ends = [gridChance(MOST, q, both), randomChance(MOST * MOST, q)].map((share) => this.high(share) + 4);
      if (Math.abs(ends[0] - ends[1]) < 14) {
        const up = ends[0] <= ends[1] ? 0 : 1, middle = (ends[0] + ends[1]) / 2;
        ends[up] = middle - 7;
        ends[1 - up] = middle + 7;
      }
      this.names.forEach((name, j) => name.setAttribute("y", ends[j]));
      const runs = (count) => (count === 1 ? "1 run" : `${count} runs`);
      const values = `${m} ${m === 1 ? "value" : "values"}`;
      const part = both ? "a square" : "a band of the important one";
      let text = `${runs(n)} each; the good part is ${part}, ${percent(q)} of all. The grid tries ${values} of the important one, random search ${n}. `
        + `Here it holds ${runs(counts[0])} of the grid and ${counts[1]} of random search. `
        + `With the good part anywhere the chance of a hit is ${percent(chances[0])} for the grid and ${percent(chances[1])} for random search.`;
      if (this.measured) text += ` Measured in ${DRAWS} trials: ${percent(this.measured[0])} and ${percent(this.measured[1])}.`;
      this.say.textContent = text;
      this.squares.setAttribute("aria-label", `Grid search and random search in a square of two hyperparameters. ${text}`);
      this.box.checked = both;
      this.sliders.x.input.max = (1 - width).toFixed(2);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }
  }

  if (globalThis.document) ready("search-projection", Chart, STYLE);
  else module.exports = { gridChance, randomChance, gridPoints, measure };
})();
