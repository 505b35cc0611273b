/* A computational graph that the reader walks through, forwards and backwards.

   Looks for <div class="graph-stepper"> with a description as JSON inside, as book/graph_stepper.py writes it,
   and draws it. All controls are native (buttons, sliders), so keyboard and touch work. This file does no
   arithmetic on the numbers: for each setting of the sliders they stand in the description. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STYLE = `
    .graph-stepper { --forward: #0b5fa5; --backward: #b33600; max-width: 34rem; margin: 1rem auto; }
    html[data-theme="dark"] .graph-stepper { --forward: #8cc4ff; --backward: #ffa77f; }
    html[data-theme="dark"] .bd-content div.cell_output div.text_html:has(> div.graph-stepper) {
      background: transparent; color: inherit; padding: 0; }
    .graph-stepper svg { display: block; width: 100%; height: auto; }
    .graph-stepper text { font: 12px system-ui, sans-serif; fill: currentColor; text-anchor: middle; }
    .graph-stepper .name { font-weight: 600; }
    .graph-stepper .value { fill: var(--forward); }
    .graph-stepper .grad { fill: var(--backward); }
    .graph-stepper .local { font-size: 11px; fill: var(--backward); }
    .graph-stepper rect { fill: none; stroke: currentColor; stroke-opacity: .45; }
    .graph-stepper rect.now { stroke-width: 2.5; stroke-opacity: 1; }
    .graph-stepper .forward rect.now, .graph-stepper .forward line.now { stroke: var(--forward); }
    .graph-stepper .backward rect.now, .graph-stepper .backward line.now { stroke: var(--backward); }
    .graph-stepper line { stroke: currentColor; stroke-opacity: .45; stroke-width: 1.5; }
    .graph-stepper line.now { stroke-opacity: 1; stroke-width: 2.5; }
    .graph-stepper line.between { stroke-width: 1; stroke-opacity: .2; }
    .graph-stepper .hidden { visibility: hidden; }
    .graph-stepper .say { min-height: 3.4em; margin: .4rem 0; }
    .graph-stepper .steer { display: flex; flex-wrap: wrap; margin: 0; gap: .5rem .8rem; align-items: center; }
    .graph-stepper .steer label { margin: 0; padding: 0; display: flex; flex: 1 1 6rem; gap: .4rem; align-items: center; }
    .graph-stepper output { min-width: 1.6em; font-variant-numeric: tabular-nums; }
    .graph-stepper input { flex: 1 1 4rem; min-width: 3rem; height: 44px; accent-color: var(--forward); }
    .graph-stepper button { flex: none; width: auto; min-width: 4.9rem; padding: 0; margin: 0; min-height: 44px; border: 1px solid; border-radius: 6px;
      background: transparent; color: inherit; font: inherit; }
    .graph-stepper button:focus-visible, .graph-stepper input:focus-visible {
      outline: 3px solid var(--forward); outline-offset: 2px; }
    .graph-stepper button[aria-disabled="true"] { opacity: .5; }
    @media (prefers-reduced-motion: no-preference) {
      .graph-stepper text, .graph-stepper rect, .graph-stepper line { transition: stroke .2s, opacity .2s; } }`;

  const make = (tag, attributes = {}, parent = null, text = "") => {
    const svg = ["svg", "g", "rect", "line", "text", "tspan"].includes(tag);
    const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const shown = (number) => String(Number(number.toFixed(2))).replace("-", "\u2212");
  const LINE = 15;

  class Stepper {
    constructor(host) {
      this.spec = JSON.parse(host.querySelector("script").textContent);
      this.step = 0;
      host.querySelector("p").remove();
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
      const back = make("button", { type: "button" }, row, "\u25c0 Back");
      const label = make("label", {}, row);
      this.slider = make("input", { type: "range", min: 0, max: last, value: 0, "aria-label": "Step" }, label);
      this.count = make("output", {}, label);
      const next = make("button", { type: "button" }, row, "Next \u25b6");
      this.buttons = [[back, -1], [next, 1]];
      for (const [button, move] of this.buttons) {
        button.addEventListener("click", () => this.go(this.step + move));
      }
      this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
      this.inputs = this.spec.sliders.map(({ id, low: min, high: max, start }, i) => {
        if (i === 0) this.inputRow = make("div", { class: "steer" }, host);
        const label = make("label", {}, this.inputRow);
        make("span", {}, label, `${id} =`);
        const input = make("input", { type: "range", min, max, step: 1, value: start, "aria-label": id }, label);
        const output = make("output", {}, label);
        input.addEventListener("input", () => this.show());
        return { input, output, min, count: max - min + 1 };
      });
    }

    go(step) {
      this.step = Math.max(0, Math.min(this.spec.steps.length - 1, step));
      this.slider.value = this.step;
      this.show();
    }

    numbers() {
      const at = this.inputs.reduce((sum, { input, min, count }) => sum * count + Number(input.value) - min, 0);
      return (name) => this.spec.settings[at][this.columns[name]];
    }

    show() {
      const { spec, step } = this, numbers = this.numbers();
      const fill = (text) => text.replace(/([^{]*)\{([^}]+)\}/g, (_, before, name) => {
        const number = shown(numbers(name));
        const inside = number.startsWith("\u2212") && /[·+,] $/.test(before);
        return before + (inside ? `(${number})` : number);
      });
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
        text.textContent = local ? "×" + fill(local) : "";
        text.classList.toggle("hidden", !known.has(`grad.${start}`));
      }
      this.say.textContent = fill(spec.steps[step].say);
      this.count.textContent = `${step}/${spec.steps.length - 1}`;
      this.slider.setAttribute("aria-valuetext", `${step} of ${spec.steps.length - 1}`);
      for (const [button, move] of this.buttons) {
        const end = step + move < 0 || step + move >= spec.steps.length;
        button.setAttribute("aria-disabled", String(end));
      }
      for (const { input, output } of this.inputs) output.textContent = shown(Number(input.value));
    }
  }

  const begin = () => {
    const hosts = document.querySelectorAll(".graph-stepper:not([data-ready])");
    if (!hosts.length) return;
    if (!document.getElementById("graph-stepper-style")) {
      make("style", { id: "graph-stepper-style" }, document.head, STYLE);
    }
    for (const host of hosts) {
      host.dataset.ready = "yes";
      new Stepper(host);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
