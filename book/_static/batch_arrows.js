/* Gradients of many batches at one place, for the chapter on mini-batches.

   Looks for <div class="batch-arrows" data-points="[[x, y], …]"> and draws in it the steps that 60 random batches
   ask for, and the step of all points, for a line that is fitted to the points. The reader chooses the size of the
   batches and how far the line is from the best one. Draws come from a seeded generator. Nothing moves by itself. */
"use strict";
(() => {
  const { button, make, mulberry32, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .batch-arrows svg { background: var(--pst-color-surface, #f6f6f6); border-radius: 6px; }
    .batch-arrows .few { stroke: var(--ink-blue); stroke-opacity: .55; stroke-width: 1.3; fill: none; }
    .batch-arrows .ends { fill: var(--ink-blue); }
    .batch-arrows .whole { stroke: var(--ink-red); stroke-width: 4; fill: none; stroke-linecap: round; }
    .batch-arrows .uphill { fill: currentColor; fill-opacity: .07; }
    .batch-arrows text.whole { stroke: none; fill: var(--ink-red); font-weight: 600; }
    .batch-arrows label.slide span { min-width: 9.5rem; }
    .batch-arrows .say { min-height: 4.6em; font-variant-numeric: tabular-nums; }`;
  const SIZES = [1, 2, 5, 10, 20, 50, 100], BATCHES = 60, MOST = 1.5, STEP = 0.05;
  const AWAY = [-0.8, -0.6];  // from the best line, in intercept and slope: of length 1
  const WIDTH = 360, HEIGHT = 240, CENTRE = [180, 120], ROOM = 105;

  /* The line through the points with the least mean square: [intercept, slope]. */
  function best(points) {
    const n = points.length, mean = (f) => points.reduce((sum, p) => sum + f(p), 0) / n;
    const x = mean(([a]) => a), y = mean(([, b]) => b);
    const slope = mean(([a, b]) => (a - x) * (b - y)) / mean(([a]) => (a - x) ** 2);
    return [y - slope * x, slope];
  }

  /* Each point's gradient of (intercept + slope x - y)^2, so far from the best line. */
  function gradients(points, far) {
    const w = best(points).map((value, i) => value + far * AWAY[i]);
    return points.map(([x, y]) => {
      const error = w[0] + w[1] * x - y;
      return [2 * error, 2 * error * x];
    });
  }

  const average = (rows) => [0, 1].map((i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);

  /* The gradients of 60 batches of different points. */
  function draws(each, size, seed) {
    const uniform = mulberry32(seed), order = each.map((_, i) => i);
    return Array.from({ length: BATCHES }, () => {
      for (let i = 0; i < size; i += 1) {
        const j = i + Math.floor(uniform() * (order.length - i));
        [order[i], order[j]] = [order[j], order[i]];
      }
      return average(order.slice(0, size).map((i) => each[i]));
    });
  }

  /* The root mean square of the batches' error: by the law, and as drawn; and how many batches point downhill. */
  function told(each, drawn, size) {
    const whole = average(each), n = each.length;
    const off = (rows) => rows.reduce((sum, [a, b]) => sum + (a - whole[0]) ** 2 + (b - whole[1]) ** 2, 0) / rows.length;
    const down = drawn.filter(([a, b]) => a * whole[0] + b * whole[1] > 0).length;
    return { whole, law: Math.sqrt((off(each) / size) * (n - size) / (n - 1)), seen: Math.sqrt(off(drawn)), down };
  }

  class Arrows {
    constructor(host, number) {
      this.points = JSON.parse(host.dataset.points);
      this.state = { size: 5, far: 1, seed: 1 };
      const svg = this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, host);
      make("rect", { width: WIDTH, height: HEIGHT }, make("clipPath", { id: `batch-arrows-${number}` }, svg));
      const inside = make("g", { "clip-path": `url(#batch-arrows-${number})` }, svg);
      this.uphill = make("path", { class: "uphill" }, inside);
      this.few = make("path", { class: "few" }, inside);
      this.ends = make("g", { class: "ends" }, inside);
      this.whole = make("path", { class: "whole" }, inside);
      make("text", { x: 8, y: 18 }, svg, "steps of 60 batches");
      make("text", { x: 8, y: 34, class: "whole" }, svg, "step of all points");
      make("text", { x: 352, y: 232, "text-anchor": "end" }, svg, "grey: uphill");
      make("text", { x: 8, y: 232 }, svg, "scaled to fit");
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.sliders = sliders(host, {
        size: ["batch size", { min: 0, max: SIZES.length - 1, read: (i) => SIZES[i], write: (size) => SIZES.indexOf(size) }],
        far: ["distance to the best line", { min: 0, max: MOST, step: STEP, tell: (far) => far.toFixed(2) }],
      }, (change) => this.show(change));
      button(make("div", { class: "steer" }, host), "Other batches", () => this.show({ seed: this.state.seed + 1 }));
      this.show({});
    }

    show(change) {
      const { size, far, seed } = Object.assign(this.state, change);
      const each = gradients(this.points, far), drawn = draws(each, size, seed);
      const { whole, law, seen, down } = told(each, drawn, size);
      const length = Math.hypot(...whole), scale = ROOM / (length + 2 * law || 1);  // so that most arrows fit
      const place = ([a, b]) => [CENTRE[0] - scale * a, CENTRE[1] + scale * b];
      const arrow = (g) => `M${CENTRE}L${place(g).map((v) => v.toFixed(1))}`;
      this.few.setAttribute("d", drawn.map(arrow).join(""));
      this.ends.replaceChildren();
      for (const g of drawn) {
        const [cx, cy] = place(g);
        make("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2.2 }, this.ends);
      }
      this.whole.setAttribute("d", arrow(whole));
      const [across, along] = [[-whole[1], -whole[0]], [whole[0], -whole[1]]].map((v) => v.map((one) => (600 * one) / (length || 1)));
      const corner = (i, j) => CENTRE.map((c, k) => (c + i * across[k] + j * along[k]).toFixed(1)).join(" ");
      this.uphill.setAttribute("d", length < 1e-9 ? "" : `M${corner(1, 0)}L${corner(1, 1)}L${corner(-1, 1)}L${corner(-1, 0)}Z`);
      const slope = length < 1e-9 ? "At the best line the whole gradient is zero: what the batches ask for is noise alone."
        : `${down} of the ${BATCHES} point downhill.`;
      const text = `Batches of ${size}: their gradients are off by ${law.toFixed(2)} by the law, ${seen.toFixed(2)} in these draws; `
        + `the whole gradient has the length ${length.toFixed(2)}. ${slope}`;
      this.say.textContent = text;
      set(this.svg, { "aria-label": `Arrows from one place. ${text}` });
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }
  }

  if (globalThis.document) ready("batch-arrows", Arrows, STYLE);
  else module.exports = { SIZES, BATCHES, AWAY, best, gradients, average, draws, told };
})();
