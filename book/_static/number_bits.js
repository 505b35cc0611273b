/* One weight in three formats of numbers, its bits, and a hundred small updates of it, for the chapter on training
   today.

   Looks for <div class="number-bits"> and draws in it: a row for each format with a square for each bit. The reader
   sets the weight, the update and the rounding. What is computed here is checked against NumPy and PyTorch. */
"use strict";
(() => {
  const { among, choice, make, minus, mulberry32, ready, sliders } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .number-bits svg { max-width: 36rem; }
    .number-bits .bit { stroke: currentColor; stroke-opacity: .45; fill: none; }
    .number-bits .bit.one.sign { fill: currentColor; }
    .number-bits .bit.one.exponent { fill: var(--ink-red); }
    .number-bits .bit.one.fraction { fill: var(--ink-blue); }
    .number-bits .name { font-weight: 600; }
    .number-bits label.slide span { min-width: 4.5rem; }
    .number-bits .say { min-height: 9em; font-variant-numeric: tabular-nums; }
    .number-bits .say span { display: block; }`;
  const FORMATS = {  // bits of the exponent and of the fraction
    float32: [8, 23],
    bfloat16: [8, 7],
    float16: [5, 10],
  };
  const WEIGHTS = [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 0.3, 1, 3, 10, 100, 1000, 1e4, 6e4, 7e4, 1e6];
  const UPDATES = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 0.001, 0.002, 0.004, 0.01, 0.1];
  const TIMES = 100, WIDTH = 576, STEP = 17, SIDE = 14, ROW = 52;

  /* The exponent of the spacing around x, and the largest number, in a format. */
  function frame(x, [exponent, fraction]) {
    const bias = 2 ** (exponent - 1) - 1;
    let power = Math.floor(Math.log2(Math.abs(x)));
    if (2 ** power > Math.abs(x)) power -= 1;
    if (2 ** (power + 1) <= Math.abs(x)) power += 1;
    power = Math.max(x === 0 ? -Infinity : power, 1 - bias);
    return { bias, power, gap: 2 ** (power - fraction), most: (2 - 2 ** -fraction) * 2 ** bias };
  }

  const gap = (x, format) => frame(x, format).gap;

  /* The number of the format next to x, ties to an even last bit; with a draw from [0, 1), stochastically. */
  function round(x, format, draw = null) {
    if (!Number.isFinite(x)) return x;
    const { gap: unit, most } = frame(x, format), q = x / unit, low = Math.floor(q);
    const up = draw === null ? q - low > 0.5 || (q - low === 0.5 && low % 2 !== 0) : draw < q - low;
    const near = (low + (up ? 1 : 0)) * unit;
    return Math.abs(near) > most ? Math.sign(near) * Infinity : near;
  }

  /* The bits of a number that the format has, the sign first. */
  function bits(x, format) {
    const [exponent, fraction] = format, { bias, power, gap: unit } = frame(x, format), size = Math.abs(x);
    let field = 0, rest = 0;
    if (size === Infinity) field = 2 ** exponent - 1;
    else if (size < 2 ** (1 - bias)) rest = size / unit;
    else [field, rest] = [power + bias, size / unit - 2 ** fraction];
    const binary = (value, length) => value.toString(2).padStart(length, "0");
    return (x < 0 || Object.is(x, -0) ? "1" : "0") + binary(field, exponent) + binary(rest, fraction);
  }

  /* A weight after TIMES updates, each of them rounded. */
  function after(weight, update, format, draw = null) {
    let w = round(weight, format);
    for (let t = 0; t < TIMES; t += 1) w = round(w - update, format, draw && draw());
    return w;
  }

  const shown = (x) => (Number.isFinite(x) ? minus(String(Number(x.toPrecision(6)))) : minus(String(x)).replace("Infinity", "∞"));

  class Bits {
    constructor(host, number) {
      this.state = { weight: 1, update: 0.001, rounding: "nearest" };
      this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${ROW * 3}`, role: "img" }, host);
      this.say = make("p", { class: "say", role: "status", "aria-live": "polite" }, host);
      const steer = make("div", { class: "steer" }, host);
      this.sliders = sliders(steer, { weight: ["Weight", among(WEIGHTS, shown)], update: ["Update", among(UPDATES, shown)] }, (change) => this.set(change));
      this.choice = choice(steer, `number-bits-${number}`, "Rounding", [["nearest", "to the nearest"], ["stochastic", "stochastic"]],
        (rounding) => this.set({ rounding }));
      this.set({});
    }

    set(change) {
      Object.assign(this.state, change);
      const { weight, update, rounding } = this.state, svg = this.svg;
      svg.replaceChildren();
      this.say.replaceChildren();
      make("span", {}, this.say, `The weight ${shown(weight)}, and after ${TIMES} updates of ${shown(update)} (exactly: ${shown(weight - TIMES * update)}):`);
      const told = Object.entries(FORMATS).map(([name, format], row) => {
        const stored = round(weight, format), kinds = ["sign", "exponent", "fraction"];
        const draw = rounding === "nearest" ? null : mulberry32(3);
        make("text", { class: "name", x: 2, y: ROW * row + 16 }, svg, name);
        [...bits(stored, format)].forEach((bit, i) => {
          const kind = kinds[i === 0 ? 0 : i <= format[0] ? 1 : 2];
          make("rect", { class: `bit ${kind}${bit === "1" ? " one" : ""}`, x: 2 + STEP * i + 5 * kinds.indexOf(kind), y: ROW * row + 24, width: SIDE, height: SIDE }, svg);
        });
        const end = after(weight, update, format, draw);
        const space = Number.isFinite(stored) ? `the next number is ${shown(gap(stored, format))} away` : "too large for this format";
        const text = `${name}: ${shown(stored)}, ${space}; afterwards ${shown(end)}${end === stored && Number.isFinite(end) ? ", it has not moved" : ""}.`;
        make("span", {}, this.say, text);
        return text;
      });
      svg.setAttribute("aria-label", `The bits of ${shown(weight)} in three formats. ${told.join(" ")}`);
      for (const [name, slider] of Object.entries(this.sliders)) slider.show(this.state[name]);
      this.choice.show(rounding);
    }
  }

  if (globalThis.document) ready("number-bits", Bits, STYLE);
  else module.exports = { FORMATS, WEIGHTS, UPDATES, TIMES, round, bits, gap, after };
})();
