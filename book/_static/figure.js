/* What the figures share that the reader plays with: every page loads this script before theirs (_config.yml).

   It is a classic script, because the book is also opened from file://, where browsers refuse ES modules. In a
   browser it stands in window.figure; in node, where tests ask for numbers, it is a module, and so is each figure.
   The rules for what is made here are in course.css. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const minus = (number) => String(number).replace("-", "\u2212");

  /* Path data through points [x, y]. */
  const line = (points) => "M" + points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");

  /* A generator of numbers in [0, 1), the same ones on every visit: Tommy Ettinger's mulberry32. */
  function mulberry32(seed) {
    let state = seed | 0;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  /* Standard normal numbers: Box and Muller make two of them from two uniform ones. */
  function normals(seed, count) {
    const uniform = mulberry32(seed), out = new Float64Array(count);
    for (let i = 0; i < count; i += 2) {
      const size = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
      out[i] = size * Math.cos(angle);
      if (i + 1 < count) out[i + 1] = size * Math.sin(angle);
    }
    return out;
  }

  function set(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  }

  /* A new element at the end of parent: SVG inside of SVG, HTML inside of HTML. */
  function make(tag, attributes, parent, text = "") {
    const element = document.createElementNS(tag === "svg" ? SVG : parent.namespaceURI, tag);
    set(element, attributes);
    element.textContent = text;
    parent.append(element);
    return element;
  }

  function button(parent, text, act) {
    const element = make("button", { type: "button" }, parent, text);
    element.addEventListener("click", act);
    return element;
  }

  const same = (value) => value;

  /* A slider, with its name before and its value behind. Read makes a value of a place, write a place of a value,
     tell writes a value, and spoken says it to a screen reader; changed gets what the reader chose, and show puts
     the slider at a value. */
  function slider(parent, text, options, changed) {
    const { min, max, step = 1, label = text, read = same, write = same, tell = String, spoken = tell } = options;
    const row = make("label", { class: "slide" }, parent);
    if (text) make("span", {}, row, text);
    const input = make("input", { type: "range", min, max, step, "aria-label": label }, row);
    const output = make("output", {}, row);
    input.addEventListener("input", () => changed(read(Number(input.value))));
    const show = (value) => {
      input.value = write(value);
      output.textContent = tell(value);
      input.setAttribute("aria-valuetext", spoken(value));
    };
    return { input, show };
  }

  /* The options of a slider over given values, which stand at equal distances. */
  const among = (values, tell) => ({ min: 0, max: values.length - 1, read: (i) => values[i], write: (value) => values.indexOf(value), tell });

  /* Sliders by the names of a figure's state: {name: [text, options]}; changed gets {name: value}. */
  function sliders(parent, table, changed) {
    const one = ([name, [text, options]]) => [name, slider(parent, text, options, (value) => changed({ [name]: value }))];
    return Object.fromEntries(Object.entries(table).map(one));
  }

  /* Radio buttons under a legend, for options [value, text]; changed gets a value, and show chooses one. */
  function choice(parent, name, legend, options, changed) {
    const box = make("fieldset", {}, parent);
    make("legend", {}, box, legend);
    const radios = options.map(([value, text]) => {
      const label = make("label", {}, box);
      const input = make("input", { type: "radio", name }, label);
      make("span", {}, label, text);
      input.addEventListener("change", () => changed(value));
      return [value, input];
    });
    const show = (chosen) => radios.forEach(([value, input]) => { input.checked = value === chosen; });
    return { box, show };
  }

  /* Calls moved(x, y, pressed) in the drawing's own units, when it is pressed and while it is dragged. A finger
     steers by a tap or when it goes sideways; one that goes up or down scrolls the page (touch-action: pan-y), save
     on an element of the class "grip". */
  function drag(svg, moved) {
    const SLACK = 8;  // pixels that a finger moves without a wish
    let began = null, held = false;
    const tell = (event, pressed) => {
      const at = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / at.width;
      moved((event.clientX - at.left) * scale, (event.clientY - at.top) * scale, pressed);
    };
    const hold = (event) => {
      held = true;
      svg.setPointerCapture(event.pointerId);
      tell(event, true);
    };
    svg.addEventListener("pointerdown", (event) => {
      began = event;
      if (event.pointerType !== "touch" || event.target.closest(".grip")) hold(event);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held && began && event.buttons && Math.abs(event.clientX - began.clientX) > SLACK) hold(began);
      if (held && event.buttons) tell(event, false);
    });
    svg.addEventListener("pointerup", (event) => {
      if (began && !held) tell(event, true);
      began = held = false;
    });
    svg.addEventListener("pointercancel", () => { began = held = false; });
  }

  /* Steps from 0 to last, played by a button. The pace is [steps, milliseconds] at a time: moving, or still for
     readers who asked for less motion. */
  class Player {
    constructor(parent, last, { moving, still }, show) {
      Object.assign(this, { last, moving, still, show, step: 0, timer: null });
      this.button = button(parent, "Play", () => (this.timer ? this.pause() : this.play()));
    }

    go(step) {
      this.step = clamp(step, 0, this.last);
      if (this.step === this.last) this.pause();
      else this.show();
    }

    stop() {
      clearInterval(this.timer);
      this.timer = null;
      this.button.textContent = "Play";
    }

    pause() {
      this.stop();
      this.show();
    }

    jump(step) {
      this.stop();
      this.go(step);
    }

    play() {
      if (this.step === this.last) this.step = 0;
      const [stride, wait] = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? this.still : this.moving;
      this.timer = setInterval(() => this.go(this.step + stride), wait);
      this.button.textContent = "Pause";
    }
  }

  /* Calls act once, when the reader comes near an element. */
  function near(element, act) {
    const watch = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      watch.disconnect();
      act();
    }, { rootMargin: "800px" });
    watch.observe(element);
  }

  /* Much data stands in a file of its own (book/_ext/finish.py): it is put where a script reads it, then act. */
  function fetched(data, act) {
    const script = make("script", { src: `${document.documentElement.dataset.content_root}_static/${data.dataset.from}` }, document.head);
    script.addEventListener("load", () => {
      data.textContent = window.figureData;
      act();
    });
  }

  /* Makes a Figure(host, number) in each element of this class, instead of the sentence for readers without
     scripts. A page that holds a figure twice runs its script twice: what is made is marked. */
  function ready(name, Figure, style) {
    const begin = () => {
      const hosts = document.querySelectorAll(`.${name}:not([data-ready])`);
      if (hosts.length && !document.getElementById(`${name}-style`)) make("style", { id: `${name}-style` }, document.head, style);
      hosts.forEach((host, number) => {
        host.dataset.ready = "yes";
        host.classList.add("course-figure");
        const begin = () => {
          host.querySelector("p").remove();
          new Figure(host, number);
        };
        const data = host.querySelector("script[data-from]");
        if (data) near(host, () => fetched(data, begin));
        else begin();
      });
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
    else begin();
  }

  const figure = { among, clamp, minus, line, mulberry32, normals, set, make, button, slider, sliders, choice, drag, Player, ready };
  if (globalThis.document) window.figure = figure;
  else module.exports = figure;
})();
