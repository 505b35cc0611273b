/* The race of the optimisers: their paths on a surface, step by step.

   Looks for <div class="race"> with its data as JSON inside, as book/race.py writes it, draws the paths and plays
   them. A few methods are in colour at first; the others are grey, behind them, until they are ticked. Everything
   is a native control (buttons, radio buttons, checkboxes, a slider), so keyboard and touch work. */
"use strict";
(() => {
  const { Player, button, choice, make, minus, ready, set, slider } = globalThis.figure ?? require("./figure.js");
  const STYLE = `
    .race { max-width: none; margin: 1rem 0; border: 1px solid var(--pst-color-border, #ccc); border-radius: 6px; padding: 0.75rem; }
    .race svg.picture { background: var(--pst-color-surface, #f6f6f6); border-radius: 4px; margin: 0.4rem 0; }
    .race .picture text { font-size: 38px; paint-order: stroke; stroke: var(--pst-color-surface, #f6f6f6); stroke-width: 8px; }
    @media (min-width: 60rem) { .race .picture text { font-size: 26px; } }
    .race .ground { fill: none; stroke: currentColor; stroke-opacity: .22; stroke-width: 1.5; }
    .race .goals { fill: none; stroke: currentColor; stroke-width: 3; }
    .race .back { stroke: currentColor; stroke-opacity: .35; stroke-width: 2.5; }
    .race .front { stroke-width: 5; }
    .race .head { stroke: var(--pst-color-surface, #f6f6f6); stroke-width: 2; }
    .race .across, .race .up { opacity: .8; }
    .race fieldset { display: block; margin: 0 0 0.25rem; }
    .race legend { float: none; font-size: 0.9rem; font-weight: 600; }
    .race label { display: inline-flex; margin-right: 0.9rem; gap: 0.4rem; }
    .race .steer { gap: 0.4rem; margin: 0.3rem 0; }
    .race label.slide { flex: 1 1 8rem; margin: 0; padding: 0; }
    .race output { display: none; }
    .race button { border-color: var(--pst-color-text-muted, #666); border-radius: 4px; }
    .race button:hover { background: var(--pst-color-surface, #eee); }
    .race .say { font-size: 0.9rem; min-height: 1.4em; margin: 0.2rem 0; }
    .race .methods { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 0 1rem; }
    .race .methods :is(legend, .steer) { grid-column: 1 / -1; }
    .race .methods label { display: grid; grid-template-columns: auto 2.6rem 5.6rem 1fr; gap: 0.5rem; min-height: 38px; margin: 0; }
    .race svg.key { width: 2.6rem; height: 0.8rem; margin: 0; }
    .race .loss { font-size: 0.85rem; font-variant-numeric: tabular-nums; color: var(--pst-color-text-muted); }`;

  const NAMED = 4;  // with more in colour, names at the paths would be a tangle

  /* An axis' name and how far it goes, which is as far on either side of zero. */
  const axis = (name, reach) => `${name} from ${minus(-reach)} to ${reach}`;

  const shown = (loss) => (loss === null ? "left the page" : loss >= 0.001 || loss === 0 ? String(loss) : loss.toExponential(1));

  /* The methods that are on and still on the page, lowest loss first: [name, loss], the loss as text. */
  function ranking(methods, losses, on) {
    const racing = methods.filter((method) => on.has(method) && losses[method] !== null);
    return racing.sort((a, b) => losses[a] - losses[b]).map((method) => [method, shown(losses[method])]);
  }

  class Race {
    constructor(host, number) {
      this.data = JSON.parse(host.querySelector("script").textContent);
      this.number = number;
      this.methods = Object.keys(this.data.looks);
      this.last = this.data.tracks[0].losses[this.methods[0]][0].length - 1;
      this.on = new Set(this.data.first);
      this.track = this.data.tracks[0];
      this.start = 0;
      choice(host, `race-${number}-surface`, "Surface", this.data.tracks.map((track) => [track, track.name]), (track) => {
        Object.assign(this, { track, start: 0 });
        this.chooseStart(host);
        this.lay(this.player.step);
      }).show(this.track);
      this.chooseStart(host);
      this.draw(host);
      this.controls(host);
      this.chooseMethods(host);
      this.lay(Math.min(30, this.last));  // something to see before anybody presses Play
    }

    /* The surface's starts, in the place of the last surface's. */
    chooseStart(host) {
      const options = this.track.starts.map((text, start) => [start, text]);
      const one = choice(host, `race-${this.number}-start`, "Start", options, (start) => {
        this.start = start;
        this.lay(this.player.step);
      });
      one.show(0);
      if (this.starts) this.starts.replaceWith(one.box);
      this.starts = one.box;
    }

    draw(host) {
      const svg = this.svg = make("svg", { viewBox: "0 0 1000 640", role: "img", class: "picture" }, host);
      this.ground = make("path", { class: "ground" }, svg);
      this.marks = make("g", { class: "goals" }, svg);
      this.back = make("g", { class: "back" }, svg);
      this.front = make("g", { class: "front" }, svg);
      this.drawn = this.methods.map((method) => {
        const { color: fill, label } = this.data.looks[method];
        const line = make("polyline", { fill: "none", "stroke-linejoin": "round" }, this.back);
        const head = make("circle", { class: "head", r: 11, fill }, svg);
        const name = make("text", { class: "named", style: `fill: ${fill}` }, svg, label);
        return { method, line, head, name };
      });
      this.across = make("text", { class: "across", x: 500, y: 622, "text-anchor": "middle" }, svg);
      this.up = make("text", { class: "up", transform: "translate(42 320) rotate(-90)", "text-anchor": "middle" }, svg);
    }

    controls(host) {
      const bar = make("div", { class: "steer" }, host);
      const player = this.player = new Player(bar, this.last, { moving: [1, 80], still: [10, 900] }, () => this.show());
      button(bar, "Step back", () => player.jump(player.step - 1));
      button(bar, "Step", () => player.jump(player.step + 1));
      button(bar, "Restart", () => player.jump(0));
      const words = { label: "Step of the race", tell: () => "", spoken: (step) => `step ${step} of ${this.last}` };
      this.slider = slider(bar, "", { min: 0, max: this.last, ...words }, (step) => player.jump(step));
      this.say = make("p", { class: "say", role: "status" }, host);
    }

    chooseMethods(host) {
      const field = make("fieldset", { class: "methods" }, host);
      make("legend", {}, field, "In colour: method, its learning rate, its loss at this step");
      for (const one of this.drawn) {
        const { color, dash, label: name } = this.data.looks[one.method];
        const label = make("label", {}, field);
        one.box = make("input", { type: "checkbox" }, label);
        one.box.addEventListener("change", () => this.switch([one], one.box.checked));
        const key = make("svg", { viewBox: "0 0 60 12", "aria-hidden": "true", class: "key" }, label);
        make("path", { d: "M2 6H58", stroke: color, "stroke-width": 5, "stroke-dasharray": dash }, key);
        make("span", {}, label, name);
        one.loss = make("span", { class: "loss" }, label);
      }
      const all = make("div", { class: "steer" }, field);
      button(all, "All in colour", () => this.switch(this.drawn, true));
      button(all, "All grey", () => this.switch(this.drawn, false));
    }

    switch(some, on) {
      for (const { method } of some) this.on[on ? "add" : "delete"](method);
      this.show();
    }

    /* The surface under the paths, which go to this step: surfaces and starts are compared at one step. */
    lay(step) {
      const { contours, minima, extent } = this.track;
      this.ground.setAttribute("d", contours);
      this.marks.replaceChildren();
      for (const [x, y] of minima) make("path", { d: `M${x - 10} ${y - 10}l20 20m0 -20l-20 20` }, this.marks);
      [[this.across, "x"], [this.up, "y"]].forEach(([text, name], i) => { text.textContent = axis(name, extent[i]); });
      this.player.jump(step);
    }

    show() {
      const { track, start, player: { step, timer } } = this, losses = {};
      for (const { method, line, head, name, box, loss } of this.drawn) {
        const on = this.on.has(method), path = track.paths[method][start].slice(0, 2 * (step + 1));
        losses[method] = track.losses[method][start][step];
        const { color, dash } = this.data.looks[method];
        set(line, { points: path.join(" "), stroke: on ? color : "inherit", "stroke-dasharray": on ? dash : "" });
        if (line.parentNode !== (on ? this.front : this.back)) (on ? this.front : this.back).append(line);
        const [x, y] = path.slice(-2), left = x > 780;
        set(head, { visibility: on ? "visible" : "hidden", cx: x, cy: y });
        const place = { x: left ? x - 18 : x + 18, y: y < 50 ? y + 40 : y - 14, "text-anchor": left ? "end" : "start" };
        set(name, { visibility: on && this.on.size <= NAMED ? "visible" : "hidden", ...place });
        box.checked = on;
        loss.textContent = `${track.rates[method]}; ${shown(losses[method])}`;
      }
      this.slider.show(step);
      const first = ranking(this.methods, losses, this.on).slice(0, 3)
        .map(([method, loss]) => `${this.data.looks[method].label} ${loss}`).join(", ");
      const text = `Step ${step} of ${this.last}.` + (first ? ` Lowest loss: ${first}.` : " All methods are grey.");
      this.say.textContent = timer ? `Step ${step} of ${this.last}.` : text;  // silent while it plays
      this.say.setAttribute("aria-live", timer ? "off" : "polite");
      if (!timer) this.svg.setAttribute("aria-label", `${track.name} from ${track.starts[start]}. ${text}`);
    }
  }

  if (globalThis.document) ready("race", Race, STYLE);
  else module.exports = { axis, shown, ranking };
})();
