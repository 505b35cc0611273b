/* A probe of what goes through a stack of layers, for the chapter on initialisation.

   Looks for <div class="signal-probe"> and draws two pictures in it: the deviation of the activations, layer by
   layer on the way forward, and that of the gradient on the way back; dots are measured in a small network that
   is computed here, lines are predicted. Weights come from a seeded generator, the same for every scale. Sliders
   and buttons are native. Nothing moves unless the reader moves it. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STYLE = `
    .signal-probe { --forward: #0b5fa5; --back: #b33600; max-width: 34rem; margin: 1rem auto; }
    html[data-theme="dark"] .signal-probe { --forward: #8cc4ff; --back: #ffa77f; }
    html[data-theme="dark"] .bd-content div.cell_output div.text_html:has(> div.signal-probe) {
      background: transparent; color: inherit; padding: 0; }
    .signal-probe svg { display: block; width: 100%; height: auto; margin: .2rem 0; }
    .signal-probe text { font: 12px system-ui, sans-serif; fill: currentColor; }
    .signal-probe .axis { stroke: currentColor; stroke-opacity: .6; fill: none; }
    .signal-probe .grid { stroke: currentColor; stroke-opacity: .18; fill: none; }
    .signal-probe .one { stroke-opacity: .55; stroke-dasharray: 2 3; }
    .signal-probe .forward { color: var(--forward); }
    .signal-probe .back { color: var(--back); }
    .signal-probe .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
    .signal-probe .back .line { stroke-dasharray: 7 4; }
    .signal-probe .dot { fill: currentColor; }
    .signal-probe .name { font-weight: 600; }
    .signal-probe .steer { display: flex; flex-wrap: wrap; gap: .3rem .6rem; align-items: center; margin: .2rem 0; }
    .signal-probe label { display: flex; gap: .5rem; align-items: center; margin: 0; }
    .signal-probe label.slide span { min-width: 4.6rem; }
    .signal-probe output { min-width: 3.4em; font-variant-numeric: tabular-nums; }
    .signal-probe input[type="range"] { flex: 1 1 4rem; min-width: 3rem; height: 44px; accent-color: var(--forward); }
    .signal-probe button { padding: 0 .7rem; min-height: 44px; border: 1px solid; border-radius: 6px;
      background: transparent; color: inherit; font: inherit; }
    .signal-probe button[aria-pressed="true"] { background: var(--forward); border-color: var(--forward); color: #fff; }
    html[data-theme="dark"] .signal-probe button[aria-pressed="true"] { color: #10202f; }
    .signal-probe button:focus-visible, .signal-probe input:focus-visible {
      outline: 3px solid var(--back); outline-offset: 2px; }
    .signal-probe .say { min-height: 6.2em; margin: .4rem 0; }`;

  const make = (tag, attributes = {}, parent = null, text = "") => {
    const svg = ["svg", "g", "path", "line", "text", "circle"].includes(tag);
    const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };

  /* ---- arithmetic: the tests run what stands between these two lines */
  const BATCH = 12;
  const PHI = {
    tanh: { f: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2, flat: (h) => Math.abs(h) > 0.99 },
    relu: { f: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0), flat: (h) => h === 0 },
    linear: { f: (z) => z, slope: () => 1, flat: () => false },
  };

  /* Standard normal numbers: the generator mulberry32, two uniforms to two normals by Box and Muller. */
  function normals(seed, count) {
    let state = seed >>> 0;
    const uniform = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const out = new Float64Array(count);
    for (let i = 0; i < count; i += 2) {
      const size = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
      out[i] = size * Math.cos(angle);
      if (i + 1 < count) out[i + 1] = size * Math.sin(angle);
    }
    return out;
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
  /* ---- end of the arithmetic */

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
      host.querySelector("p").remove();
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
      const slider = (text, name, min, max, step, read, write) => {
        const label = make("label", { class: "slide" }, host);
        make("span", {}, label, text);
        const input = make("input", { type: "range", min, max, step, "aria-label": text }, label);
        const output = make("output", {}, label);
        input.addEventListener("input", () => this.set({ [name]: read(Number(input.value)) }));
        return { name, input, output, write };
      };
      const same = (value) => value;
      this.inputs = [
        slider("σ", "sigma", -2.5, 0.5, 0.02, (x) => 10 ** x, Math.log10),
        slider("layers", "depth", 2, 20, 1, same, same),
        slider("units n", "width", 10, 150, 5, same, same),
      ];
      const row = make("div", { class: "steer", role: "group", "aria-label": "activation" }, host);
      const button = (parent, text, act) => {
        const one = make("button", { type: "button" }, parent, text);
        one.addEventListener("click", () => this.set(act(this.state)));
        return one;
      };
      this.kinds = Object.keys(NAMES).map((activation) => [activation, button(row, NAMES[activation], () => ({ activation }))]);
      const starts = make("div", { class: "steer", role: "group", "aria-label": "scale of the weights" }, host);
      button(starts, "σ = 0.01", () => ({ sigma: 0.01 }));
      button(starts, "σ = 1", () => ({ sigma: 1 }));
      button(starts, "Xavier √(1/n)", ({ width }) => ({ sigma: Math.sqrt(1 / width) }));
      button(starts, "He √(2/n)", ({ width }) => ({ sigma: Math.sqrt(2 / width) }));
      button(starts, "Draw anew", ({ seed }) => ({ seed: seed + 1 }));
    }

    set(change) {
      Object.assign(this.state, change);
      this.show();
    }

    /* The draws are kept while only sigma or the activation changes. */
    drawn() {
      const { depth, width, seed } = this.state, key = `${depth} ${width} ${seed}`;
      if (this.numbers.key !== key) {
        const list = Array.from({ length: depth + 2 }, (_, l) => normals(seed * 1000 + l, width * (l < depth ? width : BATCH)));
        this.numbers = { key, list };
      }
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
      for (const { name, input, output, write } of this.inputs) {
        input.value = write(this.state[name]);
        output.textContent = short(this.state[name]);
        input.setAttribute("aria-valuetext", output.textContent);
      }
      for (const [kind, one] of this.kinds) one.setAttribute("aria-pressed", String(kind === activation));
    }

    draw({ kind, svg, scale, curve }, seen, told) {
      const reach = Math.max(...[...seen, ...told].filter((v) => v > 0).map((v) => Math.abs(Math.log10(v))));
      const span = SPANS.find((s) => s >= reach) || SPANS[SPANS.length - 1];
      const depth = seen.length;
      const x = (l) => LEFT + 14 + (RIGHT - LEFT - 28) * l / (depth - 1);
      const y = (value) => {
        const height = value > 0 ? Math.log10(value) / span : -1;
        return (TOP + BOTTOM) / 2 - (BOTTOM - TOP) / 2 * Math.min(1, Math.max(-1, height));
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

  const begin = () => {
    const hosts = document.querySelectorAll(".signal-probe:not([data-ready])");
    if (!hosts.length) return;
    if (!document.getElementById("signal-probe-style")) make("style", { id: "signal-probe-style" }, document.head, STYLE);
    hosts.forEach((host) => {
      host.dataset.ready = "yes";
      new Probe(host);
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
