/* The schedule designer, for the chapter on learning-rate schedules.

   Looks for <div class="rate-designer"> and draws two pictures in it: the rate of each update, and the loss that
   these rates lead to in a noisy valley. All numbers are computed here: the mean loss by the exact recursion of
   its two parts, distance and noise, one run by drawing the noise. The chapter's cells compute the same ones for the
   table below. Sliders and buttons are native; the curve can be dragged, or its points moved by arrow keys.
   Nothing moves unless the reader moves it. */
"use strict";
(() => {
  const { button, clamp, drag, line, make, normals, ready, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .rate-designer svg { overflow: visible; }
    .rate-designer .rate { cursor: ns-resize; touch-action: pan-y; }
    .rate-designer .grip { fill: transparent; touch-action: none; }
    .rate-designer .grid { stroke: currentColor; stroke-opacity: .15; fill: none; }
    .rate-designer .line { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linejoin: round; }
    .rate-designer .run { fill: none; stroke: currentColor; stroke-opacity: .4; stroke-width: .8; }
    .rate-designer .distance { stroke: var(--ink-blue); stroke-dasharray: 7 4; }
    .rate-designer .noise { stroke: var(--ink-red); stroke-dasharray: 2 3; }
    .rate-designer text.distance { stroke: none; fill: var(--ink-blue); font-weight: 600; }
    .rate-designer text.noise { stroke: none; fill: var(--ink-red); font-weight: 600; }
    .rate-designer .point.grip { fill: var(--ink-blue); stroke: none; cursor: ns-resize; }
    .rate-designer .point:focus-visible { outline: none; stroke: currentColor; stroke-width: 3; }
    .rate-designer .steer { gap: .3rem .5rem; }
    .rate-designer label.slide span { min-width: 5.2rem; }
    .rate-designer input:disabled { opacity: .35; }
    .rate-designer button[aria-pressed="true"] { outline: 2px solid currentColor; font-weight: 600; }
    .rate-designer button[aria-pressed="true"]:focus-visible { outline: 3px solid var(--ink-blue); }
    .rate-designer .say { min-height: 6.5em; }`;
  const STEPS = 300, STEEP = 1, FLAT = 0.02, NOISE = 0.3, START = { steep: 1, flat: 10 };
  const LOWEST = 0.003, HIGHEST = 3, POINTS = 7;
  const KINDS = ["constant", "step", "exponential", "1/t", "cosine", "restarts", "your own"];

  /* The rate of each update: step counts the updates already taken. */
  function ratesOf({ kind, peak, fall, warmup, own }) {
    if (kind === "your own") {
      return Array.from({ length: STEPS }, (_, step) => {
        const place = step * (POINTS - 1) / STEPS, left = Math.floor(place);
        return 10 ** (own[left] + (place - left) * (own[left + 1] - own[left]));
      });
    }
    const floor = peak / fall;
    const wave = (u) => floor + (peak - floor) * (1 + Math.cos(Math.PI * u)) / 2;
    const shapes = {
      constant: () => peak,
      step: (u) => peak * fall ** (-Math.floor(4 * u) / 3),
      exponential: (u) => peak * fall ** -u,
      "1/t": (u) => peak / (1 + (fall - 1) * u),
      cosine: wave,
      restarts: (u) => wave((3 * u) % 1),
    };
    return Array.from({ length: STEPS }, (_, step) =>
      step < warmup ? peak * step / warmup : shapes[kind]((step - warmup) / (STEPS - warmup)));
  }

  /* The loss from the distance that is left, and from the noise, in the mean over all runs; before each update and after the last. */
  function expected(rates) {
    const directions = [[STEEP, START.steep], [FLAT, START.flat]].map(([curvature, start]) => ({ curvature, mean: start, variance: 0 }));
    const distance = [], noise = [];
    for (let step = 0; step <= rates.length; step += 1) {
      distance.push(directions.reduce((sum, d) => sum + d.curvature * d.mean ** 2 / 2, 0));
      noise.push(directions.reduce((sum, d) => sum + d.curvature * d.variance / 2, 0));
      for (const d of directions) {
        const kept = 1 - rates[step] * d.curvature;
        d.mean *= kept;
        d.variance = kept * kept * d.variance + (rates[step] * NOISE) ** 2;
      }
    }
    return { distance, noise };
  }

  /* One run, its noise always the same. */
  function oneRun(rates) {
    const noise = normals(13, 2 * (rates.length + 1));
    let a = START.steep, b = START.flat;
    const losses = [];
    for (let step = 0; step <= rates.length; step += 1) {
      losses.push((STEEP * a * a + FLAT * b * b) / 2);
      a -= rates[step] * (STEEP * a + NOISE * noise[2 * step]);
      b -= rates[step] * (FLAT * b + NOISE * noise[2 * step + 1]);
    }
    return losses;
  }

  const short = (value) => value >= 1e5 ? "more than 100,000" : value >= 10 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);

  class Designer {
    constructor(host, number) {
      this.state = { kind: "constant", peak: 0.45, fall: 100, warmup: 0, own: [] };
      this.goals = { constant: Number(host.dataset.constant), best: Number(host.dataset.best) };
      this.id = `rate-designer-${number}`;
      this.choices(host);
      this.drawRate(host);
      this.drawLoss(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.sliders = this.controls(host);
      this.show();
    }

    x(step) { return 44 + 306 * step / STEPS; }
    high(rate) { return 18 + 100 * Math.log10(HIGHEST / clamp(rate, LOWEST, HIGHEST)) / Math.log10(HIGHEST / LOWEST); }
    low(loss) { return 14 + 122 * (1 - Math.log10(clamp(loss, 1e-4, 10) / 1e-4) / 5); }

    choices(host) {
      const row = make("div", { class: "steer" }, host);
      this.buttons = KINDS.map((kind) => button(row, kind, () => (kind === "your own" ? this.ownWith() : this.set({ kind }))));
    }

    drawRate(host) {
      const svg = this.rate = make("svg", { viewBox: "0 0 360 138", role: "group", class: "rate" }, host);
      for (const rate of [0.01, 0.1, 1]) {
        make("path", { class: "grid", d: line([[44, this.high(rate)], [350, this.high(rate)]]) }, svg);
        make("text", { x: 39, y: this.high(rate) + 4, "text-anchor": "end" }, svg, String(rate));
      }
      make("path", { class: "axis", d: "M44 18V118H350" }, svg);
      make("text", { x: 44, y: 11 }, svg, "rate (drag it)");
      this.edge(svg, this.high(2), "above 2: not stable");
      this.curve = make("path", { class: "line" }, svg);
      this.grips = [];
      this.points = Array.from({ length: POINTS }, (_, i) => {
        const cx = this.x(i * STEPS / (POINTS - 1));
        this.grips.push(make("circle", { class: "grip", r: 20, cx }, svg));  // where a finger takes hold
        const point = make("circle", { class: "point grip", r: 7, cx, role: "slider", tabindex: 0,
          "aria-label": `rate after ${i * STEPS / (POINTS - 1)} updates`, "aria-valuemin": LOWEST, "aria-valuemax": HIGHEST }, svg);
        point.addEventListener("keydown", (event) => {
          const by = { ArrowUp: 0.05, ArrowRight: 0.05, ArrowDown: -0.05, ArrowLeft: -0.05, PageUp: 0.25, PageDown: -0.25, Home: -9, End: 9 }[event.key];
          if (!by) return;
          event.preventDefault();
          this.move(i, this.state.own[i] + by);
        });
        return point;
      });
      drag(svg, (x, y, pressed) => {
        if (pressed) {
          this.grabbed = clamp(Math.round((x - 44) / 306 * (POINTS - 1)), 0, POINTS - 1);
          this.ownWith();
        }
        this.move(this.grabbed, Math.log10(LOWEST) + (1 - (y - 18) / 100) * Math.log10(HIGHEST / LOWEST));
      });
    }

    edge(svg, y, text) {
      make("path", { class: "axis", "stroke-dasharray": "2 4", d: `M44 ${y}H350` }, svg);
      make("text", { x: 350, y: y + 13, "text-anchor": "end", opacity: 0.8 }, svg, text);
    }

    drawLoss(host) {
      const svg = this.loss = make("svg", { viewBox: "0 0 360 172", role: "img" }, host);
      for (const power of [0, -1, -2, -3]) {
        make("path", { class: "grid", d: line([[44, this.low(10 ** power)], [350, this.low(10 ** power)]]) }, svg);
        make("text", { x: 39, y: this.low(10 ** power) + 4, "text-anchor": "end" }, svg, String(10 ** power));
      }
      make("path", { class: "axis", d: "M44 14V136H350" }, svg);
      for (const step of [0, 100, 200, 300]) make("text", { x: this.x(step), y: 151, "text-anchor": "middle" }, svg, String(step));
      make("text", { x: 197, y: 167, "text-anchor": "middle" }, svg, "updates");
      make("text", { x: 44, y: 8 }, svg, "loss");
      make("text", { x: 350, y: 8, "text-anchor": "end", class: "noise" }, svg, "\u00b7\u00b7\u00b7 noise");
      make("text", { x: 285, y: 8, "text-anchor": "end", class: "distance" }, svg, "\u2013 \u2013 distance");
      make("rect", { x: 44, y: 13, width: 307, height: 124 }, make("clipPath", { id: `${this.id}-clip` }, svg));
      const inside = make("g", { "clip-path": `url(#${this.id}-clip)` }, svg);
      [this.run, this.distanceLine, this.noiseLine, this.total] =
        ["run", "line distance", "line noise", "line"].map((name) => make("path", { class: name }, inside));
    }

    controls(host) {
      const power = { read: (v) => 10 ** v, write: Math.log10 };
      const share = (fall) => `1/${fall.toPrecision(2) >= 100 ? Math.round(fall) : fall.toPrecision(2)}`;
      return sliders(host, {
        peak: ["peak rate", { min: -2, max: Math.log10(HIGHEST).toFixed(2), step: 0.01, ...power, tell: (peak) => peak.toPrecision(2) }],
        fall: ["falls to 1/\u2026", { min: 0, max: 3, step: 0.05, ...power, tell: share }],
        warmup: ["warm-up", { min: 0, max: 150, step: 5, tell: (updates) => `${updates} updates` }],
      }, (change) => this.set(change));
    }

    ownWith() {
      if (this.state.kind === "your own") return;
      const rates = ratesOf(this.state);
      const own = Array.from({ length: POINTS }, (_, i) => rates[Math.min(STEPS - 1, i * STEPS / (POINTS - 1))]);
      this.set({ kind: "your own", own: own.map((rate) => Math.log10(clamp(rate, LOWEST, HIGHEST))) });
    }

    move(i, value) {
      const own = [...this.state.own];
      own[i] = clamp(value, Math.log10(LOWEST), Math.log10(HIGHEST));
      this.set({ own });
    }

    set(change) {
      Object.assign(this.state, change);
      this.show();
    }

    show() {
      const { kind, own } = this.state, mine = kind === "your own";
      const rates = ratesOf(this.state), { distance, noise } = expected(rates);
      const draw = (path, losses) => path.setAttribute("d", line(losses.map((loss, step) => [this.x(step), this.low(loss)])));
      this.curve.setAttribute("d", line(rates.map((rate, step) => [this.x(step), this.high(rate)])));
      draw(this.run, oneRun(rates));
      draw(this.distanceLine, distance);
      draw(this.noiseLine, noise);
      draw(this.total, distance.map((part, step) => part + noise[step]));
      this.points.forEach((point, i) => {
        for (const part of [point, this.grips[i]]) {
          part.style.display = mine ? "" : "none";
          if (mine) part.setAttribute("cy", this.high(10 ** own[i]));
        }
        if (!mine) return;
        point.setAttribute("aria-valuetext", `rate ${(10 ** own[i]).toPrecision(2)}`);
        point.setAttribute("aria-valuenow", (10 ** own[i]).toPrecision(2));
      });
      this.buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(KINDS[i] === kind)));
      for (const [name, slider] of Object.entries(this.sliders)) {
        slider.show(this.state[name]);
        slider.input.disabled = mine || (kind === "constant" && name === "fall");
      }
      const left = distance[STEPS], shaken = noise[STEPS], loss = left + shaken;
      const verdict = !(loss < 1e5) ? "It has exploded." : loss < this.goals.best * 1.1 ? "That is within a tenth of what is possible."
        : loss > this.goals.constant * 1.01 ? "Some constant rate does better."
        : loss > this.goals.constant * 0.99 ? "No constant rate does better." : "That beats every constant rate.";
      const highest = distance.reduce((most, part, step) => Math.max(most, part + noise[step]), 0);
      const detour = loss < 1e5 && highest > 10 ? ` On its distance it rose to ${highest < 1e5 ? short(highest) : `10 to the ${Math.round(Math.log10(highest))}`}.` : "";
      const parts = loss < 1e5 ? `: ${short(left)} from the distance left, ${short(shaken)} from noise` : "";
      const text = `After 300 updates the mean loss is ${short(loss)}${parts}.${detour} ${verdict} `
        + `The best constant rate leaves ${this.goals.constant}, the best of all schedules ${this.goals.best}.`;
      this.say.textContent = text;
      this.rate.setAttribute("aria-label", `The rate of each of 300 updates, ${kind}: ${short(rates[0])} at first, ${short(rates[150])} half-distance, ${short(rates[STEPS - 1])} at the end.`);
      this.loss.setAttribute("aria-label", `Loss over 300 updates, from the distance and from the noise. ${text}`);
    }
  }

  if (globalThis.document) ready("rate-designer", Designer, STYLE);
  else module.exports = { STEPS, STEEP, FLAT, NOISE, START, KINDS, ratesOf, expected, oneRun };
})();
