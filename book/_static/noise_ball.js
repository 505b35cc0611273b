/* SGD on a bowl with noisy gradients: the reader sets the rate and the batch size and sees the noise ball.

   Looks for <div class="noise-ball"> and draws in it. All controls are native (buttons, sliders), so keyboard
   and touch work. The noise is a fixed stream of numbers, the same on every visit. */
"use strict";
(() => {
  const { among, Player, button, clamp, make, normals, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .noise-ball { max-width: 36rem; }
    .noise-ball .level { fill: none; stroke: currentColor; stroke-opacity: .25; }
    .noise-ball .way { fill: none; stroke: var(--ink-blue); stroke-width: 1.2; stroke-opacity: .6; stroke-linejoin: round; }
    .noise-ball .late { fill: var(--ink-blue); fill-opacity: .55; }
    .noise-ball .ball { fill: var(--ink-red); fill-opacity: .08; stroke: var(--ink-red); stroke-width: 2.5; stroke-dasharray: 7 4; }
    .noise-ball .minimum { stroke: currentColor; stroke-width: 2; fill: none; }
    .noise-ball .now { fill: var(--ink-blue); stroke: #fff; stroke-width: 1.5; }
    .noise-ball label { flex: 1 1 15rem; }
    .noise-ball label.slide span { min-width: 5.2rem; }
    .noise-ball button { min-width: 4.9rem; }
    .noise-ball .say { min-height: 4.6em; font-variant-numeric: tabular-nums; }`;
  const CURVES = [1, 0.25];  // the bowl's two curvatures
  const START = [-2.6, 1.4];
  const STEPS = 400, LATE = 200;  // updates in a run; the last ones count as the ball
  const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 1.9, 2.1];
  const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
  const UNIT = 100, WIDTH = 600, HEIGHT = 360;

  /* The parameters before each update and after the last; noise holds two standard normal numbers an update. */
  function walk(rate, size, noise) {
    const path = [START];
    for (let t = 0; t < STEPS; t += 1) {
      path.push(path[t].map((w, i) => w - rate * (CURVES[i] * w + noise[2 * t + i] / Math.sqrt(size))));
    }
    return path;
  }

  /* The variance along each curvature that a constant rate below 2 comes to. */
  const variances = (rate, size) => CURVES.map((h) => rate / (size * h * (2 - rate * h)));

  /* The distance from the minimum in the run's last updates, as a root of the mean square. */
  const late = (path) => Math.sqrt(path.slice(-LATE).reduce((sum, [x, y]) => sum + x * x + y * y, 0) / LATE);

  /* Whether the start still counts when the run should have come to its ball. */
  function onTheWay(rate, size) {
    const left = CURVES.map((h, i) => START[i] * (1 - rate * h) ** (STEPS - LATE));
    const [a, b] = variances(rate, size);
    return rate < 2 && Math.hypot(...left) > Math.sqrt(a + b) / 2;
  }

  const shown = (number) => (number > 1000 ? "more than 1,000" : number >= 10 ? number.toFixed(0) : number.toPrecision(2));
  const place = ([x, y]) => [clamp(WIDTH / 2 + UNIT * x, -999, 1999), clamp(HEIGHT / 2 - UNIT * y, -999, 1999)];

  class Ball {
    constructor(host) {
      this.state = { rate: 0.2, size: 4, seed: 1 };
      this.draw(host);
      this.say = make("p", { class: "say", role: "status" }, host);
      this.controls(host);
      this.again();
    }

    draw(host) {
      const svg = this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, host);
      const centre = { cx: WIDTH / 2, cy: HEIGHT / 2 };
      for (const level of [0.01, 0.04, 0.1, 0.25, 0.5, 0.9, 1.5, 2.3, 3.4]) {
        const [rx, ry] = CURVES.map((h) => UNIT * Math.sqrt((2 * level) / h));
        make("ellipse", { class: "level", ...centre, rx, ry }, svg);
      }
      this.way = make("polyline", { class: "way" }, svg);
      this.dots = make("g", { class: "late" }, svg);
      this.ball = make("ellipse", { class: "ball", ...centre }, svg);
      make("path", { class: "minimum", d: `M${WIDTH / 2 - 7} ${HEIGHT / 2}h14m-7 -7v14` }, svg);
      this.now = make("circle", { class: "now", r: 6 }, svg);
    }

    controls(host) {
      const steer = make("div", { class: "steer" }, host);
      this.sliders = sliders(steer, { rate: ["Rate", among(RATES)], size: ["Batch size", among(SIZES)] },
        (change) => this.set(change));
      const player = this.player = new Player(steer, STEPS, { moving: [2, 50], still: [50, 900] }, () => this.show());
      button(steer, "Step", () => player.jump(player.step === STEPS ? 0 : player.step + 1));
      button(steer, "Restart", () => player.jump(0));
      button(steer, "Other noise", () => this.set({ seed: this.state.seed + 1 }));
    }

    set(change) {
      Object.assign(this.state, change);
      this.again();
    }

    /* Another run, seen to its end unless it is being played. */
    again() {
      const { rate, size, seed } = this.state;
      this.path = walk(rate, size, normals(seed, 2 * STEPS));
      if (!this.player.timer) this.player.step = STEPS;
      this.show();
    }

    show() {
      const { rate, size } = this.state, { step, timer } = this.player, path = this.path.slice(0, step + 1);
      this.way.setAttribute("points", path.map((w) => place(w).map((u) => u.toFixed(1)).join()).join(" "));
      this.dots.replaceChildren();
      for (const w of path.slice(STEPS - LATE + 1)) {
        const [cx, cy] = place(w);
        make("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2.2 }, this.dots);
      }
      const [cx, cy] = place(path.at(-1));
      set(this.now, { cx, cy });
      const [a, b] = rate < 2 ? variances(rate, size) : [0, 0];
      set(this.ball, { rx: 2 * UNIT * Math.sqrt(a), ry: 2 * UNIT * Math.sqrt(b), visibility: rate < 2 ? "visible" : "hidden" });
      const text = [
        `Update ${step} of ${STEPS}, ${(step * size).toLocaleString("en")} examples seen.`,
        rate < 2 ? `Noise ball in theory: distance ${shown(Math.sqrt(a + b))} from the minimum (root mean square).`
          : "A rate above 2 is too long for the curvature of 1: no batch size helps.",
        ...(step === STEPS ? [`Seen in the last ${LATE} updates: ${shown(late(this.path))}.`] : []),
        ...(step === STEPS && onTheWay(rate, size) ? ["The run is still on its way from the start."] : []),
      ].join(" ");
      this.say.textContent = text;
      this.say.setAttribute("aria-live", timer ? "off" : "polite");
      this.svg.setAttribute("aria-label", `A bowl, the path of SGD at rate ${rate} with batches of ${size}. ${text}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
    }
  }

  if (globalThis.document) ready("noise-ball", Ball, STYLE);
  else module.exports = { CURVES, START, STEPS, LATE, RATES, SIZES, walk, variances, onTheWay, shown };
})();
