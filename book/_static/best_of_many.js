/* The best of many classifiers, as it looks on the examples that chose it and as it is, for the chapter on tuning.

   Looks for <div class="best-of-many"> and draws in it: how probable each accuracy is for one classifier and for the
   best one, and below them one draw. True accuracies are equal, or have a beta distribution, so that everything is
   computed exactly: counts of right answers are binomial or beta-binomial. The chapter's cells compute the same. */
"use strict";
(() => {
  const { among, button, line, make, mulberry32, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .best-of-many .one { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 5 3; }
    .best-of-many .best { fill: var(--ink-red); fill-opacity: .22; stroke: var(--ink-red); stroke-width: 1.5; }
    .best-of-many .looks { fill: var(--ink-red); stroke: var(--ink-red); }
    .best-of-many .is { fill: var(--ink-blue); stroke: var(--ink-blue); }
    .best-of-many text:is(.looks, .is) { font-weight: 600; stroke: none; }
    .best-of-many .all { stroke: currentColor; stroke-opacity: .7; stroke-width: 1.2; fill: none; }
    .best-of-many .back { stroke: currentColor; stroke-opacity: .6; stroke-dasharray: 2 3; }
    .best-of-many label.slide span { min-width: 6.4rem; }
    .best-of-many output { min-width: 4em; }
    .best-of-many .say { min-height: 6em; font-variant-numeric: tabular-nums; }
    @media (max-width: 40rem) { .best-of-many .say { min-height: 9em; } }`;
  const MEAN = 0.97;  // the true accuracy, or the mean of them
  const COUNTS = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000];
  const SIZES = [100, 200, 400, 599, 1000, 2400, 5000, 10000];
  const SPREADS = [0, 0.0025, 0.005, 0.01, 0.02];
  const LEFT = 56, RIGHT = 344, LOW = 0.91, TOP = 36, BASE = 136;

  /* The two parameters of a beta distribution with the mean MEAN and this standard deviation; none for equal ones. */
  function beta(spread) {
    const sum = (MEAN * (1 - MEAN)) / spread ** 2 - 1;
    return spread ? [MEAN * sum, (1 - MEAN) * sum] : null;
  }

  /* How probable 0 to n right answers are: each from the one before, in logarithms. */
  function chances(n, prior) {
    const [a, b] = prior ?? [], logs = [0];
    for (let i = 0; i < n; i += 1) {
      const odds = prior ? (a + i) / (b + n - i - 1) : MEAN / (1 - MEAN);
      logs.push(logs[i] + Math.log((odds * (n - i)) / (i + 1)));
    }
    const most = logs.reduce((x, y) => Math.max(x, y)), parts = logs.map((log) => Math.exp(log - most));
    const sum = parts.reduce((x, y) => x + y);
    return parts.map((part) => part / sum);
  }

  const cumulated = (parts, sum = 0) => parts.map((part) => (sum = Math.min(1, sum + part)));

  /* The same of the best of this many. */
  const largest = (parts, count) => cumulated(parts).map((F, i, all) => F ** count - (i ? all[i - 1] : 0) ** count);

  /* What the best of this many is expected to look like, and to be. */
  function expected(count, n, spread) {
    const prior = beta(spread), best = largest(chances(n, prior), count);
    const truth = (i) => (prior ? (prior[0] + i) / (prior[0] + prior[1] + n) : MEAN);
    const mean = (value) => best.reduce((sum, part, i) => sum + part * value(i), 0);
    return { looks: mean((i) => i / n), is: mean(truth) };
  }

  /* The number of right answers at a uniform draw. */
  const place = (F, u) => (F.at(-1) > u ? F.findIndex((sum) => sum > u) : F.length - 1);

  /* The right answers of each of this many, of their best one, and how many of n new examples that one has right.
     A seed's first numbers stay the same, so that more classifiers are the same ones and others. */
  function drawn(count, n, spread, seed) {
    const uniform = mulberry32(seed), prior = beta(spread), again = uniform(), F = cumulated(chances(n, prior));
    const scores = Array.from({ length: count }, () => place(F, uniform())), most = Math.max(...scores);
    const known = prior && [prior[0] + most, prior[1] + n - most];  // what the score tells of the true accuracy
    return { scores, most, again: place(cumulated(chances(n, known)), again) };
  }

  const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
  const wide = (share) => LEFT + ((RIGHT - LEFT) * (share - LOW)) / (1 - LOW);

  /* The outline of a histogram whose bars stand at i/n: those in view that are not flat. */
  function outline(parts, n, most) {
    const bars = parts.map((part, i) => [...[i - 0.5, i + 0.5].map((at) => Math.min(RIGHT, wide(at / n))), (BASE - TOP) * part / most]);
    const seen = bars.filter(([x, , height]) => x >= LEFT && height > 0.1), top = seen.flatMap(([x, next, height]) => [[x, BASE - height], [next, BASE - height]]);
    return `${line([[top[0][0], BASE], ...top])}V${BASE}`;
  }

  class Chart {
    constructor(host) {
      this.state = { count: 10, n: 599, spread: 0, seed: 14 };  // a typical draw
      this.svg = make("svg", { viewBox: "0 0 360 222", role: "img" }, host);
      this.frame();
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.sliders = sliders(host, {
        count: ["classifiers", among(COUNTS, (K) => K.toLocaleString("en"))],
        n: ["examples", among(SIZES, (n) => n.toLocaleString("en"))],
        spread: ["true spread", among(SPREADS, (s) => String(100 * s))],
      }, (change) => this.set(change));
      button(make("div", { class: "steer" }, host), "Draw again", () => this.set({ seed: this.state.seed + 1 }));
      this.set({});
    }

    frame() {
      const { svg } = this;
      this.gap = make("rect", { class: "looks", y: TOP - 7, height: 4 }, svg);
      this.best = make("path", { class: "best" }, svg);
      this.one = make("path", { class: "one" }, svg);
      make("path", { class: "axis", d: `M${LEFT} ${BASE}H${RIGHT}` }, svg);
      for (const at of [92, 94, 96, 98, 100]) make("text", { x: wide(at / 100), y: BASE + 15, "text-anchor": "middle" }, svg, String(at));
      make("text", { x: (LEFT + RIGHT) / 2, y: BASE + 30, "text-anchor": "middle" }, svg, "right answers, %");
      [this.looks, this.is] = ["looks", "is"].map((name, i) => {
        const mark = make("path", { class: name, "stroke-width": 2 }, svg);
        return { mark, text: make("text", { class: name, y: 12 + 14 * i }, svg), top: 16 + 14 * i };
      });
      for (const [text, x, y] of [["one", 32, 64], ["the best", 32, 82], ["a draw", 2, 186], ["again", 2, 212]]) make("text", { x, y }, svg, text);
      make("path", { class: "one", d: "M2 60H26" }, svg);
      make("rect", { class: "best", x: 3, y: 73, width: 22, height: 9 }, svg);
      this.all = make("path", { class: "all" }, svg);
      this.back = make("path", { class: "back" }, svg);
      this.dots = ["looks", "is"].map((name, i) => make("circle", { class: name, r: 5, cy: 182 + 26 * i }, svg));
    }

    set(change) {
      Object.assign(this.state, change);
      const { count, n, spread, seed } = this.state, one = chances(n, beta(spread)), best = largest(one, count);
      const most = [...one, ...best].reduce((x, y) => Math.max(x, y)), means = expected(count, n, spread);
      this.one.setAttribute("d", outline(one, n, most));
      this.best.setAttribute("d", outline(best, n, most));
      set(this.gap, { x: wide(means.is), width: Math.max(0, wide(means.looks) - wide(means.is)) });
      for (const name of ["looks", "is"]) {
        const { mark, text, top } = this[name], x = wide(means[name]);
        mark.setAttribute("d", `M${x.toFixed(1)} ${top}V${BASE}`);
        set(text, { x: name === "looks" && x < 280 ? x + 5 : x - 5, "text-anchor": name === "looks" && x < 280 ? "start" : "end" });
        text.textContent = `${name} ${percent(means[name])}`;
      }
      const draw = drawn(count, n, spread, seed), at = (right) => Math.max(LEFT - 6, wide(right / n));
      this.all.setAttribute("d", [...new Set(draw.scores)].map((right) => `M${at(right).toFixed(1)} 175v14`).join(""));
      set(this.dots[0], { cx: at(draw.most) });
      set(this.dots[1], { cx: at(draw.again) });
      this.back.setAttribute("d", line([[at(draw.most), 187], [at(draw.again), 203]]));
      this.say.textContent = told(this.state, means, draw);
      this.svg.setAttribute("aria-label", `The best of many classifiers, as it looks and as it is. ${this.say.textContent}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }
  }

  /* What the figure says. */
  function told({ count, n, spread }, { looks, is }, { most, again }) {
    const size = `${n.toLocaleString("en")} examples`, lead = (Math.round(1000 * looks) - Math.round(1000 * is)) / 10;
    const them = spread ? `True accuracies differ by ${100 * spread} ${spread === 0.01 ? "point" : "points"} (standard deviation).` : "All are equally good.";
    const gap = count === 1 ? "nothing was chosen" : `${lead.toFixed(1)} ${lead === 1 ? "point" : "points"} too good`;
    const who = count === 1 ? "a single one" : `the best of ${count.toLocaleString("en")}`;
    return `${them} On average ${who} looks ${percent(looks)} right on ${size} and is ${percent(is)}: ${gap}. `
      + `In this draw it looks ${percent(most / n)} right, and ${percent(again / n)} on other ${size}.`;
  }

  if (globalThis.document) ready("best-of-many", Chart, STYLE);
  else module.exports = { COUNTS, SIZES, SPREADS, beta, chances, largest, expected, drawn, outline, told };
})();
