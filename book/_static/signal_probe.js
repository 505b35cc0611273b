/* A probe of what goes through a stack of layers, for the chapter on initialisation.

   Looks for <div class="signal-probe"> and draws two pictures in it: the deviation of the activations, layer by
   layer on the way forward, and that of the gradient on the way back; dots are measured in a small network that
   is computed here, lines are predicted. Weights come from a seeded generator, the same for every scale. Sliders
   and buttons are native. Nothing moves unless the reader moves it. */
"use strict";
(() => {
  const { button, clamp, make, normals, ready, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .signal-probe .grid { stroke: currentColor; stroke-opacity: .18; fill: none; }
    .signal-probe .one { stroke-opacity: .55; stroke-dasharray: 2 3; }
    .signal-probe .forward { color: var(--ink-blue); }
    .signal-probe .back { color: var(--ink-red); }
    .signal-probe .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
    .signal-probe .back .line { stroke-dasharray: 7 4; }
    .signal-probe .dot { fill: currentColor; }
    .signal-probe .steer { gap: .3rem .6rem; margin: .2rem 0; }
    .signal-probe button[aria-pressed="true"] { background: var(--ink-blue); border-color: var(--ink-blue); color: var(--pst-color-background, #fff); }
    .signal-probe .say { min-height: 6.2em; }`;


  const BATCH = 12;
  const PHI = {
    tanh: { f: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2, flat: (h) => Math.abs(h) > 0.99 },
    relu: { f: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0), flat: (h) => h === 0 },
    linear: { f: (z) => z, slope: () => 1, flat: () => false },
  };

  /* What measure takes, for a seed: the draws of each layer's weights, of the inputs and of the gradients. */
  function draws({ depth, width, seed }) {
    return Array.from({ length: depth + 2 }, (_, l) => normals(seed * 1000 + l, width * (l < depth ? width : BATCH)));
  }

  function deviation(values) {
    let mean = 0, square = 0;
    for (const value of values) mean += value / values.length;
    for (const value of values) square += (value - mean) ** 2 / values.length;
    return Math.sqrt(square);
  }

  /* Every layer's deviation of h, of the gradient at z, and share of saturated entries; numbers[l] holds layer
     l's weights for sigma 1, then a batch of inputs, then gradients at the last layer's h. */
  function measure(numbers, { activation, depth, width, sigma }) {
    const { f, slope, flat } = PHI[activation], zs = [];
    const forward = [], back = new Array(depth), saturated = [];
    let h = numbers[depth];
    for (let l = 0; l < depth; l += 1) {
      const W = numbers[l], z = new Float64Array(BATCH * width);
      for (let b = 0; b < BATCH; b += 1) {
        for (let i = 0; i < width; i += 1) {
          const x = sigma * h[b * width + i];
          if (x) for (let j = 0, w = i * width, o = b * width; j < width; j += 1) z[o + j] += x * W[w + j];
        }
      }
      h = z.map(f);
      zs.push(z);
      forward.push(deviation(h));
      saturated.push(h.reduce((count, value) => count + flat(value), 0) / h.length);
    }
    let grad = numbers[depth + 1];
    for (let l = depth - 1; l >= 0; l -= 1) {
      const W = numbers[l], delta = grad.map((g, i) => g * slope(zs[l][i]));
      back[l] = deviation(delta);
      grad = new Float64Array(BATCH * width);
      for (let b = 0; b < BATCH; b += 1) {
        for (let i = 0; i < width; i += 1) {
          let sum = 0;
          for (let j = 0, w = i * width, o = b * width; j < width; j += 1) sum += delta[o + j] * W[w + j];
          grad[b * width + i] = sigma * sum;
        }
      }
    }
    return { forward, back, saturated };
  }

  /* Mean of g(z) over z from N(0, q). */
  function average(g, q) {
    const steps = 400, reach = 8;
    let sum = 0, weight = 0;
    for (let i = 0; i <= steps; i += 1) {
      const u = reach * (2 * i / steps - 1), w = Math.exp(-u * u / 2);
      sum += w * g(Math.sqrt(q) * u);
      weight += w;
    }
    return sum / weight;
  }

  /* What infinitely wide layers would show: q is the variance of z, times n sigma^2 from layer to layer. */
  function predict({ activation, depth, width, sigma }) {
    const { f, slope } = PHI[activation], gain = width * sigma ** 2, forward = [], slopes = [];
    let square = 1;
    for (let l = 0; l < depth; l += 1) {
      const q = gain * square;
      if (activation === "relu") square = q / 2;
      else if (activation === "linear") square = q;
      else square = average((z) => f(z) ** 2, q);
      forward.push(Math.sqrt(activation === "relu" ? q * (0.5 - 0.5 / Math.PI) : square));
      slopes.push(activation === "tanh" ? average((z) => slope(z) ** 2, q) : activation === "relu" ? 0.5 : 1);
    }
    const back = new Array(depth);
    let grad = 1;
    for (let l = depth - 1; l >= 0; l -= 1) {
      back[l] = Math.sqrt(grad * slopes[l]);
      grad *= slopes[l] * gain;
    }
    return { forward, back };
  }

  const NAMES = { tanh: "tanh", relu: "ReLU", linear: "linear" };
  const SPANS = [1, 2, 4, 8, 16, 32];
  const LEFT = 52, RIGHT = 350, TOP = 22, BOTTOM = 128;

  const short = (value) => {
    if (value === 0) return "0";
    if (value >= 0.001 && value < 10000) return String(Number(value.toPrecision(2)));
    return value.toExponential(0).replace("e+", "e");
  };

  class Probe {
    constructor(host) {
      this.state = { activation: "tanh", depth: 10, width: 100, sigma: 0.01, seed: 1 };
      this.numbers = { key: "" };
      this.panels = [
        this.panel(host, "forward", "forward: deviation of the activations h"),
        this.panel(host, "back", "back: deviation of the gradient at z"),
      ];
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.controls(host);
      this.show();
    }

    panel(host, kind, title) {
      const svg = make("svg", { viewBox: "0 0 360 162", role: "img" }, host);
      make("text", { x: LEFT, y: 13 }, svg, title);
      make("text", { x: (LEFT + RIGHT) / 2, y: 158, "text-anchor": "middle" }, svg, "layer");
      const scale = make("g", {}, svg), curve = make("g", { class: kind }, svg);
      make("path", { class: "axis", d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` }, svg);
      return { kind, svg, scale, curve };
    }

    controls(host) {
      this.sliders = sliders(host, {
        sigma: ["σ", { min: -2.5, max: 0.5, step: 0.02, read: (power) => 10 ** power, write: Math.log10, tell: short }],
        depth: ["layers", { min: 2, max: 20, tell: short }],
        width: ["units n", { min: 10, max: 150, step: 5, tell: short }],
      }, (change) => this.set(change));
      const row = make("div", { class: "steer", role: "group", "aria-label": "activation" }, host);
      this.kinds = Object.keys(NAMES).map((activation) => [activation, button(row, NAMES[activation], () => this.set({ activation }))]);
      const starts = make("div", { class: "steer", role: "group", "aria-label": "scale of the weights" }, host);
      const jump = (text, to) => button(starts, text, () => this.set(to(this.state)));
      jump("σ = 0.01", () => ({ sigma: 0.01 }));
      jump("σ = 1", () => ({ sigma: 1 }));
      jump("Xavier √(1/n)", ({ width }) => ({ sigma: Math.sqrt(1 / width) }));
      jump("He √(2/n)", ({ width }) => ({ sigma: Math.sqrt(2 / width) }));
      jump("Draw anew", ({ seed }) => ({ seed: seed + 1 }));
    }

    set(change) {
      Object.assign(this.state, change);
      this.show();
    }

    /* The draws are kept while only sigma or the activation changes. */
    drawn() {
      const { depth, width, seed } = this.state, key = `${depth} ${width} ${seed}`;
      if (this.numbers.key !== key) this.numbers = { key, list: draws(this.state) };
      return this.numbers.list;
    }

    show() {
      const { activation, depth, width, sigma } = this.state;
      const seen = measure(this.drawn(), this.state), told = predict(this.state);
      const last = depth - 1, share = Math.round(100 * seen.saturated[last]);
      const flat = { tanh: `${share} % of the last layer is beyond 0.99.`, relu: `${share} % of the last layer is at zero.`, linear: "" };
      const way = (from, to, guess) => `from ${short(from)} to ${short(to)} (predicted ${short(guess)})`;
      const text = `${NAMES[activation]}, ${depth} layers of ${width} units, σ = ${short(sigma)}, so n·σ² = ${short(width * sigma ** 2)}. `
        + `Forward, layer 1 to ${depth}: ${way(seen.forward[0], seen.forward[last], told.forward[last])}. `
        + `Back, layer ${depth} to 1: ${way(seen.back[last], seen.back[0], told.back[0])}. ${flat[activation]}`;
      this.say.textContent = text;
      for (const panel of this.panels) this.draw(panel, seen[panel.kind], told[panel.kind]);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
      for (const [kind, one] of this.kinds) one.setAttribute("aria-pressed", String(kind === activation));
    }

    draw({ kind, svg, scale, curve }, seen, told) {
      const reach = Math.max(...[...seen, ...told].filter((v) => v > 0).map((v) => Math.abs(Math.log10(v))));
      const span = SPANS.find((s) => s >= reach) || SPANS[SPANS.length - 1];
      const depth = seen.length;
      const x = (l) => LEFT + 14 + (RIGHT - LEFT - 28) * l / (depth - 1);
      const y = (value) => {
        const height = value > 0 ? Math.log10(value) / span : -1;
        return (TOP + BOTTOM) / 2 - (BOTTOM - TOP) / 2 * clamp(height, -1, 1);
      };
      scale.replaceChildren();
      for (const part of [-1, -0.5, 0, 0.5, 1]) {
        const value = 10 ** (part * span);
        make("path", { class: part ? "grid" : "axis one", d: `M${LEFT} ${y(value).toFixed(1)}H${RIGHT}` }, scale);
        make("text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, scale, short(value));
      }
      for (let l = 0; l < depth; l += depth > 10 ? 3 : 1) {
        make("text", { x: x(l), y: 143, "text-anchor": "middle" }, scale, String(l + 1));
      }
      curve.replaceChildren();
      const points = told.map((value, l) => `${x(l).toFixed(1)} ${y(value).toFixed(1)}`);
      make("path", { class: "line", d: `M${points.join("L")}` }, curve);
      seen.forEach((value, l) => make("circle", { class: "dot", r: 4, cx: x(l), cy: y(value) }, curve));
      const name = kind === "forward" ? "Deviation of the activations" : "Deviation of the gradient at z";
      svg.setAttribute("aria-label", `${name}, layers 1 to ${depth}: ${seen.map(short).join(", ")}. Dots are measured, the line is predicted.`);
    }
  }

  if (globalThis.document) ready("signal-probe", Probe, STYLE);
  else module.exports = { draws, measure, average, predict };
})();
