/* A computational graph that the reader walks through, forwards and backwards.

   Looks for <div class="graph-stepper"> with a description as JSON inside, as book/graph_stepper.py writes it,
   and draws it. All controls are native (buttons, sliders), so keyboard and touch work. This file does no
   arithmetic on the numbers: for each setting of the sliders they stand in the description. */
"use strict";
(() => {
  const { button, clamp, make, minus, ready, slider } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .graph-stepper text { text-anchor: middle; }
    .graph-stepper .name { font-weight: 600; }
    .graph-stepper .value { fill: var(--ink-blue); }
    .graph-stepper .grad { fill: var(--ink-red); }
    .graph-stepper .local { font-size: 11px; fill: var(--ink-red); }
    .graph-stepper rect { fill: none; stroke: currentColor; stroke-opacity: .45; }
    .graph-stepper rect.now { stroke-width: 2.5; stroke-opacity: 1; }
    .graph-stepper .forward .now { stroke: var(--ink-blue); }
    .graph-stepper .backward .now { stroke: var(--ink-red); }
    .graph-stepper line { stroke: currentColor; stroke-opacity: .45; stroke-width: 1.5; }
    .graph-stepper line.now { stroke-opacity: 1; stroke-width: 2.5; }
    .graph-stepper line.between { stroke-width: 1; stroke-opacity: .2; }
    .graph-stepper .hidden { visibility: hidden; }
    .graph-stepper .say { min-height: 3.4em; }
    .graph-stepper label { flex: 1 1 6rem; }
    .graph-stepper label.slide span, .graph-stepper output { min-width: 1.6em; }
    .graph-stepper button { min-width: 4.9rem; padding: 0; }
    .graph-stepper button[aria-disabled="true"] { opacity: .5; }
    @media (prefers-reduced-motion: no-preference) {
      .graph-stepper text, .graph-stepper rect, .graph-stepper line { transition: stroke .2s, opacity .2s; } }`;

  const LINE = 15;

  const shown = (number) => minus(Number(number.toFixed(2)));

  /* Puts numbers, a function of their names, into a text; a negative factor or summand gets brackets. */
  function fill(text, numbers) {
    return text.replace(/([^{]*)\{([^}]+)\}/g, (_, before, name) => {
      const number = shown(numbers(name));
      const inside = number.startsWith("\u2212") && /[·+,] $/.test(before);
      return before + (inside ? `(${number})` : number);
    });
  }

  class Stepper {
    constructor(host) {
      this.spec = JSON.parse(host.querySelector("script").textContent);
      this.step = 0;
      const { spec } = this;
      const svg = make("svg", {
        viewBox: `0 0 ${spec.width} ${spec.height}`, role: "img", "aria-label": spec.alt }, host);
      this.columns = Object.fromEntries(spec.columns.map((name, i) => [name, i]));
      this.picture = make("g", {}, svg);
      this.edges = spec.edges.map((edge) => this.drawEdge(edge));
      this.nodes = Object.fromEntries(spec.nodes.map((node) => [node.id, this.drawNode(node)]));
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.controls(host);
      this.show();
    }

    node(id) { return this.spec.nodes.find((node) => node.id === id); }

    drawEdge(edge) {
      const [a, b] = [this.node(edge.start), this.node(edge.end)];
      const [x1, y1, x2, y2] = [a.x + a.w / 2, a.y, b.x - b.w / 2, b.y];
      const line = make("line", { x1, y1, x2, y2 }, this.picture);
      const text = make("text", {
        class: "local", x: (x1 + x2) / 2 + (edge.below ? 4 : 8), y: (y1 + y2) / 2 + (edge.below ? 17 : -8) }, this.picture);
      return { ...edge, line, text };
    }

    drawNode({ id, label, x, y, w, rows, cols }) {
      const height = LINE * (1 + 2 * rows) + 8, top = y - height / 2;
      const places = Array.from({ length: cols }, (_, j) => x + (j - (cols - 1) / 2) * (w / cols - 2));
      const rect = make("rect", { x: x - w / 2, y: top, width: w, height, rx: 6 }, this.picture);
      make("text", { class: "name", x, y: top + LINE }, this.picture, label || id);
      const middle = top + LINE * (1 + rows) + 5;
      make("line", { class: "between", x1: x - w / 2, x2: x + w / 2, y1: middle, y2: middle }, this.picture);
      const lines = (kind, from) => Array.from({ length: rows }, (_, i) => places.map((at) =>
        make("text", { class: kind, x: at, y: top + LINE * (from + i) }, this.picture)));
      return { rect, value: lines("value", 2), grad: lines("grad", 2 + rows) };
    }

    controls(host) {
      const last = this.spec.steps.length - 1;
      const row = make("div", { class: "steer" }, host);
      const back = button(row, "\u25c0 Back", () => this.go(this.step - 1));
      const words = { label: "Step", tell: (step) => `${step}/${last}`, spoken: (step) => `${step} of ${last}` };
      this.slider = slider(row, "", { min: 0, max: last, ...words }, (step) => this.go(step));
      this.buttons = [[back, -1], [button(row, "Next \u25b6", () => this.go(this.step + 1)), 1]];
      const below = make("div", { class: "steer" }, host);
      this.inputs = this.spec.sliders.map(({ id, low: min, high: max, start }) => {
        const one = { value: start, min, count: max - min + 1 };
        const options = { min, max, label: id, tell: minus };
        one.slider = slider(below, `${id} =`, options, (value) => { one.value = value; this.show(); });
        return one;
      });
    }

    go(step) {
      this.step = clamp(step, 0, this.spec.steps.length - 1);
      this.show();
    }

    numbers() {
      const at = this.inputs.reduce((sum, { value, min, count }) => sum * count + value - min, 0);
      return (name) => this.spec.settings[at][this.columns[name]];
    }

    show() {
      const { spec, step } = this, numbers = this.numbers();
      const known = new Set(spec.steps.slice(0, step + 1).flatMap((one) => one.reveal));
      const now = new Set(step ? spec.steps[step].reveal : []);
      const backward = [...now].some((name) => name.startsWith("grad"));
      this.picture.setAttribute("class", backward ? "backward" : "forward");
      for (const [id, node] of Object.entries(this.nodes)) {
        for (const kind of ["value", "grad"]) {
          const matrix = [].concat(numbers(`${kind}.${id}`)).map((row) => [].concat(row));
          node[kind].forEach((line, i) => line.forEach((text, j) => {
            text.textContent = shown(matrix[i][j]);
            text.classList.toggle("hidden", !known.has(`${kind}.${id}`));
          }));
        }
        node.rect.classList.toggle("now", now.has(`value.${id}`) || now.has(`grad.${id}`));
      }
      for (const { start, end, local, line, text } of this.edges) {
        line.classList.toggle("now", now.has(`value.${end}`) || now.has(`grad.${start}`));
        text.textContent = local ? "×" + fill(local, numbers) : "";
        text.classList.toggle("hidden", !known.has(`grad.${start}`));
      }
      this.say.textContent = fill(spec.steps[step].say, numbers);
      this.slider.show(step);
      for (const [element, move] of this.buttons) {
        const end = step + move < 0 || step + move >= spec.steps.length;
        element.setAttribute("aria-disabled", String(end));
      }
      for (const one of this.inputs) one.slider.show(one.value);
    }
  }

  if (globalThis.document) ready("graph-stepper", Stepper, STYLE);
  else module.exports = { fill };
})();
