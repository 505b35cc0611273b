// The race of the optimisers. A page holds <div class="race"> with its data as JSON; this draws and plays it.
// Everything is a native control (buttons, radio buttons, checkboxes, a slider), so keyboard and touch work.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, attributes = {}, parent = null, text = "") => {
    const svg = ["svg", "path", "polyline", "circle", "g"].includes(name);
    const node = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text) node.textContent = text;
    if (parent) parent.append(node);
    return node;
  };
  const shown = (loss) => (loss === null ? "left the page" : loss >= 0.001 || loss === 0 ? String(loss) : loss.toExponential(1));

  function setup(box, number) {
    const data = JSON.parse(box.querySelector("script").textContent);
    const methods = Object.keys(data.looks);
    const steps = data.tracks[0].losses[methods[0]][0].length - 1;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    const state = { track: 0, start: 0, step: 0, on: new Set(box.dataset.methods?.split(" ") ?? methods), timer: null };
    box.querySelector("p").remove();

    const choice = (legend, values, chosen, pick) => {
      const field = make("fieldset", { class: "race-choice" }, box);
      make("legend", {}, field, legend);
      values.forEach((value, i) => {
        const label = make("label", {}, field);
        const input = make("input", { type: "radio", name: `race-${number}-${legend}`, value: i }, label);
        input.checked = i === chosen;
        input.addEventListener("change", () => pick(i));
        label.append(` ${value}`);
      });
      return field;
    };

    choice("Surface", data.tracks.map((track) => track.name), 0, (i) => {
      state.track = i;
      state.start = 0;
      starts.replaceWith((starts = startChoice()));
      rewind();
    });
    const startChoice = () => {
      const field = choice("Start", data.tracks[state.track].starts, 0, (i) => { state.start = i; rewind(); });
      return field;
    };
    let starts = startChoice();

    const picture = make("svg", { viewBox: "0 0 1000 640", role: "img", class: "race-picture" }, box);
    const ground = make("path", { fill: "none", stroke: "#8a8a8a", "stroke-width": 1.2 }, picture);
    const marks = make("g", { fill: "none", stroke: "#000", "stroke-width": 3 }, picture);
    const drawn = {};
    for (const method of methods) {
      const { color, dash } = data.looks[method];
      const line = make("polyline", { fill: "none", stroke: color, "stroke-width": 4, "stroke-dasharray": dash, "stroke-linejoin": "round" }, picture);
      const head = make("circle", { r: 9, fill: color, stroke: "#fff", "stroke-width": 2 }, picture);
      drawn[method] = { line, head };
    }

    const bar = make("div", { class: "race-bar" }, box);
    const button = (text, act) => {
      const node = make("button", { type: "button" }, bar, text);
      node.addEventListener("click", act);
      return node;
    };
    const play = button("Play", () => (state.timer ? pause() : run()));
    button("Step back", () => { pause(); go(state.step - 1); });
    button("Step", () => { pause(); go(state.step + 1); });
    button("Restart", () => rewind());
    const slider = make("input", { type: "range", min: 0, max: steps, value: 0, "aria-label": "Step of the race" }, bar);
    slider.addEventListener("input", () => { pause(); go(Number(slider.value)); });
    const told = make("p", { class: "race-told", role: "status" }, box);

    const field = make("fieldset", { class: "race-methods" }, box);
    make("legend", {}, field, "Methods: learning rate, loss at this step");
    const cells = {};
    for (const method of methods) {
      const label = make("label", {}, field);
      const input = make("input", { type: "checkbox" }, label);
      input.checked = state.on.has(method);
      input.addEventListener("change", () => {
        state.on[input.checked ? "add" : "delete"](method);
        draw();
      });
      const key = make("svg", { viewBox: "0 0 60 12", "aria-hidden": "true", class: "race-key" }, label);
      make("path", { d: "M2 6H58", stroke: data.looks[method].color, "stroke-width": 5, "stroke-dasharray": data.looks[method].dash }, key);
      make("span", {}, label, data.looks[method].label);
      cells[method] = make("span", { class: "race-loss" }, label);
    }
    const all = make("div", { class: "race-bar" }, field);
    for (const [text, value] of [["All on", true], ["All off", false]]) {
      const node = make("button", { type: "button" }, all, text);
      node.addEventListener("click", () => {
        field.querySelectorAll("input").forEach((input, i) => {
          input.checked = value;
          state.on[value ? "add" : "delete"](methods[i]);
        });
        draw();
      });
    }

    function draw() {
      const track = data.tracks[state.track];
      const ranked = [];
      for (const method of methods) {
        const on = state.on.has(method);
        const path = track.paths[method][state.start].slice(0, 2 * (state.step + 1));
        const loss = track.losses[method][state.start][state.step];
        const { line, head } = drawn[method];
        line.setAttribute("points", on ? path.join(" ") : "");
        head.setAttribute("visibility", on ? "visible" : "hidden");
        head.setAttribute("cx", path.at(-2));
        head.setAttribute("cy", path.at(-1));
        cells[method].textContent = `${track.rates[method]}; ${shown(loss)}`;
        if (on && loss !== null) ranked.push([loss, data.looks[method].label]);
      }
      ranked.sort((a, b) => a[0] - b[0]);
      slider.value = state.step;
      slider.setAttribute("aria-valuetext", `step ${state.step} of ${steps}`);
      if (!state.timer) { // silent while it plays
        const first = ranked.slice(0, 3).map(([loss, name]) => `${name} ${shown(loss)}`).join(", ");
        told.textContent = `Step ${state.step} of ${steps}.` + (first ? ` Lowest loss: ${first}.` : " No method is on.");
        picture.setAttribute("aria-label", `${track.name} from ${track.starts[state.start]}. ${told.textContent}`);
      } else told.textContent = `Step ${state.step} of ${steps}.`;
      told.setAttribute("aria-live", state.timer ? "off" : "polite");
    }
    function scene() {
      const track = data.tracks[state.track];
      ground.setAttribute("d", track.contours);
      marks.replaceChildren();
      for (const [x, y] of track.minima) make("path", { d: `M${x - 10} ${y - 10}l20 20m0 -20l-20 20` }, marks);
    }
    function go(step) {
      state.step = Math.max(0, Math.min(steps, step));
      if (state.step === steps) pause();
      draw();
    }
    function pause() {
      clearInterval(state.timer);
      state.timer = null;
      play.textContent = "Play";
      draw();
    }
    function run() {
      if (state.step === steps) state.step = 0;
      // Readers who asked for less motion get ten steps at once, slowly.
      const [stride, wait] = still.matches ? [10, 900] : [1, 80];
      state.timer = setInterval(() => go(state.step + stride), wait);
      play.textContent = "Pause";
    }
    function rewind() {
      pause();
      scene();
      go(0);
    }
    rewind();
    go(Math.min(30, steps)); // something to see before anybody presses Play
  }
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".race").forEach(setup));
})();
