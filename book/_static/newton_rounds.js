/* The rounds of Newton and Schulz on a matrix of 2 × 2, for the chapter on training today.

   Looks for <div class="newton-rounds"> and draws in it: what the matrix makes of the unit circle, an ellipse whose
   half axes are its singular values, and below it these values on a logarithmic axis, with their earlier rounds. The
   reader sets how lopsided the matrix is, the number of rounds and the polynomial, Muon's or the classical one. */
"use strict";
(() => {
  const { among, choice, make, ready, set, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .newton-rounds .unit { fill: none; stroke: currentColor; stroke-dasharray: 4 3; }
    .newton-rounds .image { fill: var(--ink-blue); fill-opacity: .14; stroke: currentColor; stroke-width: 1.2; }
    .newton-rounds .large { fill: var(--ink-blue); stroke: var(--ink-blue); }
    .newton-rounds .small { fill: var(--ink-red); stroke: var(--ink-red); }
    .newton-rounds line { stroke-width: 3; }
    .newton-rounds text:is(.large, .small) { stroke: none; font-weight: 600; }
    .newton-rounds .before { fill-opacity: .35; stroke: none; }
    .newton-rounds .band { fill: currentColor; fill-opacity: .13; }
    .newton-rounds output { min-width: 4em; }
    .newton-rounds .say { min-height: 6em; font-variant-numeric: tabular-nums; }
    @media (max-width: 40rem) { .newton-rounds .say { min-height: 7.5em; } }`;
  const POLYNOMIALS = { muon: [3.4445, -4.775, 2.0315], cubic: [1.5, -0.5, 0] };  // of s, s³ and s⁵
  const NAMES = { muon: "Muon's", cubic: "classical" };
  const RATIOS = [2, 3, 10, 30, 100, 300, 1000, 3000];  // large through small
  const MOST = 20, LOW = 0.68, HIGH = 1.21, LEAST = 0.0003;
  const CENTRE = [180, 80], RADIUS = 62, TURN = -30;

  const round = (s, [a, b, c]) => a * s + b * s ** 3 + c * s ** 5;

  /* The singular values of a matrix that is divided by its Frobenius norm. */
  const normed = (ratio) => [ratio, 1].map((s) => s / Math.hypot(ratio, 1));

  /* A singular value before the first round and after each. */
  function rounds(s, kind, count) {
    const all = [s];
    for (let i = 0; i < count; i += 1) all.push(round(all[i], POLYNOMIALS[kind]));
    return all;
  }

  const digits = (s) => (s < 0.01 ? s.toPrecision(2) : s.toFixed(3));
  const times = (ratio) => (ratio < 10 ? ratio.toFixed(1) : Math.round(ratio).toLocaleString("en"));

  /* What the figure says of both values, of all rounds so far. */
  function told({ kind, ratio, count }, paths) {
    const now = paths.map((path) => path.at(-1)), apart = Math.max(...now) / Math.min(...now);
    const when = count === 0 ? "Before the first round" : `After ${count} ${count === 1 ? "round" : "rounds"}`;
    const words = [`${when} of ${kind === "muon" ? "Muon's polynomial" : "the classical polynomial"} the singular values are ${now.map(digits).join(" and ")},`
      + ` a factor of ${times(apart)} apart${count ? ` (${ratio.toLocaleString("en")} at first)` : ""}.`];
    if (now[1] < LOW) words.push(`Each round multiplies the small one by up to ${POLYNOMIALS[kind][0]}.`);
    else if (kind === "muon") words.push(`From now on they move about between ${LOW} and ${HIGH}.`);
    else words.push(now.every((s) => Math.abs(s - 1) < 0.0005) ? "Both have come to 1." : "From here each round brings them closer to 1.");
    return words.join(" ");
  }

  const wide = (s) => 52 + 292 * Math.log(Math.max(s, LEAST) / LEAST) / Math.log(1.5 / LEAST);

  class Chart {
    constructor(host, number) {
      this.state = { kind: "muon", ratio: 100, count: 0 };
      this.draw(host);
      this.say = make("p", { class: "say", "aria-live": "polite" }, host);
      this.sliders = sliders(host, { count: ["rounds", { min: 0, max: MOST }], ratio: ["apart by", among(RATIOS, (ratio) => ratio.toLocaleString("en"))] }, (change) => this.set(change));
      this.choice = choice(host, `newton-rounds-${number}`, "Polynomial", Object.entries(NAMES), (kind) => this.set({ kind }));
      this.set({});
    }

    draw(host) {
      const svg = this.svg = make("svg", { viewBox: "0 0 360 252", role: "img" }, host), [cx, cy] = CENTRE;
      make("circle", { class: "unit", cx, cy, r: RADIUS }, svg);
      const turned = make("g", { transform: `rotate(${TURN} ${cx} ${cy})` }, svg);
      this.image = make("ellipse", { class: "image", cx, cy }, turned);
      this.axes = [make("line", { class: "large", x1: cx, y1: cy, y2: cy }, turned), make("line", { class: "small", x1: cx, y1: cy, x2: cx }, turned)];
      this.band = make("rect", { class: "band", x: wide(LOW), y: 166, width: wide(HIGH) - wide(LOW), height: 48 }, svg);
      make("path", { class: "axis", d: `M52 214H344M${wide(1).toFixed(1)} 166V214` }, svg);
      for (const s of [0.001, 0.01, 0.1, 1]) make("text", { x: wide(s), y: 229, "text-anchor": "middle" }, svg, String(s));
      make("text", { x: 198, y: 246, "text-anchor": "middle" }, svg, "singular value");
      this.rows = ["large", "small"].map((name, i) => {
        make("text", { class: name, x: 2, y: 182 + 22 * i }, svg, name);
        return { name, cy: 178 + 22 * i, dots: make("g", {}, svg) };
      });
    }

    set(change) {
      Object.assign(this.state, change);
      const { kind, ratio, count } = this.state, paths = normed(ratio).map((s) => rounds(s, kind, count));
      const [large, small] = paths.map((path) => RADIUS * path.at(-1));
      set(this.image, { rx: large, ry: small });
      this.axes[0].setAttribute("x2", CENTRE[0] + large);
      this.axes[1].setAttribute("y2", CENTRE[1] - small);
      this.rows.forEach(({ name, cy, dots }, i) => {
        dots.replaceChildren();
        paths[i].forEach((s, at) => make("circle", { class: at === count ? name : `before ${name}`, cx: wide(s), cy, r: at === count ? 5 : 3 }, dots));
      });
      this.band.setAttribute("visibility", kind === "muon" ? "visible" : "hidden");
      this.say.textContent = told(this.state, paths);
      this.svg.setAttribute("aria-label", `An ellipse that becomes a circle, and its two half axes. ${this.say.textContent}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
      this.choice.show(kind);
    }
  }

  if (globalThis.document) ready("newton-rounds", Chart, STYLE);
  else module.exports = { POLYNOMIALS, RATIOS, MOST, normed, rounds, told };
})();
