/* The map of rate and momentum on a bowl of two curvatures, for the chapter on momentum.

   Looks for <div class="momentum-map"> and draws three pictures in it: the map, the path, the distances. All
   numbers are computed here by the recursion v <- mu v + g, w <- w - lr v; the chapter's cells compute the
   same ones for the table below. Sliders and buttons are native; the map can be dragged as well. Nothing moves
   unless the reader moves it. */
"use strict";
(() => {
  const { button, clamp, drag, line, make, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .momentum-map .region { stroke: currentColor; stroke-opacity: .5; fill: currentColor; }
    .momentum-map .map { cursor: crosshair; touch-action: pan-y; }
    .momentum-map .steep { stroke: var(--ink-red); fill: var(--ink-red); }
    .momentum-map .flat { stroke: var(--ink-blue); fill: var(--ink-blue); }
    .momentum-map .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .momentum-map .flat.line { stroke-dasharray: 7 4; }
    .momentum-map .path { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linejoin: round; }
    .momentum-map .points { stroke-width: 4; stroke-linecap: round; }
    .momentum-map .level { fill: none; stroke: currentColor; stroke-opacity: .3; }
    .momentum-map .name { stroke: none; }
    .momentum-map .say { min-height: 5em; }`;
  const STEPS = 80;

  const range = (n, f) => Array.from({ length: n + 1 }, (_, i) => f(i / n));

  /* What an update leaves in the long run of a direction with rate = lr * curvature, and how it goes there. */
  function regime(rate, mu) {
    const trace = 1 + mu - rate, square = trace * trace - 4 * mu;
    const left = square < 0 ? Math.sqrt(mu) : (Math.abs(trace) + Math.sqrt(square)) / 2;
    if (rate === 0) return { left, how: "does not move" };
    if (left > 1 + 1e-9) return { left, how: "explodes" };
    if (left > 1 - 1e-9) return { left, how: "never settles" };
    if (Math.abs(square) < 1e-9) return { left, how: "is on the border of swinging" };
    if (square < 0) return { left, how: "swings" };
    return { left, how: trace < 0 ? "jumps from side to side" : "creeps in without swinging" };
  }

  function walk(rate, mu, start) {
    const path = [start];
    let w = start, v = 0;
    for (let t = 0; t < STEPS; t += 1) {
      v = mu * v + rate * w;
      w -= v;
      if (Math.abs(w) > 1e6) break;
      path.push(w);
    }
    return path;
  }

  /* Updates until a direction stays below a ten-thousandth of its start. */
  function needed(rate, mu) {
    let [w, v, last] = [1, 0, 0];
    for (let t = 1; t < last + 2000; t += 1) {
      v = mu * v + rate * w;
      w -= v;
      if (Math.abs(w) > 1e-4) last = t;
      if (Math.abs(w) > 1e6 || t > 50000) return Infinity;
    }
    return last + 1;
  }

  class Chart {
    constructor(host, number) {
      this.state = { rate: 1.9, mu: 0, kappa: 30 };
      this.id = `momentum-map-${number}`;
      this.drawMap(host);
      this.drawPath(host);
      this.drawCurves(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.controls(host);
      this.show();
    }

    x(rate) { return 40 + 310 * rate / 4; }
    y(mu) { return 190 - 170 * mu; }

    drawMap(host) {
      const svg = this.map = make("svg", { viewBox: "0 0 360 228", role: "img", class: "map" }, host);
      const edge = (mu, side) => [this.x((1 + side * Math.sqrt(mu)) ** 2), this.y(mu)];
      const swing = line([...range(60, (u) => edge(u * u, -1)).reverse(), ...range(60, (u) => edge(u * u, 1))]);
      const corner = [[this.x(4), this.y(1)], [this.x(4), this.y(0)]];
      make("path", { class: "region", "fill-opacity": 0.28,
        d: line([[this.x(2), this.y(0)], [this.x(4), this.y(1)], corner[1]]) + "Z" }, svg);
      make("path", { class: "region", "fill-opacity": 0.09, d: swing + "Z" }, svg);
      make("path", { class: "axis", d: line([[this.x(0), this.y(1)], [this.x(0), this.y(0)], [this.x(4), this.y(0)]]) }, svg);
      for (const rate of [0, 1, 2, 3, 4]) make("text", { x: this.x(rate), y: 205, "text-anchor": "middle" }, svg, String(rate));
      for (const mu of [0, 0.5, 1]) make("text", { x: 34, y: this.y(mu) + 4, "text-anchor": "end" }, svg, String(mu));
      make("text", { x: 195, y: 222, "text-anchor": "middle" }, svg, "rate \u00d7 curvature");
      make("text", { x: 40, y: 12, "text-anchor": "start" }, svg, "momentum");
      make("text", { x: this.x(1.25), y: this.y(0.62), "text-anchor": "middle" }, svg, "swings");
      make("text", { x: this.x(3.2), y: this.y(0.12), "text-anchor": "middle" }, svg, "explodes");
      make("text", { x: this.x(0.06), y: this.y(0.07) }, svg, "creeps");
      make("text", { x: this.x(1.34), y: this.y(0.04) }, svg, "jumps");
      this.tie = make("line", { class: "axis", "stroke-dasharray": "3 3" }, svg);
      this.dots = ["flat", "steep"].map((name) => make("circle", { r: 7, class: name }, svg));
      this.names = ["flat", "steep"].map((name) => make("text", { class: `${name} name`, "text-anchor": "middle", "font-weight": 600 }, svg, name));
      drag(svg, (x, y) => this.set({ rate: (x - 40) / 310 * 4, mu: (190 - y) / 170 }));
    }

    drawPath(host) {
      const svg = make("svg", { viewBox: "0 0 360 148", "aria-hidden": "true" }, host);
      make("rect", { x: 0, y: 0, width: 360, height: 130 }, make("clipPath", { id: `${this.id}-clip` }, svg));
      this.levels = [1, 0.55, 0.2].map(() => make("ellipse", { class: "level", cx: 180, cy: 65 }, svg));
      make("path", { class: "axis", d: "M176 61l8 8m0 -8l-8 8" }, svg);
      [this.path, this.points] = ["path", "path points"].map((name) => make("path", { class: name, "clip-path": `url(#${this.id}-clip)` }, svg));
      make("text", { x: 180, y: 144, "text-anchor": "middle" }, svg, "the run: flat across, steep upwards");
    }

    drawCurves(host) {
      const svg = make("svg", { viewBox: "0 0 360 160", "aria-hidden": "true" }, host);
      make("path", { class: "axis", d: "M40 8V124H350" }, svg);
      for (const power of [0, -2, -4, -6]) make("text", { x: 35, y: this.high(10 ** power) + 4, "text-anchor": "end" }, svg, power ? `1e${power}` : "1");
      for (const step of [0, 20, 40, 60, 80]) make("text", { x: 40 + 310 * step / STEPS, y: 139, "text-anchor": "middle" }, svg, String(step));
      make("text", { x: 195, y: 155, "text-anchor": "middle" }, svg, "updates; distance from the minimum");
      this.curves = ["flat", "steep"].map((name) => make("path", { class: `${name} line` }, svg));
    }

    high(distance) { return 124 - 106 * (Math.log10(clamp(distance, 1e-6, 10)) + 6) / 7; }

    controls(host) {
      const tell = (value) => value.toFixed(2);
      this.sliders = sliders(host, {
        rate: ["rate \u00d7 steep", { min: 0, max: 4, step: 0.01, tell }],
        mu: ["momentum", { min: 0, max: 0.99, step: 0.01, tell }],
        kappa: ["steep : flat", { min: 0.5, max: 2.5, step: 0.05, read: (power) => Math.round(10 ** power), write: Math.log10 }],
      }, (change) => this.set(change));
      const row = make("div", { class: "steer" }, host);
      const jump = (text, to) => button(row, text, () => this.set(to(this.state.kappa)));
      jump("Best descent", (k) => ({ rate: 2 * k / (k + 1), mu: 0 }));
      jump("Momentum 0.9", (k) => ({ rate: 2, mu: 0.9 }));
      jump("Best momentum", (k) => {
        const q = (Math.sqrt(k) - 1) / (Math.sqrt(k) + 1);
        return { rate: (1 + q) ** 2, mu: q * q };
      });
    }

    set(change) {
      Object.assign(this.state, change);
      this.state.rate = clamp(this.state.rate, 0, 4);
      this.state.mu = clamp(this.state.mu, 0, 0.99);
      this.show();
    }

    show() {
      const { rate, mu, kappa } = this.state;
      const rates = [rate / kappa, rate];
      const close = this.x(rates[1]) - this.x(rates[0]) < 40;  // then one name stands above the other
      rates.forEach((r, i) => {
        const x = this.x(r), y = this.y(mu), away = (mu < 0.2 ? 26 : 11) + (close && !i ? 14 : 0);
        set(this.dots[i], { cx: x, cy: y });
        set(this.names[i], { x: clamp(x, 54, 338), y: mu > 0.75 ? y + 9 + away : y - away });
      });
      set(this.tie, { x1: this.x(rates[0]), x2: this.x(rate), y1: this.y(mu), y2: this.y(mu) });
      const ratio = Math.sqrt(kappa), tall = Math.max(0.12, 1 / ratio) * 0.9;
      const flat = walk(rates[0], mu, -1), steep = walk(rate, mu, tall);
      this.levels.forEach((level, i) => {
        const size = [1.25, 0.8, 0.4][i];
        set(level, { rx: 125 * size, ry: 125 * size / ratio });
      });
      const n = Math.min(flat.length, steep.length);
      const points = range(n - 1, (u) => Math.round(u * (n - 1))).map((t) => [180 + 125 * flat[t], 65 - 125 * steep[t]]);
      this.path.setAttribute("d", line(points));
      this.points.setAttribute("d", points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join(""));
      [[flat, 1], [steep, tall]].forEach(([values, from], i) => {
        const distances = values.map((w) => Math.abs(w) / from), out = distances.findIndex((one) => one > 10);
        const drawn = out < 0 ? distances : distances.slice(0, out + 1);  // it ends where it leaves the picture
        this.curves[i].setAttribute("d", line(drawn.map((one, t) => [40 + 310 * t / STEPS, this.high(one)])));
      });
      const [f, s] = rates.map((r) => regime(r, mu));
      const told = (name, one) => `${name} direction ${one.how}` + (one.how === "explodes" ? "." : `, keeping ${one.left.toFixed(3)} of its distance an update in the long run.`);
      const text = `${told("The steep", s)} ${told("The flat", f)}`;
      const most = Math.max(...rates.map((r) => needed(r, mu)));
      const count = Number.isFinite(most) ? ` Both stay below a ten-thousandth of their start after ${most.toLocaleString("en")} updates.` : "";
      this.say.textContent = text + count;
      this.map.setAttribute("aria-label", `Map of rate times curvature (0 to 4) and momentum (0 to 1). ${text}${count}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }
  }

  if (globalThis.document) ready("momentum-map", Chart, STYLE);
  else module.exports = { regime, walk, needed };
})();
