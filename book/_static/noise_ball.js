/* SGD on a bowl with noisy gradients: the reader sets the rate and the batch size and sees the noise ball.

   Looks for <div class="noise-ball"> and draws in it. All controls are native (buttons, sliders), so keyboard
   and touch work. The noise is a fixed stream of numbers, the same on every visit. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STYLE = `
    .noise-ball { --path: #0b5fa5; --ball: #b33600; max-width: 36rem; margin: 1rem auto; }
    html[data-theme="dark"] .noise-ball { --path: #8cc4ff; --ball: #ffa77f; }
    html[data-theme="dark"] .bd-content div.cell_output div.text_html:has(> div.noise-ball) {
      background: transparent; color: inherit; padding: 0; }
    .noise-ball svg { display: block; width: 100%; height: auto; }
    .noise-ball .level { fill: none; stroke: currentColor; stroke-opacity: .25; }
    .noise-ball .way { fill: none; stroke: var(--path); stroke-width: 1.2; stroke-opacity: .6; stroke-linejoin: round; }
    .noise-ball .late { fill: var(--path); fill-opacity: .55; }
    .noise-ball .ball { fill: var(--ball); fill-opacity: .08; stroke: var(--ball); stroke-width: 2.5; stroke-dasharray: 7 4; }
    .noise-ball .minimum { stroke: currentColor; stroke-width: 2; fill: none; }
    .noise-ball .now { fill: var(--path); stroke: #fff; stroke-width: 1.5; }
    .noise-ball .told { min-height: 4.6em; margin: .4rem 0; font-variant-numeric: tabular-nums; }
    .noise-ball .steer { display: flex; flex-wrap: wrap; margin: 0; gap: .3rem .8rem; align-items: center; }
    .noise-ball .steer label { margin: 0; padding: 0; display: flex; flex: 1 1 15rem; gap: .5rem; align-items: center; }
    .noise-ball .steer label span { min-width: 5.2rem; }
    .noise-ball output { min-width: 3rem; font-variant-numeric: tabular-nums; }
    .noise-ball input { flex: 1 1 6rem; min-width: 4rem; height: 44px; accent-color: var(--path); }
    .noise-ball button { flex: none; width: auto; min-width: 4.9rem; padding: 0 .6rem; margin: 0; min-height: 44px;
      border: 1px solid; border-radius: 6px; background: transparent; color: inherit; font: inherit; }
    .noise-ball button:focus-visible, .noise-ball input:focus-visible { outline: 3px solid var(--path); outline-offset: 2px; }`;
  const CURVES = [1, 0.25];  // the bowl's two curvatures
  const START = [-2.6, 1.4];
  const STEPS = 400, LATE = 200;  // updates in a run; the last ones count as the ball
  const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 1.9, 2.1];
  const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
  const UNIT = 100, WIDTH = 600, HEIGHT = 360;

  const make = (tag, attributes = {}, parent = null, text = "") => {
    const svg = ["svg", "g", "path", "polyline", "ellipse", "circle"].includes(tag);
    const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };

  /* Normal numbers from a small generator (mulberry32), by Box and Muller. */
  function normals(seed, count) {
    let state = Math.imul(seed, 2654435761) >>> 0;
    const uniform = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let u = Math.imul(state ^ (state >>> 15), 1 | state);
      u = (u + Math.imul(u ^ (u >>> 7), 61 | u)) ^ u;
      return (((u ^ (u >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
    return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
  }
  const walk = (rate, size, noise) => {
    const path = [START];
    for (let t = 0; t < STEPS; t++) {
      path.push(path[t].map((w, i) => w - rate * (CURVES[i] * w + noise[2 * t + i] / Math.sqrt(size))));
    }
    return path;
  };
  const variances = (rate, size) => CURVES.map((h) => rate / (size * h * (2 - rate * h)));
  const shown = (number) => (number >= 10 ? number.toFixed(0) : number.toPrecision(2));

  function setup(host) {
    host.querySelector("p").remove();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    const state = { rate: 4, size: 2, seed: 1, step: STEPS, timer: null, path: [] };
    const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, host);
    const place = ([x, y]) => [
      Math.max(-999, Math.min(1999, WIDTH / 2 + UNIT * x)), Math.max(-999, Math.min(1999, HEIGHT / 2 - UNIT * y))];
    for (const level of [0.01, 0.04, 0.1, 0.25, 0.5, 0.9, 1.5, 2.3, 3.4]) {
      const [rx, ry] = CURVES.map((h) => UNIT * Math.sqrt((2 * level) / h));
      make("ellipse", { class: "level", cx: WIDTH / 2, cy: HEIGHT / 2, rx, ry }, svg);
    }
    const way = make("polyline", { class: "way" }, svg);
    const dots = make("g", { class: "late" }, svg);
    const ball = make("ellipse", { class: "ball", cx: WIDTH / 2, cy: HEIGHT / 2 }, svg);
    make("path", { class: "minimum", d: `M${WIDTH / 2 - 7} ${HEIGHT / 2}h14m-7 -7v14` }, svg);
    const now = make("circle", { class: "now", r: 6 }, svg);
    const told = make("p", { class: "told", role: "status" }, host);
    const steer = make("div", { class: "steer" }, host);
    const slider = (name, key, values) => {
      const label = make("label", {}, steer);
      make("span", {}, label, name);
      const input = make("input", { type: "range", min: 0, max: values.length - 1, step: 1, value: state[key] }, label);
      const output = make("output", {}, label, String(values[state[key]]));
      const say = () => {
        output.textContent = String(values[state[key]]);
        input.setAttribute("aria-valuetext", String(values[state[key]]));
      };
      input.addEventListener("input", () => { state[key] = Number(input.value); say(); again(); });
      say();
    };
    slider("Rate", "rate", RATES);
    slider("Batch size", "size", SIZES);
    const button = (text, act) => {
      const element = make("button", { type: "button" }, steer, text);
      element.addEventListener("click", act);
      return element;
    };
    const play = button("Play", () => (state.timer ? pause() : run()));
    button("Step", () => { pause(); go(state.step === STEPS ? 0 : state.step + 1); });
    button("Restart", () => { pause(); go(0); });
    button("Other noise", () => { state.seed += 1; again(); });

    function draw() {
      const rate = RATES[state.rate], size = SIZES[state.size], path = state.path.slice(0, state.step + 1);
      way.setAttribute("points", path.map((w) => place(w).map((u) => u.toFixed(1)).join()).join(" "));
      dots.replaceChildren();
      for (const w of path.slice(STEPS - LATE + 1)) {
        const [cx, cy] = place(w);
        make("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2.2 }, dots);
      }
      const [cx, cy] = place(path.at(-1));
      now.setAttribute("cx", cx);
      now.setAttribute("cy", cy);
      const parts = [`Update ${state.step} of ${STEPS}, ${(state.step * size).toLocaleString("en")} examples seen.`];
      if (rate < 2) {
        const [a, b] = variances(rate, size);
        ball.setAttribute("rx", 2 * UNIT * Math.sqrt(a));
        ball.setAttribute("ry", 2 * UNIT * Math.sqrt(b));
        ball.setAttribute("visibility", "visible");
        parts.push(`Noise ball in theory: distance ${shown(Math.sqrt(a + b))} from the minimum (root mean square).`);
      } else {
        ball.setAttribute("visibility", "hidden");
        parts.push("A rate above 2 is too long for the curvature of 1: no batch size helps.");
      }
      if (state.step === STEPS) {
        const mean = state.path.slice(-LATE).reduce((sum, [x, y]) => sum + x * x + y * y, 0) / LATE;
        parts.push(`Seen in the last ${LATE} updates: ${shown(Math.sqrt(mean))}.`);
      }
      told.textContent = parts.join(" ");
      told.setAttribute("aria-live", state.timer ? "off" : "polite");
      svg.setAttribute("aria-label", `A bowl, the path of SGD at rate ${rate} with batches of ${size}. ${told.textContent}`);
    }
    function go(step) {
      state.step = Math.min(STEPS, step);
      if (state.step === STEPS && state.timer) pause();
      else draw();
    }
    function again() {
      state.path = walk(RATES[state.rate], SIZES[state.size], normals(state.seed, 2 * STEPS));
      if (!state.timer) state.step = STEPS;
      draw();
    }
    function pause() {
      clearInterval(state.timer);
      state.timer = null;
      play.textContent = "Play";
      draw();
    }
    function run() {
      if (state.step === STEPS) state.step = 0;
      // Readers who asked for less motion get fifty updates at once, slowly.
      const [stride, wait] = still.matches ? [50, 900] : [2, 50];
      state.timer = setInterval(() => go(state.step + stride), wait);
      play.textContent = "Pause";
    }
    again();
  }

  function start() {
    const hosts = document.querySelectorAll(".noise-ball:not([data-ready])");
    if (hosts.length && !document.getElementById("noise-ball-style")) {
      make("style", { id: "noise-ball-style" }, document.head, STYLE);
    }
    for (const host of hosts) {
      host.dataset.ready = "";
      setup(host);
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
