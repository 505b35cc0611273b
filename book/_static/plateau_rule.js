/* The plateau rule at work, for the chapter on learning-rate schedules: the reader sets its patience and its factor.

   Looks for <div class="plateau-rule"> and draws two pictures in it: the validation loss of each epoch with the best
   one so far, and the rate. Ten pairs of weights, each in the noisy valley of the chapter, are trained by the rates
   of the rule, which hears the mean of their ten losses. What is left at the end is the mean over all such runs with
   these rates, by the chapter's recursion. The noise is a fixed stream of numbers for each run. */
"use strict";
(() => {
  const { among, button, clamp, line, make, normals, ready, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .plateau-rule .dot { fill: var(--ink-blue); }
    .plateau-rule .dot.bad { fill: none; stroke: var(--ink-red); stroke-width: 1.3; }
    .plateau-rule .best { fill: none; stroke: var(--ink-blue); stroke-width: 1.5; }
    .plateau-rule .uncut { fill: none; stroke: currentColor; stroke-opacity: .45; stroke-dasharray: 4 3; }
    .plateau-rule .cut { stroke: var(--ink-red); stroke-width: 1.3; stroke-opacity: .6; }
    .plateau-rule .rate { fill: none; stroke: currentColor; stroke-width: 2; }
    .plateau-rule .say { min-height: 6em; font-variant-numeric: tabular-nums; }
    @media (max-width: 40rem) { .plateau-rule .say { min-height: 9em; } }`;
  const CURVES = [1, 0.02], START = [1, 10], NOISE = 0.3, PAIRS = 10;
  const EPOCHS = 60, UPDATES = 5;  // updates in an epoch
  const PATIENCES = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20], FACTORS = [0.1, 0.2, 0.3, 0.5, 0.7, 0.9];

  /* The rule: gets the losses one by one and returns the rate after each; the same as on_plateau in the chapter. */
  function plateau(patience, factor, rate = 1) {
    let best = Infinity, bad = 0;
    return (loss) => {
      const better = loss < best;
      bad = better ? 0 : bad + 1;
      best = Math.min(loss, best);
      const cut = bad > patience;
      if (cut) [rate, bad] = [rate * factor, 0];
      return { loss, best, better, cut, rate };
    };
  }

  /* What the rule saw and did in each epoch of a run. */
  function train(rule, noise) {
    const weights = Array.from({ length: PAIRS }, () => [...START]), epochs = [];
    for (let t = 0; t < EPOCHS * UPDATES; t += 1) {
      const rate = epochs.length ? epochs.at(-1).rate : 1;
      weights.forEach((w, p) => CURVES.forEach((h, i) => { w[i] -= rate * (h * w[i] + NOISE * noise[2 * (PAIRS * t + p) + i]); }));
      if ((t + 1) % UPDATES === 0) epochs.push(rule(weights.reduce((sum, w) => sum + CURVES.reduce((s, h, i) => s + h * w[i] ** 2, 0), 0) / PAIRS / 2));
    }
    return epochs;
  }

  /* The loss that is left after these epochs, from the distance and from the noise, in the mean over all runs. */
  function left(epochs) {
    const rates = [1, ...epochs.slice(0, -1).map(({ rate }) => rate)].flatMap((rate) => Array(UPDATES).fill(rate));
    const parts = CURVES.map((h, i) => rates.reduce(([mean, variance], rate) =>
      [(1 - rate * h) * mean, (1 - rate * h) ** 2 * variance + (rate * NOISE) ** 2], [START[i], 0]));
    return [0, 1].map((k) => CURVES.reduce((sum, h, i) => sum + h * (k ? parts[i][1] : parts[i][0] ** 2) / 2, 0));
  }

  const short = (loss) => (loss < 0.001 ? "less than 0.001" : loss.toFixed(3));

  /* What the figure says. */
  function told({ patience, factor }, epochs) {
    const cuts = epochs.flatMap(({ cut }, i) => (cut ? [i + 1] : [])), [distance, noise] = left(epochs);
    const first = cuts.slice(0, 3).join(", "), more = cuts.length > 3 ? " and so on" : "";
    const how = { 0: "no cut in 60 epochs", 1: `one cut, after epoch ${first}` }[cuts.length] ?? `${cuts.length} cuts, after epochs ${first}${more}`;
    const rate = epochs.at(-1).rate, last = rate < 0.0001 ? "less than 0.0001" : Number(rate.toPrecision(2));
    return `Patience ${patience}, factor ${factor}: ${how}. The rate ends at ${last}. `
      + `On average these rates leave a loss of ${short(distance + noise)}: ${short(distance)} from the distance and ${short(noise)} from the noise.`;
  }

  const wide = (epoch) => 40 + 310 * epoch / EPOCHS;
  const high = (loss) => 14 + 126 * Math.log10(2 / clamp(loss, 0.004, 2)) / Math.log10(500);
  const low = (rate) => 166 + 56 * -Math.log10(clamp(rate, 0.0001, 1)) / 4;

  class Chart {
    constructor(host) {
      this.state = { patience: 0, factor: 0.1, seed: 21 };
      this.svg = make("svg", { viewBox: "0 0 360 262", role: "img" }, host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.sliders = sliders(host, { patience: ["patience", among(PATIENCES)], factor: ["factor", among(FACTORS)] }, (change) => this.set(change));
      button(make("div", { class: "steer" }, host), "Other noise", () => this.set({ seed: this.state.seed + 1 }));
      this.set({});
    }

    set(change) {
      Object.assign(this.state, change);
      const { patience, factor, seed } = this.state, { svg } = this, noise = normals(seed, 2 * PAIRS * EPOCHS * UPDATES);
      const epochs = train(plateau(patience, factor), noise), uncut = train(plateau(Infinity, 1), noise);
      svg.replaceChildren();
      make("path", { class: "axis", d: `M40 14V140H350M40 166V222H350` }, svg);
      for (const loss of [1, 0.1, 0.01]) make("text", { x: 35, y: high(loss) + 4, "text-anchor": "end" }, svg, String(loss));
      for (const rate of [1, 0.01, 0.0001]) make("text", { x: 35, y: low(rate) + 4, "text-anchor": "end" }, svg, String(rate).replace("0.0001", "10⁻⁴"));
      for (const epoch of [0, 20, 40, 60]) make("text", { x: wide(epoch), y: 238, "text-anchor": "middle" }, svg, String(epoch));
      make("text", { x: 195, y: 254, "text-anchor": "middle" }, svg, "epochs");
      for (const [text, x, y] of [["validation loss", 44, 10], ["rate", 44, 160], ["better", 58, 116], ["bad", 114, 116], ["without cuts", 72, 133]]) make("text", { x, y }, svg, text);
      for (const [name, cx] of [["dot", 50], ["dot bad", 106]]) make("circle", { class: name, cx, cy: 112, r: 2.4 }, svg);
      make("path", { class: "uncut", d: "M47 129H67" }, svg);
      const points = (run, name) => run.map((epoch, i) => [wide(i + 1), high(epoch[name])]);
      make("path", { class: "uncut", d: line(points(uncut, "loss")) }, svg);
      epochs.forEach(({ cut }, i) => { if (cut) make("path", { class: "cut", d: `M${wide(i + 1)} 14V222` }, svg); });
      make("path", { class: "best", d: line(points(epochs, "best")) }, svg);
      for (const [i, [cx, cy]] of points(epochs, "loss").entries()) {
        make("circle", { cx, cy, r: 2.4, class: epochs[i].better ? "dot" : "dot bad" }, svg);
      }
      make("path", { class: "rate", d: `M40 ${low(1)}${epochs.map(({ rate }, i) => `H${wide(i + 1).toFixed(1)}V${low(rate).toFixed(1)}`).join("")}` }, svg);
      this.say.textContent = told(this.state, epochs);
      svg.setAttribute("aria-label", `The plateau rule in a run of 60 epochs. ${this.say.textContent}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }
  }

  if (globalThis.document) ready("plateau-rule", Chart, STYLE);
  else module.exports = { PATIENCES, FACTORS, START, plateau, train, left, told };
})();
