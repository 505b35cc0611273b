/* A batch of ones and sevens, normalised in training and at inference, for the chapter on batch normalisation.

   Looks for <div class="batch-mix" data-ones="[…]" data-sevens="[…]" data-running="[mean, variance]"> and draws in
   it: one feature of a batch before and after the layer, and the share of right answers for every mixture. The
   numbers come from the chapter's cell, which computes the table below from the same ones. */
"use strict";
(() => {
  const { button, choice, line, make, minus, mulberry32, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .batch-mix .one { color: var(--ink-blue); }
    .batch-mix .seven { color: var(--ink-red); }
    .batch-mix .thread { stroke: currentColor; stroke-opacity: .35; fill: none; }
    .batch-mix .mark { fill: currentColor; fill-opacity: .75; }
    .batch-mix .mark.wrong { stroke: var(--pst-color-text-base, #000); stroke-width: 2; }
    .batch-mix .border { stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 4 3; }
    .batch-mix .name { paint-order: stroke; stroke: var(--pst-color-background, #fff); stroke-width: 5px; }
    .batch-mix .curve { fill: none; stroke: currentColor; stroke-width: 2; }
    .batch-mix .curve.eval { stroke-dasharray: 6 4; }
    .batch-mix .now { fill: currentColor; }
    .batch-mix label.slide { flex: 1 1 100%; min-width: 0; }
    .batch-mix .say { min-height: 3em; font-variant-numeric: tabular-nums; }
    @media screen and (max-width: 40rem) { .batch-mix .say { min-height: 4.5em; } }`;
  const SIZE = 32, DRAWS = 100, EPS = 1e-5;
  const BEFORE = [-8, 8], AFTER = [-4, 4];  // what the two lines show

  /* The first count of the values, in an order of this seed. */
  function some(values, count, seed) {
    const left = [...values], uniform = mulberry32(seed);
    return Array.from({ length: count }, () => left.splice(Math.floor(uniform() * left.length), 1)[0]);
  }

  /* A batch with this number of sevens: the feature of each digit, the ones first, and what each digit is. */
  function batch({ ones, sevens }, count, seed) {
    const values = [...some(ones, SIZE - count, 2 * seed), ...some(sevens, count, 2 * seed + 1)];
    return { values, seven: values.map((_, i) => i >= SIZE - count) };
  }

  /* The values normalised by their own statistics, or by [mean, variance] if they are given. */
  function normalised(values, given = null) {
    const average = (list) => list.reduce((sum, x) => sum + x, 0) / list.length, own = average(values);
    const [mean, variance] = given ?? [own, average(values.map((x) => (x - own) ** 2))];
    return values.map((x) => (x - mean) / Math.sqrt(variance + EPS));
  }

  /* Which answers are right, if a positive value is read as a seven. */
  const right = (hat, seven) => hat.map((value, i) => value > 0 === seven[i]);

  /* The share of right answers for every number of sevens: in training over many batches, at inference, where a
     digit's answer does not depend on the others, over all digits. */
  function shares(data, training) {
    const share = (answers) => answers.filter(Boolean).length / answers.length;
    const [one, other] = [[data.ones, false], [data.sevens, true]].map(([pool, kind]) =>
      share(right(normalised(pool, data.running), pool.map(() => kind))));
    return Array.from({ length: SIZE + 1 }, (_, count) => {
      if (!training) return (one * (SIZE - count) + other * count) / SIZE;
      let found = 0;
      for (let seed = 0; seed < DRAWS; seed += 1) {
        const { values, seven } = batch(data, count, seed);
        found += right(normalised(values), seven).filter(Boolean).length;
      }
      return found / (DRAWS * SIZE);
    });
  }

  /* What a batch says: how many answers are right, and which digits are taken for the others. */
  function words(seven, correct, training) {
    const count = seven.filter(Boolean).length, good = correct.filter(Boolean).length;
    const lost = [false, true].map((kind) => correct.filter((one, i) => !one && seven[i] === kind).length);
    const [ones, sevens] = [["one", SIZE - count], ["seven", count]].map(([name, n]) => `${n} ${name}${n === 1 ? "" : "s"}`);
    const taken = [lost[0] ? `${lost[0]} of the ones read as seven` : "", lost[1] ? `${lost[1]} of the sevens read as one` : ""].filter(Boolean);
    return `${ones} and ${sevens}, normalised by ${training ? "their own" : "the running"} statistics: `
      + `${good} of ${SIZE} right${taken.length ? `, ${taken.join(" and ")}` : ""}.`;
  }

  class Mix {
    constructor(host, number) {
      const { ones, sevens, running } = host.dataset;
      this.data = { ones: JSON.parse(ones), sevens: JSON.parse(sevens), running: JSON.parse(running) };
      this.state = { count: SIZE / 2, training: true, seed: 0 };
      this.drawLines(host);
      this.drawCurves(host);
      this.say = make("p", { class: "say", role: "status", "aria-live": "polite" }, host);
      const steer = make("div", { class: "steer" }, host);
      this.sliders = sliders(steer, { count: ["Sevens", { min: 0, max: SIZE, tell: (n) => `${n} of ${SIZE}` }] }, (change) => this.set(change));
      this.choice = choice(steer, `batch-mix-${number}`, "Mode", [[true, "training"], [false, "inference"]], (training) => this.set({ training }));
      button(steer, "Other digits", () => this.set({ seed: this.state.seed + 1 }));
      this.set({});
    }

    drawLines(host) {
      const svg = this.svg = make("svg", { viewBox: "0 0 360 158", role: "img" }, host);
      for (const [y, [low, high], step] of [[30, BEFORE, 4], [118, AFTER, 1]]) {
        make("path", { class: "axis", d: `M8 ${y}H352` }, svg);
        for (let tick = low; tick <= high; tick += step) {
          make("path", { class: "axis", d: `M${this.x(tick, [low, high])} ${y}v5` }, svg);
          if (y > 30) make("text", { x: this.x(tick, [low, high]), y: y + 18, "text-anchor": "middle" }, svg, minus(tick));
        }
      }
      this.marks = make("g", {}, svg);
      make("path", { class: "border", d: "M180 92V124" }, svg);
      make("text", { class: "name", x: 8, y: 14 }, svg, "the feature as it arrives");
      make("text", { class: "one", x: 252, y: 14 }, svg, "● ones");
      make("text", { class: "seven", x: 352, y: 14, "text-anchor": "end" }, svg, "◆ sevens");
      make("text", { class: "name", x: 8, y: 154 }, svg, "◂ read as one");
      make("text", { class: "name", x: 180, y: 154, "text-anchor": "middle" }, svg, "normalised");
      make("text", { class: "name", x: 352, y: 154, "text-anchor": "end" }, svg, "read as seven ▸");
    }

    x(value, [low, high]) { return 8 + (344 * (value - low)) / (high - low); }

    drawCurves(host) {
      const svg = make("svg", { viewBox: "0 0 360 132", "aria-hidden": "true" }, host);
      this.place = (count, share) => [44 + (236 * count) / SIZE, 12 + 132 * (1 - share)];
      make("path", { class: "axis", d: "M44 6V98H284" }, svg);
      for (const share of [0.5, 0.75, 1]) make("text", { x: 39, y: this.place(0, share)[1] + 4, "text-anchor": "end" }, svg, `${100 * share} %`);
      for (const count of [0, 8, 16, 24, 32]) make("text", { x: this.place(count, 0)[0], y: 112, "text-anchor": "middle" }, svg, String(count));
      make("text", { x: 164, y: 126, "text-anchor": "middle" }, svg, "sevens in the batch; answers that are right");
      this.curves = [true, false].map((training) => shares(this.data, training));
      this.curves.forEach((curve, i) => {
        const points = curve.map((share, count) => this.place(count, share));
        make("path", { class: `curve${i ? " eval" : ""}`, d: line(points) }, svg);
        make("text", { x: 288, y: points.at(-1)[1] + 4 }, svg, ["training", "inference"][i]);
      });
      this.now = make("circle", { class: "now", r: 5 }, svg);
    }

    set(change) {
      Object.assign(this.state, change);
      const { count, training, seed } = this.state, { values, seven } = batch(this.data, count, seed);
      const hat = normalised(values, training ? null : this.data.running), correct = right(hat, seven);
      this.marks.replaceChildren();
      values.forEach((value, i) => {
        const kind = seven[i] ? "seven" : "one", spots = [[this.x(value, BEFORE), 30], [this.x(hat[i], AFTER), 118]];
        make("path", { class: `thread ${kind}`, d: line(spots) }, this.marks);
        spots.forEach(([x, y], after) => {
          const wrong = after && !correct[i] ? " wrong" : "", place = `translate(${x.toFixed(1)} ${y})`;
          if (seven[i]) make("path", { class: `mark seven${wrong}`, d: "M0 -5.5L5.5 0L0 5.5L-5.5 0Z", transform: place }, this.marks);
          else make("circle", { class: `mark one${wrong}`, r: 4, transform: place }, this.marks);
        });
      });
      const [cx, cy] = this.place(count, this.curves[training ? 0 : 1][count]), text = words(seven, correct, training);
      set(this.now, { cx, cy });
      this.say.textContent = text;
      this.svg.setAttribute("aria-label", `One feature of a batch before and after normalisation. ${text}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
      this.choice.show(training);
    }
  }

  if (globalThis.document) ready("batch-mix", Mix, STYLE);
  else module.exports = { SIZE, batch, normalised, right, shares, words };
})();
