/* Two inputs of a linear unit, and the loss over its two weights, for the chapter on initialisation.

   Looks for <div class="input-valley"> and draws in it: the cloud of the examples at the left; at the right the
   ellipses of half the mean squared error, and gradient descent at its best rate. The reader sets the inputs' means
   and scales. The loss is that of the cloud; the chapter's cell computes the same table from the matrix alone. */
"use strict";
(() => {
  const { button, line, make, minus, normals, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .input-valley .dot { fill: var(--ink-green); fill-opacity: .7; }
    .input-valley .level { fill: none; stroke: currentColor; stroke-opacity: .3; }
    .input-valley .way { fill: none; stroke: var(--ink-blue); stroke-width: 1.4; stroke-linejoin: round; }
    .input-valley .step { fill: var(--ink-blue); }
    .input-valley .best { fill: none; stroke: currentColor; stroke-width: 2; }
    .input-valley .name { font-weight: 600; }
    .input-valley .axis-name { paint-order: stroke; stroke: var(--pst-color-background, #fff); stroke-width: 5px; }
    .input-valley label.slide { flex: 1 1 100%; min-width: 0; }
    .input-valley label.slide span { min-width: 8.6rem; }
    .input-valley .say { min-height: 4.5em; font-variant-numeric: tabular-nums; }
    @media screen and (max-width: 40rem) { .input-valley .say { min-height: 7.5em; } }`;
  const COUNT = 60, START = [-1.5, 0.9];  // examples; the first weights, less those of the minimum
  const CLOSE = 0.01;  // the distance to the minimum that counts as arrived, as a share of the first one
  const DRAWN = 20;  // the most updates that are drawn
  const SIDE = 168, INPUTS = { unit: 17, left: 52, up: 116 }, WEIGHTS = { unit: 44, left: 84, up: 84 };

  /* So many points with mean 0 and variance 1 in both coordinates, which are uncorrelated. */
  function cloud() {
    const drawn = normals(2, 2 * COUNT), dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0) / COUNT;
    const [a, b] = [0, 1].map((part) => Array.from({ length: COUNT }, (_, i) => drawn[2 * i + part]));
    const centred = (v) => v.map((x) => x - v.reduce((sum, y) => sum + y, 0) / COUNT);
    const scaled = (v) => v.map((x) => x / Math.sqrt(dot(v, v)));
    const first = scaled(centred(a)), rest = centred(b), share = dot(first, rest);
    const second = scaled(rest.map((x, i) => x - share * first[i]));
    return first.map((x, i) => [x, second[i]]);
  }

  /* The examples when each input's mean is so many of its standard deviations, and those are 1 and 1/ratio. */
  const inputs = (mean, ratio) => cloud().map(([a, b]) => [a + mean, (b + mean) / ratio]);

  /* The mean of x xᵀ as [a, b, c] of [[a, b], [b, c]]: the curvature of half the mean squared error. */
  function curvature(points) {
    const mean = (i, j) => points.reduce((sum, x) => sum + x[i] * x[j], 0) / points.length;
    return [mean(0, 0), mean(0, 1), mean(1, 1)];
  }

  /* Its eigenvalues, the larger first, and the angle of that one's direction in degrees. */
  function axes([a, b, c]) {
    const middle = (a + c) / 2, half = Math.hypot((a - c) / 2, b);
    return { large: middle + half, small: (a * c - b * b) / (middle + half), angle: (Math.atan2(2 * b, a - c) * 90) / Math.PI };
  }

  const bestRate = (H) => 2 / (H[0] + H[2]);  // two over the sum of the eigenvalues

  /* Gradient descent at the best rate, seen from the minimum, until it has arrived. */
  function descend([a, b, c]) {
    const rate = bestRate([a, b, c]), goal = CLOSE * Math.hypot(...START), path = [START];
    while (Math.hypot(...path.at(-1)) > goal) {
      const [x, y] = path.at(-1);
      path.push([x - rate * (a * x + b * y), y - rate * (b * x + c * y)]);
    }
    return path;
  }

  const shown = (x) => (x >= 10 ? x.toFixed(0) : x.toPrecision(2));

  function words(H, updates) {
    const { large, small } = axes(H), count = `${updates.toLocaleString("en")} update${updates === 1 ? "" : "s"}`;
    return `Curvatures ${shown(large)} and ${shown(small)}: condition number ${(large / small).toFixed(0)}. `
      + `At the best rate, ${shown(bestRate(H))}, gradient descent takes ${count} to come a hundred times as close to the minimum.`
      + (updates > DRAWN ? ` The first ${DRAWN} are drawn.` : "");
  }

  class Valley {
    constructor(host, number) {
      this.state = { mean: 2, ratio: 4 };
      const svg = this.svg = make("svg", { viewBox: "0 0 360 194", role: "img" }, host);
      make("rect", { width: SIDE, height: SIDE }, make("clipPath", { id: `input-valley-${number}` }, svg));
      this.dots = this.panel(number, 4, "the inputs", "x", INPUTS);
      const right = this.panel(number, 188, "the loss", "w", WEIGHTS);
      this.levels = [1, 0.5, 0.2, 0.05].map((share) => [share, make("ellipse", { class: "level" }, right)]);
      this.way = make("path", { class: "way" }, right);
      this.steps = make("g", {}, right);
      make("path", { class: "best", d: `M${WEIGHTS.left - 5} ${WEIGHTS.up}h10m-5 -5v10` }, right);
      this.say = make("p", { class: "say", role: "status", "aria-live": "polite" }, host);
      const steer = make("div", { class: "steer" }, host);
      this.sliders = sliders(steer, {
        mean: ["Means", { min: 0, max: 3, step: 0.25, tell: (x) => x.toFixed(2), spoken: (x) => `${x} standard deviations` }],
        ratio: ["Scales of x₁ and x₂", { min: 1, max: 10, tell: (x) => `${x} : 1`, spoken: (x) => `${x} to 1` }],
      }, (change) => this.set(change));
      button(steer, "Subtract the means", () => this.set({ mean: 0 }));
      button(steer, "Divide by the standard deviations", () => this.set({ ratio: 1 }));
      this.set({});
    }

    /* A square with two axes and their names; what is drawn in it later is cut off at its border. */
    panel(number, left, name, letter, { left: x, up: y }) {
      const outer = make("g", { transform: `translate(${left} 22)` }, this.svg), inner = make("g", { "clip-path": `url(#input-valley-${number})` }, outer);
      make("text", { x: SIDE / 2, y: -8, "text-anchor": "middle", class: "name" }, outer, name);
      if (letter === "x") make("path", { class: "axis", d: `M0 ${y}H${SIDE}M${x} 0V${SIDE}` }, outer);
      else make("path", { class: "axis", d: `M0 ${SIDE}H${SIDE}M0 ${SIDE}V0` }, outer);
      const [high, low] = letter === "x" ? [y + 16, x - 7] : [SIDE - 7, 22];
      make("text", { x: SIDE - 2, y: high, "text-anchor": "end", class: "axis-name" }, outer, `${letter}₁`);
      make("text", { x: low, y: 12, "text-anchor": "end", class: "axis-name" }, outer, `${letter}₂`);
      return inner;
    }

    set(change) {
      Object.assign(this.state, change);
      const points = inputs(this.state.mean, this.state.ratio), H = curvature(points), path = descend(H);
      const { large, small, angle } = axes(H), at = ({ unit, left, up }, [x, y]) => [left + unit * x, up - unit * y];
      this.dots.replaceChildren();
      for (const [cx, cy] of points.map((x) => at(INPUTS, x))) make("circle", { class: "dot", cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2.4 }, this.dots);
      const level = H[0] * START[0] ** 2 + 2 * H[1] * START[0] * START[1] + H[2] * START[1] ** 2;
      for (const [share, ellipse] of this.levels) {
        const [rx, ry] = [large, small].map((h) => (WEIGHTS.unit * Math.sqrt((share * level) / h)).toFixed(2));
        set(ellipse, { rx, ry, transform: `translate(${WEIGHTS.left} ${WEIGHTS.up}) rotate(${(-angle).toFixed(3)})` });
      }
      const drawn = path.slice(0, DRAWN + 1).map((w) => at(WEIGHTS, w));
      this.way.setAttribute("d", line(drawn));
      this.steps.replaceChildren();
      for (const [cx, cy] of drawn) make("circle", { class: "step", cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2.4 }, this.steps);
      const text = words(H, path.length - 1), { mean, ratio } = this.state;
      this.say.textContent = text;
      this.svg.setAttribute("aria-label", `The examples of two inputs, their means ${minus(mean)} standard deviations from 0 and their scales ${ratio} to 1, and the loss over the two weights. ${text}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }
  }

  if (globalThis.document) ready("input-valley", Valley, STYLE);
  else module.exports = { START, cloud, inputs, curvature, axes, bestRate, descend, words };
})();
