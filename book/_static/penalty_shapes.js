/* The minimum of a loss of two weights with an L1 and with an L2 penalty, for the chapter on dropout.

   Looks for <div class="penalty-shapes"> and draws in it: the loss's ellipses twice, with the diamond of L1 and the
   circle of L2 that touch them. The reader sets the penalty's strength and turns the ellipses. Minima are computed
   from formulas; the chapter's cell finds the same ones by steps. Nothing moves unless the reader moves it. */
"use strict";
(() => {
  const { line, make, minus, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .penalty-shapes .level { fill: none; stroke: currentColor; stroke-opacity: .25; }
    .penalty-shapes .touch { fill: none; stroke: currentColor; stroke-width: 1.5; }
    .penalty-shapes .shape { fill: var(--ink-red); fill-opacity: .14; stroke: var(--ink-red); stroke-width: 2; }
    .penalty-shapes .way { fill: none; stroke: var(--ink-blue); stroke-width: 2; }
    .penalty-shapes .now { fill: var(--ink-blue); stroke: #fff; stroke-width: 1.5; }
    .penalty-shapes .best { fill: none; stroke: currentColor; stroke-width: 2; }
    .penalty-shapes .name { font-weight: 600; }
    .penalty-shapes .axis-name { paint-order: stroke; stroke: var(--pst-color-background, #fff); stroke-width: 5px; }
    .penalty-shapes label.slide { min-width: 0; }
    .penalty-shapes label.slide span { min-width: 7.6rem; }
    .penalty-shapes .say { min-height: 6em; font-variant-numeric: tabular-nums; }
    .penalty-shapes .say span { display: block; }
    @media screen and (max-width: 40rem) { .penalty-shapes .say { min-height: 9em; } }`;
  const CURVES = [1, 0.5], BEST = [1.4, 0.8];  // the loss's curvatures and its minimum
  const MOST = 2, UNIT = 62, SIDE = 168, LEFT = 34, UP = 124;  // the largest strength; a panel in pixels, and its origin

  /* The loss's matrix [[a, b], [b, c]] as [a, b, c], when its ellipses are turned by so many degrees. */
  function matrix(turn) {
    const [p, q] = CURVES, x = Math.cos((turn * Math.PI) / 180), y = Math.sin((turn * Math.PI) / 180);
    return [p * x * x + q * y * y, (p - q) * x * y, p * y * y + q * x * x];
  }

  const times = ([a, b, c], [x, y]) => [a * x + b * y, b * x + c * y];
  const solve = ([a, b, c], [x, y]) => [(c * x - b * y) / (a * c - b * b), (a * y - b * x) / (a * c - b * b)];
  const slope = (H, w) => times(H, w.map((x, i) => x - BEST[i]));
  const loss = (H, w) => slope(H, w).reduce((sum, g, i) => sum + (g * (w[i] - BEST[i])) / 2, 0);

  /* The minimum of the loss plus half the strength times the squares: one linear equation. */
  function ridge(H, strength) {
    const [a, b, c] = H;
    return solve([a + strength, b, c + strength], times(H, BEST));
  }

  /* The minimum of the loss plus the strength times the sizes: the best of the origin, the minima on the axes, and
     those that there would be if the signs were given. */
  function lasso(H, strength) {
    const pull = times(H, BEST), soft = (v) => Math.sign(v) * Math.max(0, Math.abs(v) - strength);
    const signs = [[1, 1], [1, -1], [-1, 1], [-1, -1]];
    const within = signs.map((sign) => solve(H, pull.map((v, i) => v - strength * sign[i])));
    const places = [[0, 0], [soft(pull[0]) / H[0], 0], [0, soft(pull[1]) / H[2]], ...within];
    const cost = (w) => loss(H, w) + strength * (Math.abs(w[0]) + Math.abs(w[1]));
    return places.reduce((best, w) => (cost(w) < cost(best) - 1e-12 ? w : best));
  }

  /* Two decimals; a weight that is zero has none, and one that is not never looks like it. */
  function told(x) {
    if (x === 0) return "0";
    return minus(Math.abs(x) < 0.005 ? x.toPrecision(1) : x.toFixed(2));
  }

  /* What a minimum of L1 says: which weights are zero, and why. */
  function words(H, strength, w) {
    const pulls = slope(H, w).map((g) => told(Math.abs(g))), at = `L1: w = (${w.map(told).join(", ")}).`;
    if (w[0] === 0 && w[1] === 0) return `${at} Both are exactly 0: the loss pulls on them with ${pulls[0]} and ${pulls[1]}, and λ holds them.`;
    const zero = w.indexOf(0);
    if (zero < 0) return `${at} Neither is 0: there the loss pulls on each as hard as the penalty, with ${strength.toFixed(2)}.`;
    return `${at} w${"₁₂"[zero]} is exactly 0: the loss pulls on it with ${pulls[zero]}, and λ = ${strength.toFixed(2)} holds it.`;
  }

  class Shapes {
    constructor(host, number) {
      this.state = { strength: 0.2, turn: 0 };
      const svg = this.svg = make("svg", { viewBox: "0 0 360 194", role: "img" }, host);
      make("rect", { width: SIDE, height: SIDE }, make("clipPath", { id: `penalty-shapes-${number}` }, svg));
      this.panels = ["L1: a diamond", "L2: a circle"].map((name, i) => this.panel(number, 4 + (SIDE + 16) * i, name));
      this.say = make("p", { class: "say", role: "status", "aria-live": "polite" }, host);
      this.sliders = sliders(make("div", { class: "steer" }, host), {
        strength: ["Penalty, λ", { min: 0, max: MOST, step: 0.02, tell: (x) => x.toFixed(2) }],
        turn: ["Turn the ellipses", { min: -60, max: 60, step: 5, tell: (x) => `${minus(x)}°` }],
      }, (change) => this.set(change));
      this.set({});
    }

    panel(number, left, name) {
      const outer = make("g", { transform: `translate(${left} 22)` }, this.svg);
      make("text", { x: SIDE / 2, y: -8, "text-anchor": "middle", class: "name" }, outer, name);
      make("path", { class: "axis", d: `M0 ${UP}H${SIDE}M${LEFT} 0V${SIDE}` }, outer);
      const inner = make("g", { "clip-path": `url(#penalty-shapes-${number})` }, outer), parts = { levels: [] };
      for (const level of [0.04, 0.15, 0.35, 0.65, 1.05]) parts.levels.push([level, make("ellipse", { class: "level" }, inner)]);
      for (const [part, tag] of [["shape", "path"], ["touch", "ellipse"], ["way", "path"]]) parts[part] = make(tag, { class: part }, inner);
      const [x, y] = this.place(BEST);
      make("text", { x: SIDE - 2, y: UP + 16, "text-anchor": "end", class: "axis-name" }, outer, "w₁");
      make("text", { x: LEFT - 7, y: 12, "text-anchor": "end", class: "axis-name" }, outer, "w₂");
      make("path", { class: "best", d: `M${x - 5} ${y}h10m-5 -5v10` }, inner);
      return { ...parts, now: make("circle", { class: "now", r: 5.5 }, outer) };
    }

    place([x, y]) { return [LEFT + UNIT * x, UP - UNIT * y]; }

    set(change) {
      Object.assign(this.state, change);
      const { strength, turn } = this.state, H = matrix(turn), found = [lasso, ridge].map((minimum) => minimum(H, strength));
      this.panels.forEach((parts, i) => this.show(parts, H, [lasso, ridge][i], found[i], i === 0));
      const fades = `The penalty pulls on w₂ with λw₂ = ${told(strength * found[1][1])}, which fades as w₂ does.`;
      const text = strength === 0 ? [`Without a penalty both minima are the loss's own, w = (${BEST.map(told).join(", ")}).`]
        : [words(H, strength, found[0]), `L2: w = (${found[1].map(told).join(", ")}). ${fades}`];
      this.say.replaceChildren();
      for (const sentence of text) make("span", {}, this.say, sentence);
      this.svg.setAttribute("aria-label", `A loss of two weights, its minimum with an L1 penalty at the left and with an L2 penalty at the right, both of strength ${strength}. ${text.join(" ")}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }

    show(parts, H, minimum, w, diamond) {
      const [cx, cy] = this.place(w), [bx, by] = this.place(BEST), { strength, turn } = this.state;
      for (const [level, ellipse] of [...parts.levels, [loss(H, w), parts.touch]]) {
        const [rx, ry] = CURVES.map((h) => (UNIT * Math.sqrt((2 * Math.max(0, level)) / h)).toFixed(2));
        set(ellipse, { rx, ry, transform: `translate(${bx} ${by}) rotate(${-turn})` });
      }
      const r = UNIT * (diamond ? Math.abs(w[0]) + Math.abs(w[1]) : Math.hypot(...w)), arc = `a${r} ${r} 0 0 1`;
      parts.shape.setAttribute("d", diamond ? `M${LEFT - r} ${UP}l${r} ${-r}l${r} ${r}l${-r} ${r}Z` : `M${LEFT - r} ${UP}${arc} ${2 * r} 0${arc} ${-2 * r} 0Z`);
      parts.way.setAttribute("d", line(Array.from({ length: 101 }, (_, k) => this.place(minimum(H, (strength * k) / 100)))));
      set(parts.now, { cx, cy });
    }
  }

  if (globalThis.document) ready("penalty-shapes", Shapes, STYLE);
  else module.exports = { CURVES, BEST, MOST, matrix, slope, ridge, lasso, told, words };
})();
