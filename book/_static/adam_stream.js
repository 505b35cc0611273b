/* Adam on a stream of gradients, for the chapter on adaptive methods: what step it makes of each of them.

   Looks for <div class="adam-stream"> and draws two pictures in it: 120 gradients, and the steps in units of the
   learning rate. The reader chooses the stream, the gradients' size, both betas and the correction. The chapter's
   cell computes the same steps for the table below. Nothing moves unless the reader moves it. */
"use strict";
(() => {
  const { among, choice, clamp, line, make, minus, normals, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .adam-stream .gradient { stroke: var(--ink-gray); stroke-width: 1.8; fill: none; }
    .adam-stream .mean { stroke: var(--ink-red); stroke-width: 2; stroke-dasharray: 7 4; fill: none; stroke-linejoin: round; }
    .adam-stream .step { stroke: var(--ink-blue); stroke-width: 2.2; fill: none; stroke-linejoin: round; }
    .adam-stream .one { stroke: currentColor; stroke-opacity: .35; stroke-dasharray: 2 4; fill: none; }
    .adam-stream text.mean { stroke: none; fill: var(--ink-red); font-weight: 600; }
    .adam-stream label.slide span { min-width: 6.2rem; }
    .adam-stream output { min-width: 4em; }
    .adam-stream .say { min-height: 4.6em; font-variant-numeric: tabular-nums; }`;
  const UPDATES = 120, EPS = 1e-8, LOW = -2, HIGH = 7;
  const BETA1 = [0, 0.5, 0.8, 0.9, 0.95, 0.99], BETA2 = [0.5, 0.9, 0.95, 0.99, 0.999];
  const SIZES = [1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-4, 0.01, 1, 100, 1e4];
  const noise = normals(5, UPDATES);
  const STREAMS = {
    steady: () => 1,
    "changing sign": (t) => (t % 2 ? 1 : -1),
    "one in ten": (t) => (t % 10 === 1 ? 1 : 0),
    noisy: (t) => 0.5 + noise[t - 1],
    "one outlier": (t) => (t === 60 ? 100 : 1),
  };

  /* The gradients of a stream, for the updates 1 to 120. */
  const gradients = (name, size) => Array.from({ length: UPDATES }, (_, i) => size * STREAMS[name](i + 1));

  /* What Adam makes of them: the first average, and the step in units of the learning rate. */
  function steps(stream, { beta1, beta2, corrected }) {
    let m = 0, v = 0;
    return stream.map((g, i) => {
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      const [first, second] = corrected ? [1 - beta1 ** (i + 1), 1 - beta2 ** (i + 1)] : [1, 1];
      return { mean: m / first, step: m / first / (Math.sqrt(v / second) + EPS) };
    });
  }

  const power = (size) => (size >= 0.01 && size <= 100 ? String(size) : `1e${minus(Math.round(Math.log10(size)))}`);
  const shown = (value) => (Math.abs(value) > 1000 ? "more than 1,000" : minus(Math.abs(value) < 0.0005 ? "0" : value.toPrecision(3)));

  class Stream {
    constructor(host, number) {
      this.state = { name: "steady", size: 1, beta1: 0.9, beta2: 0.999, corrected: true };
      this.streams = choice(host, `adam-stream-${number}-name`, "Gradients", Object.keys(STREAMS).map((name) => [name, name]), (name) => this.set({ name }));
      this.draw(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.sliders = sliders(host, {
        size: ["their size", among(SIZES, power)], beta1: ["\u03b2\u2081", among(BETA1, String)], beta2: ["\u03b2\u2082", among(BETA2, String)],
      }, (change) => this.set(change));
      this.correction = choice(host, `adam-stream-${number}-hats`, "Bias correction", [[true, "on"], [false, "off"]], (corrected) => this.set({ corrected }));
      this.set({});
    }

    x(t) { return 44 + 306 * t / UPDATES; }
    high(step) { return 14 + 112 * (HIGH - clamp(step, LOW, HIGH)) / (HIGH - LOW); }

    draw(host) {
      const above = this.above = make("svg", { viewBox: "0 0 360 92", role: "img" }, host);
      make("text", { x: 44, y: 10 }, above, "gradient");
      make("text", { x: 350, y: 10, "text-anchor": "end", class: "mean" }, above, "– – average m");
      make("path", { class: "axis", d: "M44 16V88M44 52H350" }, above);
      this.bars = make("path", { class: "gradient" }, above);
      this.mean = make("path", { class: "mean" }, above);
      const below = this.below = make("svg", { viewBox: "0 0 360 164", role: "img" }, host);
      make("text", { x: 44, y: 10 }, below, "step / learning rate");
      for (const step of [-1, 1]) make("path", { class: "one", d: line([[44, this.high(step)], [350, this.high(step)]]) }, below);
      for (const step of [-1, 0, 1, 3, 5, 7]) make("text", { x: 39, y: this.high(step) + 4, "text-anchor": "end" }, below, minus(step));
      make("path", { class: "axis", d: `M44 14V126M44 ${this.high(0)}H350` }, below);
      for (const t of [0, 30, 60, 90, 120]) make("text", { x: this.x(t), y: 142, "text-anchor": "middle" }, below, String(t));
      make("text", { x: 197, y: 158, "text-anchor": "middle" }, below, "updates");
      this.step = make("path", { class: "step" }, below);
    }

    set(change) {
      const { name, size } = Object.assign(this.state, change);
      const stream = gradients(name, size), made = steps(stream, this.state);
      const most = Math.max(...stream.map(Math.abs));
      const place = (value) => 52 - 34 * clamp(value / most, -1, 1);
      this.bars.setAttribute("d", stream.map((g, i) => `M${this.x(i + 1).toFixed(1)} 52V${place(g).toFixed(1)}`).join(""));
      this.mean.setAttribute("d", line(made.map(({ mean }, i) => [this.x(i + 1), place(mean)])));
      this.step.setAttribute("d", line(made.map(({ step }, i) => [this.x(i + 1), this.high(step)])));
      const longest = made.reduce((best, { step }, i) => (Math.abs(step) > 1.0001 * Math.abs(made[best].step) ? i : best), 0);
      const text = `The first step is ${shown(made[0].step)} of the learning rate, the last ${shown(made.at(-1).step)}; `
        + `the longest is ${shown(made[longest].step)}, at update ${longest + 1}. \u03b5 is 1e\u22128.`;
      this.say.textContent = text;
      set(this.above, { "aria-label": `120 gradients, ${name}, of size ${power(size)}, and their average m.` });
      set(this.below, { "aria-label": `Adam's steps. ${text}` });
      this.streams.show(name);
      this.correction.show(this.state.corrected);
      for (const [key, slider] of Object.entries(this.sliders)) slider.show(this.state[key]);
    }
  }

  if (globalThis.document) ready("adam-stream", Stream, STYLE);
  else module.exports = { UPDATES, EPS, BETA1, BETA2, SIZES, STREAMS, gradients, steps, shown, power };
})();
