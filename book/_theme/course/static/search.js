/* The search: sections of all pages, while one types. It runs here, on search-data.js; nothing is sent anywhere.

   A query is split into words; each is looked for as it is, by its beginning, and by the names that mean the same.
   In node, where tests ask for results, this is a module. */
"use strict";
(() => {
  const STOP = new Set(["a", "an", "and", "are", "at", "does", "for", "how", "i", "in", "is", "of", "on", "or", "the", "to", "what", "when", "why", "with"]);

  /* One spelling: small letters, no accents, -ise for -ize, singular for plural. */
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/iz(e|ed|er|ers|es|ing|ation|ations)\b/g, "is$1");
  const stem = (word) => (word.length > 4 && /[^s]s$/.test(word) ? word.slice(0, -1) : word);
  const split = (text) => plain(text).match(/[\p{L}\p{N}_.]*[\p{L}\p{N}_]/gu) ?? [];

  class Index {
    constructor({ rows, same }) {
      this.rows = rows.map(([page, place, title, top, text]) => ({
        page, place, title, top, text, name: ` ${split(title).map(stem).join(" ")} `, body: ` ${split(text).map(stem).join(" ")} `, above: ` ${split(top).map(stem).join(" ")} `,
      }));
      this.same = same.map((group) => group.map((name) => split(name).map(stem).join(" ")));
    }

    /* What a query asks for: a list of wants, each a list of names of which one is enough. */
    wants(query) {
      let rest = split(query).map(stem).join(" ");
      const wants = [];
      for (const group of this.same) {
        const named = group.filter((name) => ` ${rest} `.includes(` ${name} `)).sort((a, b) => b.length - a.length)[0];
        if (!named) continue;
        rest = ` ${rest} `.replace(` ${named} `, " ").trim();
        wants.push({ first: named, names: [...new Set([named, ...group])] });
      }
      const words = rest.split(" ").filter((word) => word && (!STOP.has(word) || !wants.length));
      return [...wants, ...words.map((word) => ({ first: word, names: [word] }))];
    }

    score(row, want) {
      let best = 0;
      for (const name of want.names) {
        const own = name === want.first ? 1 : 0.7;
        let value = 0;
        if (row.name.trim() === name) value = 60;
        else if (row.name.startsWith(` ${name} `)) value = 40;
        else if (row.name.includes(` ${name} `)) value = 30;
        else if (name.length > 2 && row.name.includes(` ${name}`)) value = 18;
        if (row.above.includes(` ${name} `)) value += 6;
        const times = row.body.split(` ${name} `).length - 1;
        if (times) value += 4 + 5 * Math.log(1 + times) / Math.log(1 + row.body.length / 400 + 1.2);
        else if (name.length > 2 && row.body.includes(` ${name}`)) value += 2;
        best = Math.max(best, own * value);
      }
      return best;
    }

    find(query, count = 20) {
      const wants = this.wants(query);
      if (!wants.length) return [];
      const found = [];
      for (const row of this.rows) {
        const scores = wants.map((want) => this.score(row, want));
        const met = scores.filter(Boolean).length;
        if (met < wants.length && !(wants.length > 2 && met >= wants.length - 1)) continue;
        const extra = /glossary/.test(row.page) ? 12 : /errata|lecture_map/.test(row.page) ? -12 : /conventions/.test(row.page) ? -8 : 0;
        found.push({ row, value: scores.reduce((sum, score) => sum + score, 0) + extra - 40 * (wants.length - met) });
      }
      found.sort((a, b) => b.value - a.value);
      return found.slice(0, count).map(({ row }) => ({ ...row, part: this.part(row, wants) }));
    }

    /* The words around the first place in the text that is asked for. */
    part(row, wants) {
      const text = row.text, low = plain(text);
      const places = wants.flatMap(({ names }) => names.map((name) => low.indexOf(name))).filter((place) => place >= 0);
      const at = places.length ? Math.min(...places) : 0;
      const begin = at < 60 ? 0 : text.indexOf(" ", at - 50) + 1;
      return (begin ? "… " : "") + text.slice(begin, begin + 150) + (begin + 150 < text.length ? " …" : "");
    }
  }

  /* A text in pieces, [words, asked for or not]: each word that begins like one of those asked for is marked. */
  function marked(text, wants) {
    const begins = wants.flatMap(({ names }) => names.flatMap((name) => name.split(" "))).filter((word) => !STOP.has(word));
    const meant = (word) => split(word).some((one) => begins.some((begin) => one === begin || (begin.length > 2 && one.startsWith(begin))));
    return text.split(/([\p{L}\p{M}\p{N}]+)/u).map((piece, odd) => [piece, odd % 2 === 1 && meant(piece)]);
  }

  if (!globalThis.document) {
    module.exports = { Index, marked };
    return;
  }
  const { element, all } = window.course;
  const root = document.documentElement.dataset.content_root;
  let index = null;

  /* Shows results in a box while the reader types; arrow keys move through them. */
  function attach(input, box, query = "") {
    index ??= new Index(window.searchData);
    const show = () => {
      const results = index.find(input.value), wants = index.wants(input.value);
      const shown = (text) => marked(text, wants).map(([piece, meant]) => (meant ? element("mark", {}, piece) : piece));
      const list = element("ol");
      for (const { page, place, title, top, part } of results) {
        const where = title === top ? "" : ` – ${top}`;
        const link = element("a", { href: `${root}${page}.html#${place}` }, element("strong", {}, title), element("small", {}, ...shown(part), where));
        list.append(element("li", {}, link));
      }
      const none = input.value.trim() && !results.length;
      box.replaceChildren(none ? element("p", {}, "Nothing found. Try one word of it, or its symbol.") : list);
    };
    input.value = query;
    input.addEventListener("input", show);
    input.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      box.querySelector("a")?.click();
    });
    box.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const stops = [input, ...all("a", box)];
      stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(document.activeElement) + step))].focus();
    });
    show();
    input.focus();
  }

  let seek = null;
  function dialog() {
    if (!seek) {
      const input = element("input", { type: "search", name: "q", autocomplete: "off", spellcheck: "false", placeholder: "Adam, eps, dead ReLU, κ …" });
      const box = element("div", { class: "found", "aria-live": "polite" });
      seek = element("dialog", { class: "seek", "aria-label": "Search" }, element("form", { class: "ask", role: "search" }, element("label", {}, "Search the course", input)), box);
      seek.addEventListener("click", (event) => { if (event.target === seek || event.target.closest("a")) seek.close(); });
      document.body.append(seek);
      seek.showModal();
      attach(input, box);
      return;
    }
    seek.showModal();
    seek.querySelector("input").select();
  }
  window.courseSearch = { attach, dialog };
})();
