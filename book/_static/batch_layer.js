/* A batch going through a batch normalisation layer, for the chapter on batch normalisation.

   Looks for <div class="batch-layer" data-rows="[…]"> and draws in it: one feature of a batch on three number
   lines, before the layer, normalised, and after scale and shift; and what became of one row over the last
   batches. The rows come from the chapter's cell, which computes the table below from the same ones. Controls
   are native; nothing moves unless the reader moves it. */
"use strict";
(() => {
  const { button, choice, clamp, make, minus, ready, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .batch-layer .name { paint-order: stroke; stroke: var(--pst-color-background, #fff); stroke-width: 5px; }
    .batch-layer .thread { stroke: var(--ink-blue); stroke-opacity: .4; fill: none; }
    .batch-layer .rest { fill: var(--ink-blue); fill-opacity: .75; }
    .batch-layer .thread.one { stroke: var(--ink-red); stroke-opacity: 1; stroke-width: 2; }
    .batch-layer .mark { fill: var(--ink-red); }
    .batch-layer .ring { fill: none; stroke: var(--ink-red); stroke-width: 1.5; }
    .batch-layer .mean { stroke: currentColor; stroke-width: 2; }
    .batch-layer .running { stroke: currentColor; stroke-width: 2; stroke-dasharray: 3 2; }
    .batch-layer .say { min-height: 7.5em; }`;
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

  const told = (x) => minus(x.toFixed(2));

  class Layer {
    constructor(host, number) {
      this.pool = JSON.parse(host.dataset.rows);
      this.state = { training: true, size: 4, gamma: 1, beta: 0, number: 0 };
      this.running = { mean: 0, variance: 1 };
      this.history = [];
      this.drawLines(host);
      this.drawHistory(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.controls(host, number);
      this.take();
    }

    x(value) { return 12 + 336 * (clamp(value, LOW, HIGH) - LOW) / (HIGH - LOW); }

    drawLines(host) {
      const svg = this.lines = make("svg", { viewBox: "0 0 360 232", role: "img" }, host);
      this.heights = [34, 112, 190];
      this.heights.forEach((y) => {
        make("path", { class: "axis", d: `M12 ${y}H348` }, svg);
        for (let tick = -4; tick <= 8; tick += 2) {
          make("path", { class: "axis", d: `M${this.x(tick)} ${y}v5` }, svg);
          make("text", { x: this.x(tick), y: y + 18, "text-anchor": "middle" }, svg, minus(tick));
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
      for (const tick of [-4, 0, 4, 8]) make("text", { x: 25, y: this.up(tick) + 4, "text-anchor": "end" }, svg, minus(tick));
      make("text", { x: 12, y: 12 }, svg, "y of the followed row; dots in training, rings at inference");
      make("text", { x: 190, y: 114, "text-anchor": "middle" }, svg, `the last ${KEPT} batches`);
      this.dots = make("g", {}, svg);
    }

    up(value) { return 98 - 76 * (clamp(value, LOW, HIGH) - LOW) / (HIGH - LOW); }

    controls(host, number) {
      this.mode = choice(host, `batch-layer-${number}`, "mode", [[true, "training"], [false, "inference (eval)"]],
        (training) => this.set({ training }));
      const places = { read: (i) => SIZES[i], write: (size) => SIZES.indexOf(size) };
      this.sliders = sliders(host, {
        size: ["batch size", { min: 0, max: SIZES.length - 1, ...places }],
        gamma: ["\u03b3", { min: 0, max: 3, step: 0.05, tell: told }],
        beta: ["\u03b2", { min: -3, max: 5, step: 0.05, tell: told }],
      }, (change) => this.set(change));
      const row = make("div", { class: "steer" }, host);
      button(row, "Next batch", () => this.next(1));
      button(row, "20 batches", () => this.next(20));
      button(row, "Undo the layer", () => {
        const { mean, variance } = this.used();
        this.set({ gamma: Math.sqrt(variance + EPS), beta: mean });
      });
      button(row, "Start again", () => {
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
          if (one) make("rect", { class: "mark", x: this.x(v) - 5, y: h - 5, width: 10, height: 10, transform: `rotate(45 ${this.x(v)} ${h})` }, this.drawn);
          else make("circle", { class: "rest", cx: this.x(v), cy: h, r: 4 }, this.drawn);
        }
      }
      const here = statistics(rows);
      this.marks.mean.setAttribute("d", `M${this.x(here.mean)} ${top - 12}v24`);
      this.marks.running.setAttribute("d", `M${this.x(this.running.mean)} ${top - 12}v24`);
      this.dots.replaceChildren();
      this.history.forEach(({ hat: kept, training: trained }, i) => {
        make("circle", { cx: 34 + 316 * i / (KEPT - 1), cy: this.up(gamma * kept + beta), r: 3, class: trained ? "mark" : "ring" }, this.dots);
      });
      const text = this.words(here, hat, y, training, size);
      this.say.textContent = text;
      this.lines.setAttribute("aria-label", `A batch on three number lines, before, normalised and after. ${text}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
      this.mode.show(training);
    }

    words(here, hat, y, training, size) {
      const kept = `Running mean ${told(this.running.mean)}, running standard deviation ${told(Math.sqrt(this.running.variance))}.`;
      if (this.refused()) {
        return `In training a batch must have at least 2 rows, got 1: one row is its own mean, and nothing is left of it. Take a larger batch, or the eval form. ${kept}`;
      }
      const one = `The followed row, ${told(this.pool[0])}, is normalised to ${told(hat[0])} and leaves as ${told(y[0])}.`;
      const whose = size === 1 ? "One row" : `${size} rows of mean ${told(here.mean)} and standard deviation ${told(Math.sqrt(here.variance))}`;
      const by = training ? "normalised by their own statistics" : "normalised by the running statistics";
      const blind = training && size === 2 ? " With two rows everything becomes plus or minus one." : "";
      const same = Math.max(...y.map((value, i) => Math.abs(value - this.rows()[i]))) < 0.005;
      const undone = same ? " The layer is undone: y is x, for " + (training ? "this batch." : "every batch.") : "";
      const spread = this.history.filter((entry) => entry.training === training).map((entry) => this.state.gamma * entry.hat + this.state.beta);
      const [least, most] = [Math.min(...spread), Math.max(...spread)].map(told);
      const where = least === most ? `was always ${most}` : `lay between ${least} and ${most}`;
      const wobble = spread.length > 4 ? ` Over the last ${spread.length} batches ${training ? "in training" : "at inference"} its y ${where}.` : "";
      return `${whose}, ${by}. ${one}${blind}${undone} ${kept}${wobble}`;
    }
  }

  if (globalThis.document) ready("batch-layer", Layer, STYLE);
  else module.exports = { rowsOf, statistics, moved, through };
})();
