/* What a part is worth: the rows of an ablation, on the easy or the hard problem, paired or not.

   Looks for <div class="ablation" data-rows="…">: JSON, problem -> row -> accuracies in percent, one a seed, the
   first row being that with all parts on. Draws each row's difference to the first with its 95 % interval. Radio
   buttons are native. Nothing moves unless the reader asks for it; the chapter's table says the same. */
"use strict";
(() => {
  const { choice, make, minus, ready } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .ablation { max-width: 32rem; }
    .ablation text { font-size: 13px; }
    .ablation .bar { stroke: var(--ink-blue); stroke-width: 2.5; }
    .ablation .dot { fill: var(--ink-blue); }
    .ablation .sure .bar { stroke: var(--ink-red); }
    .ablation .sure .dot { fill: var(--ink-red); }
    .ablation legend { width: 100%; line-height: 44px; }
    .ablation .say { min-height: 4.5em; }`;
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

  const signed = (v) => (v < 0 ? "" : "+") + minus(v.toFixed(1));

  class Ablation {
    constructor(host, number) {
      this.problems = JSON.parse(host.dataset.rows);
      const names = Object.keys(this.problems);
      this.state = { problem: names[0], paired: true };
      this.problem = choice(host, `problem-${number}`, "problem", names.map((name) => [name, name]),
        (problem) => this.set({ problem }));
      this.paired = choice(host, `pairing-${number}`, "compared", [[true, "seed by seed"], [false, "as if unrelated"]],
        (paired) => this.set({ paired }));
      this.picture = make("svg", { role: "img", viewBox: "0 0 370 300" }, host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.show();
    }

    set(change) {
      Object.assign(this.state, change);
      this.show();
    }

    show() {
      const { problem, paired } = this.state;
      const [[, base], ...others] = Object.entries(this.problems[problem]);
      const found = others.map(([name, values]) => ({ name, ...difference(values, base, paired) }));
      for (const row of found) row.sure = Math.abs(row.mean) > row.half;
      this.draw(found);
      const sure = found.filter((row) => row.sure);
      const list = sure.map((row) => `${row.name} ${signed(row.mean)} ± ${row.half.toFixed(1)}`).join("; ");
      const how = paired ? "compared seed by seed" : "compared as if the runs were unrelated";
      const text = sure.length
        ? `Problem “${problem}”, ${how}: the interval of ${sure.length} of ${found.length} rows does not hold 0: ${list}.`
        : `Problem “${problem}”, ${how}: the interval of every row holds 0.`;
      this.say.textContent = text;
      this.picture.setAttribute("aria-label", text);
      this.problem.show(problem);
      this.paired.show(paired);
    }

    draw(found) {
      const { picture } = this;
      const low = Math.min(-2, ...found.map((row) => row.mean - row.half));
      const high = Math.max(2, ...found.map((row) => row.mean + row.half));
      const x = (v) => 116 + 200 * (v - low) / (high - low);
      const height = 34 + 27 * found.length;
      picture.setAttribute("viewBox", `0 0 370 ${height + 24}`);
      picture.replaceChildren();
      make("line", { class: "axis", x1: x(0), x2: x(0), y1: 4, y2: height - 12 }, picture);
      const wide = high - low > 30 ? 20 : high - low > 12 ? 5 : 1;
      for (let v = Math.ceil(low / wide) * wide; v <= high; v += wide) {
        make("line", { class: "axis", x1: x(v), x2: x(v), y1: height - 16, y2: height - 10 }, picture);
        make("text", { x: x(v), y: height + 4, "text-anchor": "middle" }, picture, minus(v));
      }
      make("text", { x: 216, y: height + 20, "text-anchor": "middle" }, picture, "points of accuracy lost or won");
      found.forEach((row, i) => {
        const y = 16 + 27 * i;
        const group = make("g", { class: row.sure ? "sure" : "unsure" }, picture);
        make("text", { x: 110, y: y + 4, "text-anchor": "end" }, group, row.name);
        make("line", { class: "bar", x1: x(row.mean - row.half), x2: x(row.mean + row.half), y1: y, y2: y }, group);
        make("circle", { class: "dot", cx: x(row.mean), cy: y, r: 4.5 }, group);
        make("text", { x: 368, y: y + 4, "text-anchor": "end" }, group, signed(row.mean));
      });
    }
  }

  if (globalThis.document) ready("ablation", Ablation, STYLE);
  else module.exports = { difference };
})();
