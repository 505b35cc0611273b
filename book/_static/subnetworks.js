/* The sixteen sub-networks of a network of two inputs and two hidden units, for the chapter on dropout.

   Looks for <div class="subnetworks"> and draws the network and the outputs of all sub-networks in it. All numbers
   are computed here, with the weights that the chapter's cell has for the table below. Units are switched by native
   buttons; nothing moves unless the reader moves it. */
"use strict";
(() => {
  const { button, choice, make, minus, mulberry32, ready, set, slider } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .subnetworks .edge { stroke: currentColor; }
    .subnetworks .unit { fill: none; stroke: currentColor; stroke-width: 2; }
    .subnetworks .off { stroke-opacity: .25; stroke-dasharray: 4 3; }
    .subnetworks text.off { fill-opacity: .45; }
    .subnetworks .stem { stroke: currentColor; stroke-opacity: .55; stroke-width: 4; }
    .subnetworks .this { stroke-opacity: 1; stroke-width: 8; }
    .subnetworks .mean { fill: var(--ink-blue); stroke: var(--ink-blue); }
    .subnetworks .geometric { fill: var(--ink-green); stroke: var(--ink-green); }
    .subnetworks .scaled { fill: var(--ink-red); stroke: var(--ink-red); }
    .subnetworks .drawn { fill: var(--ink-purple); stroke: var(--ink-purple); }
    .subnetworks text:is(.mean, .geometric, .scaled, .drawn) {
      stroke: var(--pst-color-background, #fff); stroke-width: 5px; paint-order: stroke; font-weight: 600; }
    .subnetworks fieldset { gap: 0 .6rem; }
    .subnetworks input { width: auto; height: auto; }
    .subnetworks .steer { gap: .3rem .5rem; }
    .subnetworks button[aria-pressed="false"] { text-decoration: line-through; opacity: .75; }
    .subnetworks .say { min-height: 6em; }`;
  const INPUTS = [1, 1], IN = [[3, 1], [-1, 3]], BIAS = -1, OUT = [2, -3], LAST = 1;
  const UNITS = ["input 1", "input 2", "hidden 1", "hidden 2"];

  const logistic = (z) => 1 / (1 + Math.exp(-z));

  /* The output before the logistic; a mask is four numbers, the inputs' and the hidden units'. */
  function logit(mask, kind) {
    let z = kind === "linear" ? 0 : LAST;
    for (let j = 0; j < 2; j += 1) {
      let h = INPUTS[0] * mask[0] * IN[0][j] + INPUTS[1] * mask[1] * IN[1][j];
      if (kind === "ReLU") h = Math.max(h + BIAS, 0);
      z += h * mask[2 + j] * OUT[j];
    }
    return z;
  }

  const shown = (z, kind) => (kind === "linear" ? z : logistic(z));

  /* Every sub-network with its probability and output, and the three answers about all of them. */
  function ensemble(kind, p) {
    const networks = [];
    for (let code = 0; code < 16; code += 1) {
      const mask = [8, 4, 2, 1].map((bit) => (code & bit ? 1 : 0));
      const chance = mask.reduce((product, m) => product * (m ? 1 - p : p), 1);
      networks.push({ mask, chance, out: shown(logit(mask, kind), kind) });
    }
    const total = (value) => networks.reduce((sum, one) => sum + one.chance * value(one), 0);
    return {
      networks,
      mean: total((one) => one.out),
      geometric: kind === "linear" ? null : logistic(total((one) => logit(one.mask, kind))),
      scaled: shown(logit([1 - p, 1 - p, 1 - p, 1 - p], kind), kind),
    };
  }


  class Figure {
    constructor(host, number) {
      this.state = { kind: "ReLU", p: 0.5, mask: [1, 1, 1, 1] };
      this.forget();
      this.choose(host, number);
      this.drawNetwork(host);
      this.switches(host);
      this.drawOutputs(host);
      this.draws(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.show();
    }

    forget() { Object.assign(this, { count: 0, sum: 0, uniform: mulberry32(12345) }); }

    choose(host, number) {
      const changed = (change) => { Object.assign(this.state, change); this.forget(); this.show(); };
      const kinds = [["linear", "linear"], ["logistic", "linear, logistic output"], ["ReLU", "ReLU, logistic output"]];
      this.kind = choice(host, `subnetworks-${number}`, "Network", kinds, (kind) => changed({ kind }));
      const scale = { min: 0.05, max: 0.95, step: 0.05, label: "probability of dropping", tell: (p) => p.toFixed(2) };
      this.p = slider(host, "p, dropping", scale, (p) => changed({ p }));
    }

    drawNetwork(host) {
      const svg = make("svg", { viewBox: "0 0 360 130", "aria-hidden": "true" }, host);
      const places = [[60, 35], [60, 95], [180, 35], [180, 95], [300, 65]];
      this.edges = [];
      const edge = (a, b, weight) => {
        const line = make("line", { class: "edge", x1: places[a][0] + 17, y1: places[a][1], x2: places[b][0] - 17, y2: places[b][1],
          "stroke-width": 0.8 + Math.abs(weight) }, svg);
        const at = b === 4 ? 0.45 : a === b - 2 ? 0.5 : 0.27;
        const text = make("text", { x: places[a][0] + 17 + at * (places[b][0] - places[a][0] - 34),
          y: places[a][1] + at * (places[b][1] - places[a][1]) - 6, "text-anchor": "middle" }, svg, minus(weight));
        this.edges.push({ a, b, line, text });
      };
      IN.forEach((row, i) => row.forEach((weight, j) => edge(i, 2 + j, weight)));
      OUT.forEach((weight, j) => edge(2 + j, 4, weight));
      this.units = places.map(([cx, cy]) => make("circle", { class: "unit", cx, cy, r: 17 }, svg));
      this.values = places.map(([x, y]) => make("text", { x, y: y + 4, "text-anchor": "middle" }, svg));
      make("text", { x: 60, y: 125, "text-anchor": "middle" }, svg, "inputs");
      make("text", { x: 180, y: 125, "text-anchor": "middle" }, svg, "hidden");
      make("text", { x: 300, y: 125, "text-anchor": "middle" }, svg, "output");
    }

    switches(host) {
      const row = make("div", { class: "steer", role: "group", "aria-label": "Units that are kept" }, host);
      this.buttons = UNITS.map((name, i) => button(row, name, () => {
        this.state.mask = this.state.mask.map((m, j) => (i === j ? 1 - m : m));
        this.show();
      }));
    }

    drawOutputs(host) {
      const svg = this.svg = make("svg", { viewBox: "0 0 360 205", role: "img" }, host);
      make("path", { class: "axis", d: "M20 120H340" }, svg);
      this.ticks = [0, 1, 2, 3, 4].map(() => ({
        line: make("line", { class: "axis", y1: 120, y2: 124 }, svg),
        text: make("text", { y: 136, "text-anchor": "middle" }, svg),
      }));
      this.stems = Array.from({ length: 16 }, () => make("line", { class: "stem" }, svg));
      this.marks = ["mean", "geometric", "scaled", "drawn"].map((name) => ({ name, mark: make("path", { class: name }, svg) }));
      this.marks.forEach((one, i) => { one.text = make("text", { class: one.name, y: 154 + 15 * i }, svg); });
      make("text", { x: 20, y: 12 }, svg, "probability of each sub-network, over its output");
    }

    draws(host) {
      const row = make("div", { class: "steer" }, host);
      const act = (text, change) => button(row, text, () => { change(); this.show(); });
      act("Draw a mask", () => this.draw(1));
      act("Draw 100", () => this.draw(100));
      act("All units on", () => { this.state.mask = [1, 1, 1, 1]; this.forget(); });
    }

    draw(times) {
      for (let i = 0; i < times; i += 1) {
        this.state.mask = this.state.mask.map(() => (this.uniform() >= this.state.p ? 1 : 0));
        this.sum += shown(logit(this.state.mask, this.state.kind), this.state.kind);
        this.count += 1;
      }
    }

    show() {
      const { kind, p, mask } = this.state, linear = kind === "linear";
      const found = ensemble(kind, p);
      const [low, high] = linear ? [-12, 6] : [0, 1];
      const x = (value) => 20 + 320 * (value - low) / (high - low);
      const number = (value) => minus(value.toFixed(linear ? 2 : 3));

      this.kind.show(kind);
      this.p.show(p);
      this.buttons.forEach((one, i) => one.setAttribute("aria-pressed", mask[i] ? "true" : "false"));

      const hidden = [0, 1].map((j) => {
        const z = INPUTS[0] * mask[0] * IN[0][j] + INPUTS[1] * mask[1] * IN[1][j];
        return (kind === "ReLU" ? Math.max(z + BIAS, 0) : z) * mask[2 + j];
      });
      const out = shown(logit(mask, kind), kind);
      [INPUTS[0] * mask[0], INPUTS[1] * mask[1], ...hidden, out].forEach((value, i) => {
        const on = i === 4 || mask[i];
        this.units[i].setAttribute("class", on ? "unit" : "unit off");
        this.values[i].setAttribute("class", on ? "" : "off");
        this.values[i].textContent = minus(i === 4 && !linear ? value.toFixed(2) : value);
      });
      this.edges.forEach(({ a, b, line, text }) => {
        const on = mask[a] && (b === 4 || mask[b]);
        line.setAttribute("class", on ? "edge" : "edge off");
        text.setAttribute("class", on ? "" : "off");
      });

      const places = linear ? [-12, -8, -4, 0, 4] : [0, 0.25, 0.5, 0.75, 1];
      this.ticks.forEach(({ line, text }, i) => {
        set(line, { x1: x(places[i]), x2: x(places[i]) });
        text.setAttribute("x", x(places[i]));
        text.textContent = minus(places[i]);
      });
      /* Sub-networks with the same output stand upon each other. */
      const below = found.networks.map((one, i) => found.networks.slice(0, i)
        .filter((other) => Math.abs(other.out - one.out) < 1e-9).reduce((sum, other) => sum + other.chance, 0));
      const most = Math.max(...found.networks.map((one, i) => below[i] + one.chance));
      found.networks.forEach((one, i) => {
        const chosen = one.mask.every((m, k) => m === mask[k]);
        const foot = 119 - 100 * below[i] / most, height = 100 * one.chance / most;
        set(this.stems[i], { x1: x(one.out), x2: x(one.out), y1: foot, y2: foot - Math.max(0.3, height - 1.2), class: chosen ? "stem this" : "stem" });
      });
      const average = this.count ? this.sum / this.count : null;
      const names = { mean: "mean", geometric: "geometric mean", scaled: "scaled pass", drawn: `mean of ${this.count.toLocaleString("en")} drawn` };
      for (const { name, mark, text } of this.marks) {
        const value = { mean: found.mean, geometric: found.geometric, scaled: found.scaled, drawn: average }[name];
        mark.style.display = text.style.display = value === null ? "none" : "";
        if (value === null) continue;
        const y = Number(text.getAttribute("y")) - 4, left = x(value) > 190;
        mark.setAttribute("d", `M${x(value)} 118V${y}m-4 0h8`);
        set(text, { x: x(value) + (left ? -9 : 9), "text-anchor": left ? "end" : "start", y: y + 4 });
        text.textContent = `${names[name]} ${number(value)}`;
      }

      const kept = UNITS.filter((_, i) => mask[i]);
      const chance = found.networks.find((one) => one.mask.every((m, k) => m === mask[k])).chance;
      const told = [
        `This sub-network keeps ${kept.length ? kept.join(", ") : "nothing"}: output ${number(out)}, probability ${chance.toPrecision(2)}.`,
        `Mean over all sixteen ${number(found.mean)}, scaled pass ${number(found.scaled)}` + (linear ? "." : `, geometric mean ${number(found.geometric)}.`),
        { linear: "Linear: mean and scaled pass are equal.", logistic: "Logistic on linear: scaled pass and geometric mean are equal.",
          ReLU: "With a ReLU inside, neither equality holds." }[kind],
      ];
      if (this.count) told.push(`Mean of ${this.count.toLocaleString("en")} drawn ${number(average)}.`);
      this.say.textContent = told.join(" ");
      this.svg.setAttribute("aria-label", `Outputs of sixteen sub-networks at p ${p.toFixed(2)}. ${told.slice(1).join(" ")}`);
    }
  }

  if (globalThis.document) ready("subnetworks", Figure, STYLE);
  else module.exports = { ensemble };
})();
