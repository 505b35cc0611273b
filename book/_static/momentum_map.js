/* The map of rate and momentum on a bowl of two curvatures, for the chapter on momentum.

   Looks for <div class="momentum-map"> and draws three pictures in it: the map, the path, the distances. All
   numbers are computed here by the recursion v <- mu v + g, w <- w - lr v; the chapter's cells compute the
   same ones for the table below. Sliders and buttons are native; the map can be dragged as well. Nothing moves
   unless the reader moves it. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STYLE = `
    .momentum-map { --steep: #b33600; --flat: #0b5fa5; max-width: 34rem; margin: 1rem auto; }
    html[data-theme="dark"] .momentum-map { --steep: #ffa77f; --flat: #8cc4ff; }
    html[data-theme="dark"] .bd-content div.cell_output div.text_html:has(> div.momentum-map) {
      background: transparent; color: inherit; padding: 0; }
    .momentum-map svg { display: block; width: 100%; height: auto; margin: .2rem 0; }
    .momentum-map text { font: 12px system-ui, sans-serif; fill: currentColor; }
    .momentum-map .region { stroke: currentColor; stroke-opacity: .5; fill: currentColor; }
    .momentum-map .map { cursor: crosshair; touch-action: none; }
    .momentum-map .axis { stroke: currentColor; stroke-opacity: .6; fill: none; }
    .momentum-map .steep { stroke: var(--steep); fill: var(--steep); }
    .momentum-map .flat { stroke: var(--flat); fill: var(--flat); }
    .momentum-map .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .momentum-map .flat.line { stroke-dasharray: 7 4; }
    .momentum-map .path { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linejoin: round; }
    .momentum-map .level { fill: none; stroke: currentColor; stroke-opacity: .3; }
    .momentum-map .name { stroke: none; }
    .momentum-map .steer { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; }
    .momentum-map label { display: flex; flex: 1 1 12rem; gap: .5rem; align-items: center; margin: 0; }
    .momentum-map label span { min-width: 4.6rem; }
    .momentum-map output { min-width: 3.2em; font-variant-numeric: tabular-nums; }
    .momentum-map input { flex: 1 1 4rem; min-width: 3rem; height: 44px; accent-color: var(--flat); }
    .momentum-map button { padding: 0 .7rem; min-height: 44px; border: 1px solid; border-radius: 6px;
      background: transparent; color: inherit; font: inherit; }
    .momentum-map button:focus-visible, .momentum-map input:focus-visible {
      outline: 3px solid var(--flat); outline-offset: 2px; }
    .momentum-map .say { min-height: 5em; margin: .4rem 0; }`;
  const STEPS = 80;

  const make = (tag, attributes = {}, parent = null, text = "") => {
    const svg = ["svg", "g", "path", "line", "text", "circle", "ellipse", "rect", "clipPath"].includes(tag);
    const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const line = (points) => "M" + points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
  const range = (n, f) => Array.from({ length: n + 1 }, (_, i) => f(i / n));

  /* What an update leaves in the long run of a direction with rate = lr * curvature, and how it goes there. */
  function regime(rate, mu) {
    const trace = 1 + mu - rate, square = trace * trace - 4 * mu;
    const left = square < 0 ? Math.sqrt(mu) : (Math.abs(trace) + Math.sqrt(square)) / 2;
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
      host.querySelector("p").remove();
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
      make("text", { x: this.x(1.42), y: this.y(0.04) }, svg, "jumps");
      this.tie = make("line", { class: "axis", "stroke-dasharray": "3 3" }, svg);
      this.dots = ["flat", "steep"].map((name) => make("circle", { r: 7, class: name }, svg));
      this.names = ["flat", "steep"].map((name) => make("text", { class: `${name} name`, "text-anchor": "middle", "font-weight": 600 }, svg, name));
      const pick = (event) => {
        const at = svg.getBoundingClientRect(), scale = 360 / at.width;
        this.set({
          rate: ((event.clientX - at.left) * scale - 40) / 310 * 4,
          mu: (190 - (event.clientY - at.top) * scale) / 170,
        });
      };
      svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); pick(event); });
      svg.addEventListener("pointermove", (event) => { if (event.buttons) pick(event); });
    }

    drawPath(host) {
      const svg = make("svg", { viewBox: "0 0 360 130", "aria-hidden": "true" }, host);
      const clip = make("clipPath", { id: `${this.id}-clip` }, svg);
      make("rect", { x: 0, y: 0, width: 360, height: 130 }, clip);
      this.levels = [1, 0.55, 0.2].map(() => make("ellipse", { class: "level", cx: 180, cy: 65 }, svg));
      make("path", { class: "axis", d: "M176 61l8 8m0 -8l-8 8" }, svg);
      this.path = make("path", { class: "path", "clip-path": `url(#${this.id}-clip)` }, svg);
      this.points = make("path", { class: "path", "stroke-width": 4, "stroke-linecap": "round", "clip-path": `url(#${this.id}-clip)` }, svg);
      this.points.style.strokeWidth = 4;
      make("text", { x: 4, y: 126 }, svg, "path: flat across, steep upwards");
    }

    drawCurves(host) {
      const svg = make("svg", { viewBox: "0 0 360 160", "aria-hidden": "true" }, host);
      make("path", { class: "axis", d: "M40 8V124H350" }, svg);
      for (const power of [0, -2, -4, -6]) make("text", { x: 35, y: this.high(10 ** power) + 4, "text-anchor": "end" }, svg, power ? `1e${power}` : "1");
      for (const step of [0, 20, 40, 60, 80]) make("text", { x: 40 + 310 * step / STEPS, y: 139, "text-anchor": "middle" }, svg, String(step));
      make("text", { x: 195, y: 155, "text-anchor": "middle" }, svg, "updates; distance from the minimum");
      this.curves = ["flat", "steep"].map((name) => make("path", { class: `${name} line` }, svg));
    }

    high(distance) { return 124 - 106 * (Math.log10(Math.min(10, Math.max(1e-6, distance))) + 6) / 7; }

    controls(host) {
      const slider = (text, name, min, max, step) => {
        const label = make("label", {}, host);
        make("span", {}, label, text);
        const input = make("input", { type: "range", min, max, step, "aria-label": text }, label);
        const output = make("output", {}, label);
        input.addEventListener("input", () => this.set({ [name]: name === "kappa" ? Math.round(10 ** input.value) : Number(input.value) }));
        return { name, input, output };
      };
      this.inputs = [
        slider("rate \u00d7 steep", "rate", 0, 4, 0.01),
        slider("momentum", "mu", 0, 0.99, 0.01),
        slider("steep : flat", "kappa", 0.5, 2.5, 0.05),
      ];
      const row = make("div", { class: "steer" }, host);
      const button = (text, act) => {
        make("button", { type: "button" }, row, text).addEventListener("click", () => this.set(act(this.state.kappa)));
      };
      button("Best descent", (k) => ({ rate: 2 * k / (k + 1), mu: 0 }));
      button("Momentum 0.9", (k) => ({ rate: 2, mu: 0.9 }));
      button("Best momentum", (k) => {
        const q = (Math.sqrt(k) - 1) / (Math.sqrt(k) + 1);
        return { rate: (1 + q) ** 2, mu: q * q };
      });
    }

    set(change) {
      Object.assign(this.state, change);
      this.state.rate = Math.min(4, Math.max(0, this.state.rate));
      this.state.mu = Math.min(0.99, Math.max(0, this.state.mu));
      this.show();
    }

    show() {
      const { rate, mu, kappa } = this.state;
      const rates = [rate / kappa, rate];
      rates.forEach((r, i) => {
        this.dots[i].setAttribute("cx", this.x(r));
        this.dots[i].setAttribute("cy", this.y(mu));
        this.names[i].setAttribute("x", Math.min(338, this.x(r) + (i ? 0 : 6)));
        this.names[i].setAttribute("y", mu > 0.85 ? this.y(mu) + 20 : Math.min(this.y(mu) - 11, 162));
      });
      for (const [name, value] of Object.entries({ x1: this.x(rates[0]), x2: this.x(rate), y1: this.y(mu), y2: this.y(mu) })) {
        this.tie.setAttribute(name, value);
      }
      const ratio = Math.sqrt(kappa), tall = Math.max(0.12, 1 / ratio) * 0.9;
      const flat = walk(rates[0], mu, -1), steep = walk(rate, mu, tall);
      this.levels.forEach((level, i) => {
        const size = [1.25, 0.8, 0.4][i];
        level.setAttribute("rx", 125 * size);
        level.setAttribute("ry", 125 * size / ratio);
      });
      const n = Math.min(flat.length, steep.length);
      const points = range(n - 1, (u) => Math.round(u * (n - 1))).map((t) => [180 + 125 * flat[t], 65 - 125 * steep[t]]);
      this.path.setAttribute("d", line(points));
      this.points.setAttribute("d", points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join(""));
      [[flat, 1], [steep, tall]].forEach(([values, from], i) => {
        this.curves[i].setAttribute("d", line(values.map((w, t) => [40 + 310 * t / STEPS, this.high(Math.abs(w) / from)])));
      });
      const [f, s] = rates.map((r) => regime(r, mu));
      const told = (name, one) => `${name} direction ${one.how}` + (one.how === "explodes" ? "." : `, keeping ${one.left.toFixed(3)} of its distance an update in the long run.`);
      const text = `${told("The steep", s)} ${told("The flat", f)}`;
      const most = Math.max(...rates.map((r) => needed(r, mu)));
      const count = Number.isFinite(most) ? ` Both stay below a ten-thousandth of their start after ${most.toLocaleString("en")} updates.` : "";
      this.say.textContent = text + count;
      this.map.setAttribute("aria-label", `Map of rate times curvature (0 to 4) and momentum (0 to 1). ${text}${count}`);
      for (const { name, input, output } of this.inputs) {
        const value = this.state[name];
        input.value = name === "kappa" ? Math.log10(value) : value;
        output.textContent = name === "kappa" ? String(value) : value.toFixed(2);
        input.setAttribute("aria-valuetext", output.textContent);
      }
    }
  }

  const begin = () => {
    const hosts = document.querySelectorAll(".momentum-map:not([data-ready])");
    if (!hosts.length) return;
    if (!document.getElementById("momentum-map-style")) make("style", { id: "momentum-map-style" }, document.head, STYLE);
    hosts.forEach((host, number) => {
      host.dataset.ready = "yes";
      new Chart(host, number);
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
