/* A batch going through a batch normalisation layer, for the chapter on batch normalisation.

   Looks for <div class="batch-layer" data-rows="[…]"> and draws in it: one feature of a batch on three number
   lines, before the layer, normalised, and after scale and shift; and what became of one row over the last
   batches. The rows come from the chapter's cell, which computes the table below from the same ones. Controls
   are native; nothing moves unless the reader moves it. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STYLE = `
    .batch-layer { --one: #b33600; --rest: #0b5fa5; max-width: 34rem; margin: 1rem auto; }
    html[data-theme="dark"] .batch-layer { --one: #ffa77f; --rest: #8cc4ff; }
    html[data-theme="dark"] .bd-content div.cell_output div.text_html:has(> div.batch-layer) {
      background: transparent; color: inherit; padding: 0; }
    .batch-layer svg { display: block; width: 100%; height: auto; margin: .2rem 0; }
    .batch-layer text { font: 12px system-ui, sans-serif; fill: currentColor; }
    .batch-layer .name { paint-order: stroke; stroke: var(--pst-color-background, #fff); stroke-width: 5px; }
    .batch-layer .axis { stroke: currentColor; stroke-opacity: .6; fill: none; }
    .batch-layer .thread { stroke: var(--rest); stroke-opacity: .4; fill: none; }
    .batch-layer .rest { fill: var(--rest); fill-opacity: .75; }
    .batch-layer .thread.one { stroke: var(--one); stroke-opacity: 1; stroke-width: 2; }
    .batch-layer .one { fill: var(--one); }
    .batch-layer .thread.one { fill: none; }
    .batch-layer .mean { stroke: currentColor; stroke-width: 2; }
    .batch-layer .running { stroke: currentColor; stroke-width: 2; stroke-dasharray: 3 2; }
    .batch-layer .steer { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; margin: .2rem 0; }
    .batch-layer fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: flex; gap: .8rem; }
    .batch-layer legend { float: left; font-size: inherit; margin: 0; padding: 0; width: auto; align-self: center; }
    .batch-layer label { display: flex; gap: .5rem; align-items: center; margin: 0; min-height: 44px; }
    .batch-layer label.slider { flex: 1 1 12rem; }
    .batch-layer label.slider span { min-width: 4.6rem; }
    .batch-layer output { min-width: 3.2em; font-variant-numeric: tabular-nums; }
    .batch-layer input[type="range"] { flex: 1 1 4rem; min-width: 3rem; height: 44px; accent-color: var(--rest); }
    .batch-layer input[type="radio"] { width: 1.2rem; height: 1.2rem; accent-color: var(--rest); }
    .batch-layer button { padding: 0 .7rem; min-height: 44px; border: 1px solid; border-radius: 6px;
      background: transparent; color: inherit; font: inherit; }
    .batch-layer button:focus-visible, .batch-layer input:focus-visible {
      outline: 3px solid var(--rest); outline-offset: 2px; }
    .batch-layer .say { min-height: 7.5em; margin: .4rem 0; }`;
  const EPS = 1e-5, MOMENTUM = 0.1, SIZES = [1, 2, 3, 4, 8, 16, 32], KEPT = 40;
  const LOW = -5, HIGH = 9;

  /* The batch of this number: the followed row, and the next size - 1 of the others, round and round. */
  function rowsOf(pool, size, number) {
    const others = pool.slice(1), from = number * 31;
    return [pool[0], ...Array.from({ length: size - 1 }, (_, i) => others[(from + i) % others.length])];
  }

  function statistics(rows) {
    const mean = rows.reduce((sum, x) => sum + x, 0) / rows.length;
    return { mean, variance: rows.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rows.length };
  }

  /* The running statistics after a batch; its variance comes in divided by N - 1. */
  function moved(running, rows) {
    const { mean, variance } = statistics(rows), n = rows.length;
    return {
      mean: running.mean + MOMENTUM * (mean - running.mean),
      variance: running.variance + MOMENTUM * (variance * n / (n - 1) - running.variance),
    };
  }

  function through(rows, { mean, variance }, gamma, beta) {
    const hat = rows.map((x) => (x - mean) / Math.sqrt(variance + EPS));
    return { hat, y: hat.map((h) => gamma * h + beta) };
  }

  const make = (tag, attributes = {}, parent = null, text = "") => {
    const svg = ["svg", "g", "path", "line", "text", "circle", "rect"].includes(tag);
    const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const told = (x) => x.toFixed(2).replace("-", "\u2212");

  class Layer {
    constructor(host, number) {
      this.pool = JSON.parse(host.dataset.rows);
      this.state = { training: true, size: 4, gamma: 1, beta: 0, number: 0 };
      this.running = { mean: 0, variance: 1 };
      this.history = [];
      host.querySelector("p").remove();
      this.drawLines(host);
      this.drawHistory(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.controls(host, number);
      this.take();
    }

    x(value) { return 12 + 336 * (Math.min(HIGH, Math.max(LOW, value)) - LOW) / (HIGH - LOW); }

    drawLines(host) {
      const svg = this.lines = make("svg", { viewBox: "0 0 360 232", role: "img" }, host);
      this.heights = [34, 112, 190];
      this.heights.forEach((y) => {
        make("path", { class: "axis", d: `M12 ${y}H348` }, svg);
        for (let tick = -4; tick <= 8; tick += 2) {
          make("path", { class: "axis", d: `M${this.x(tick)} ${y}v5` }, svg);
          make("text", { x: this.x(tick), y: y + 18, "text-anchor": "middle" }, svg, String(tick).replace("-", "\u2212"));
        }
      });
      this.drawn = make("g", {}, svg);
      ["x, as it arrives", "x\u0302, normalised", "y = \u03b3x\u0302 + \u03b2, as it leaves"].forEach((name, i) => {
        make("text", { class: "name", x: i ? 348 : 12, y: this.heights[i] - 16, "text-anchor": i ? "end" : "start" }, svg, name);
      });
      this.marks = { mean: make("path", { class: "mean" }, svg), running: make("path", { class: "running" }, svg) };
      make("text", { x: 180, y: 229, "text-anchor": "middle" }, svg, "solid: the batch\u2019s mean; dashed: the running mean");
    }

    drawHistory(host) {
      const svg = make("svg", { viewBox: "0 -10 360 128", "aria-hidden": "true" }, host);
      make("path", { class: "axis", d: "M30 22V98H350" }, svg);
      for (const tick of [-4, 0, 4, 8]) make("text", { x: 25, y: this.up(tick) + 4, "text-anchor": "end" }, svg, String(tick).replace("-", "\u2212"));
      make("text", { x: 12, y: 12 }, svg, "y of the followed row; dots in training, rings in use");
      make("text", { x: 190, y: 114, "text-anchor": "middle" }, svg, `the last ${KEPT} batches`);
      this.dots = make("g", {}, svg);
    }

    up(value) { return 98 - 76 * (Math.min(HIGH, Math.max(LOW, value)) - LOW) / (HIGH - LOW); }

    controls(host, number) {
      const top = make("div", { class: "steer" }, host);
      const choice = make("fieldset", {}, top);
      make("legend", {}, choice, "mode");
      this.modes = [["training", true], ["in use (eval)", false]].map(([name, training]) => {
        const label = make("label", {}, choice);
        const input = make("input", { type: "radio", name: `batch-layer-${number}` }, label);
        make("span", {}, label, name);
        input.addEventListener("change", () => this.set({ training }));
        return { input, training };
      });
      const slider = (text, name, min, max, step) => {
        const label = make("label", { class: "slider" }, host);
        make("span", {}, label, text);
        const input = make("input", { type: "range", min, max, step, "aria-label": text }, label);
        const output = make("output", {}, label);
        input.addEventListener("input", () => this.set({ [name]: name === "size" ? SIZES[input.value] : Number(input.value) }));
        return { name, input, output };
      };
      this.inputs = [
        slider("batch size", "size", 0, SIZES.length - 1, 1),
        slider("\u03b3", "gamma", 0, 3, 0.05),
        slider("\u03b2", "beta", -3, 5, 0.05),
      ];
      const row = make("div", { class: "steer" }, host);
      const button = (text, act) => make("button", { type: "button" }, row, text).addEventListener("click", act);
      button("Next batch", () => this.next(1));
      button("20 batches", () => this.next(20));
      button("Undo the layer", () => {
        const { mean, variance } = this.used();
        this.set({ gamma: Math.sqrt(variance + EPS), beta: mean });
      });
      button("Start again", () => {
        this.running = { mean: 0, variance: 1 };
        this.history = [];
        this.state = { training: true, size: 4, gamma: 1, beta: 0, number: 0 };
        this.take();
      });
    }

    rows() { return rowsOf(this.pool, this.state.size, this.state.number); }
    used() { return this.state.training ? statistics(this.rows()) : this.running; }
    refused() { return this.state.training && this.state.size < 2; }

    /* The batch at hand goes through: it is entered in the history, and in training the statistics move. */
    take() {
      const { training } = this.state, rows = this.rows();
      if (!this.refused()) {
        const hat = through(rows, this.used(), 1, 0).hat[0];
        this.history = [...this.history, { hat, training }].slice(-KEPT);
        if (training) this.running = moved(this.running, rows);
      }
      this.show();
    }

    next(count) {
      for (let i = 0; i < count; i += 1) {
        this.state.number += 1;
        this.take();
      }
    }

    set(change) {
      if ("size" in change) this.history = [];
      Object.assign(this.state, change);
      this.show();
    }

    show() {
      const { training, size, gamma, beta } = this.state, rows = this.rows();
      const { mean, variance } = this.used(), [top, middle, bottom] = this.heights;
      const { hat, y } = through(rows, { mean, variance }, gamma, beta);
      this.drawn.replaceChildren();
      for (const i of [...rows.keys()].reverse()) {  // the followed row last, on top
        const one = i === 0 ? " one" : "";
        const spots = this.refused() ? [[rows[i], top]] : [[rows[i], top], [hat[i], middle], [y[i], bottom]];
        make("path", { class: `thread${one}`, d: "M" + spots.map(([v, h]) => `${this.x(v).toFixed(1)} ${h}`).join("L") }, this.drawn);
        for (const [v, h] of spots) {
          if (one) make("rect", { class: "one", x: this.x(v) - 5, y: h - 5, width: 10, height: 10, transform: `rotate(45 ${this.x(v)} ${h})` }, this.drawn);
          else make("circle", { class: "rest", cx: this.x(v), cy: h, r: 4 }, this.drawn);
        }
      }
      const here = statistics(rows);
      this.marks.mean.setAttribute("d", `M${this.x(here.mean)} ${top - 12}v24`);
      this.marks.running.setAttribute("d", `M${this.x(this.running.mean)} ${top - 12}v24`);
      this.dots.replaceChildren();
      this.history.forEach(({ hat: kept, training: trained }, i) => {
        make("circle", { cx: 34 + 316 * i / (KEPT - 1), cy: this.up(gamma * kept + beta), r: 3, class: "one",
          ...(trained ? {} : { style: "fill: none; stroke: var(--one); stroke-width: 1.5" }) }, this.dots);
      });
      const text = this.words(here, hat, y, training, size);
      this.say.textContent = text;
      this.lines.setAttribute("aria-label", `A batch on three number lines, before, normalised and after. ${text}`);
      for (const { name, input, output } of this.inputs) {
        const value = this.state[name];
        input.value = name === "size" ? SIZES.indexOf(value) : value;
        output.textContent = name === "size" ? String(value) : told(value);
        input.setAttribute("aria-valuetext", output.textContent);
      }
      for (const { input, training: on } of this.modes) input.checked = on === training;
    }

    words(here, hat, y, training, size) {
      const kept = `Running mean ${told(this.running.mean)}, running deviation ${told(Math.sqrt(this.running.variance))}.`;
      if (this.refused()) {
        return `In training a batch must have at least 2 rows, got 1: one row is its own mean, and nothing is left of it. Take a larger batch, or the eval form. ${kept}`;
      }
      const one = `The followed row, ${told(this.pool[0])}, is normalised to ${told(hat[0])} and leaves as ${told(y[0])}.`;
      const whose = size === 1 ? "One row" : `${size} rows of mean ${told(here.mean)} and deviation ${told(Math.sqrt(here.variance))}`;
      const by = training ? "normalised by their own statistics" : "normalised by the running statistics";
      const blind = training && size === 2 ? " With two rows everything becomes plus or minus one." : "";
      const same = Math.max(...y.map((value, i) => Math.abs(value - this.rows()[i]))) < 0.005;
      const undone = same ? " The layer is undone: y is x, for " + (training ? "this batch." : "every batch.") : "";
      const spread = this.history.filter((entry) => entry.training === training).map((entry) => this.state.gamma * entry.hat + this.state.beta);
      const [least, most] = [Math.min(...spread), Math.max(...spread)].map(told);
      const where = least === most ? `was always ${most}` : `lay between ${least} and ${most}`;
      const wobble = spread.length > 4 ? ` Over the last ${spread.length} batches ${training ? "in training" : "in use"} its y ${where}.` : "";
      return `${whose}, ${by}. ${one}${blind}${undone} ${kept}${wobble}`;
    }
  }

  const begin = () => {
    const hosts = document.querySelectorAll(".batch-layer:not([data-ready])");
    if (!hosts.length) return;
    if (!document.getElementById("batch-layer-style")) make("style", { id: "batch-layer-style" }, document.head, STYLE);
    hosts.forEach((host, number) => {
      host.dataset.ready = "yes";
      new Layer(host, number);
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
