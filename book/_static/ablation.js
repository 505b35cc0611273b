/* What a part is worth: the rows of an ablation, on the easy or the hard problem, paired or not.

   Looks for <div class="ablation" data-rows="…">: JSON, problem -> row -> accuracies in percent, one a seed, the
   first row being that with all parts on. Draws each row's difference to the first with its 95 % interval. Radio
   buttons are native. Nothing moves unless the reader asks for it; the chapter's table says the same. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STYLE = `
    .ablation { --line: #0b5fa5; --sure: #b33600; max-width: 32rem; margin: 1rem auto; }
    html[data-theme="dark"] .ablation { --line: #8cc4ff; --sure: #ffa77f; }
    html[data-theme="dark"] .bd-content div.cell_output div.text_html:has(> div.ablation) {
      background: transparent; color: inherit; padding: 0; }
    .ablation svg { display: block; width: 100%; height: auto; }
    .ablation text { font: 13px system-ui, sans-serif; fill: currentColor; }
    .ablation .axis { stroke: currentColor; stroke-opacity: .5; }
    .ablation .bar { stroke: var(--line); stroke-width: 2.5; }
    .ablation .dot { fill: var(--line); }
    .ablation .sure .bar { stroke: var(--sure); }
    .ablation .sure .dot { fill: var(--sure); }
    .ablation fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; }
    .ablation legend { float: left; min-width: 5.5rem; padding: 0; font-size: 1em; line-height: 44px; margin: 0; }
    .ablation label { display: flex; gap: .4rem; align-items: center; min-height: 44px; margin: 0; }
    .ablation input { width: 1.2em; height: 1.2em; accent-color: var(--line); }
    .ablation input:focus-visible { outline: 3px solid var(--line); outline-offset: 2px; }
    .ablation .say { min-height: 4.5em; margin: .3rem 0; }`;
  // 95 % points of Student's t, two-sided, for 1 to 30 degrees of freedom
  const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
    2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042];

  const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
  const variance = (x) => mean(x.map((v) => (v - mean(x)) ** 2)) * x.length / (x.length - 1);
  const t95 = (df) => T[Math.min(Math.round(df), T.length) - 1];

  /* The mean of a - b and half its 95 % interval: of the differences run by run, or as if runs were unrelated. */
  function difference(a, b, paired) {
    const n = a.length;
    if (paired) {
      const d = a.map((v, i) => v - b[i]);
      return { mean: mean(d), half: t95(n - 1) * Math.sqrt(variance(d) / n) };
    }
    return { mean: mean(a) - mean(b), half: t95(2 * n - 2) * Math.sqrt((variance(a) + variance(b)) / n) };
  }

  const make = (tag, attributes = {}, parent = null, text = "") => {
    const svg = ["svg", "g", "line", "circle", "text"].includes(tag);
    const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const signed = (v) => (v < 0 ? "−" : "+") + Math.abs(v).toFixed(1);

  function choice(parent, name, legend, options, changed) {
    const box = make("fieldset", {}, parent);
    make("legend", {}, box, legend);
    options.forEach(([value, text], i) => {
      const label = make("label", {}, box);
      const input = make("input", { type: "radio", name, value }, label);
      input.checked = i === 0;
      input.addEventListener("change", () => changed(value));
      label.append(text);
    });
  }

  function start(root, number) {
    const problems = JSON.parse(root.dataset.rows);
    const state = { problem: Object.keys(problems)[0], paired: true };
    root.textContent = "";
    const problemNames = Object.keys(problems).map((name) => [name, name]);
    choice(root, `problem-${number}`, "problem", problemNames, (value) => { state.problem = value; draw(); });
    choice(root, `pairing-${number}`, "compared", [["paired", "seed by seed"], ["apart", "as if unrelated"]],
      (value) => { state.paired = value === "paired"; draw(); });
    const picture = make("svg", { role: "img", viewBox: "0 0 370 300" }, root);
    const say = make("p", { class: "say", "aria-live": "polite" }, root);

    function draw() {
      const rows = Object.entries(problems[state.problem]);
      const [, base] = rows[0];
      const found = rows.slice(1).map(([name, values]) => ({ name, ...difference(values, base, state.paired) }));
      const low = Math.min(-2, ...found.map((row) => row.mean - row.half));
      const high = Math.max(2, ...found.map((row) => row.mean + row.half));
      const x = (v) => 116 + 200 * (v - low) / (high - low);
      const height = 34 + 27 * found.length;
      picture.setAttribute("viewBox", `0 0 370 ${height + 24}`);
      picture.textContent = "";
      make("line", { class: "axis", x1: x(0), x2: x(0), y1: 4, y2: height - 12 }, picture);
      const wide = high - low > 30 ? 20 : high - low > 12 ? 5 : 1;
      for (let v = Math.ceil(low / wide) * wide; v <= high; v += wide) {
        make("line", { class: "axis", x1: x(v), x2: x(v), y1: height - 16, y2: height - 10 }, picture);
        make("text", { x: x(v), y: height + 4, "text-anchor": "middle" }, picture, String(v).replace("-", "−"));
      }
      make("text", { x: 216, y: height + 20, "text-anchor": "middle" }, picture, "points of accuracy lost or won");
      found.forEach((row, i) => {
        const y = 16 + 27 * i;
        const sure = Math.abs(row.mean) > row.half;
        const group = make("g", { class: sure ? "sure" : "unsure" }, picture);
        make("text", { x: 110, y: y + 4, "text-anchor": "end" }, group, row.name);
        make("line", { class: "bar", x1: x(row.mean - row.half), x2: x(row.mean + row.half), y1: y, y2: y }, group);
        make("circle", { class: "dot", cx: x(row.mean), cy: y, r: 4.5 }, group);
        make("text", { x: 368, y: y + 4, "text-anchor": "end" }, group, signed(row.mean));
      });
      const sure = found.filter((row) => Math.abs(row.mean) > row.half);
      const list = sure.map((row) => `${row.name} ${signed(row.mean)} ± ${row.half.toFixed(1)}`).join("; ");
      const how = state.paired ? "compared seed by seed" : "compared as if the runs were unrelated";
      const text = sure.length
        ? `The ${state.problem} problem, ${how}: the interval of ${sure.length} of ${found.length} rows does not hold 0: ${list}.`
        : `The ${state.problem} problem, ${how}: the interval of every row holds 0.`;
      say.textContent = text;
      picture.setAttribute("aria-label", text);
    }
    draw();
  }

  function all() {
    const roots = document.querySelectorAll(".ablation");
    if (roots.length) make("style", {}, document.head, STYLE);
    roots.forEach(start);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
