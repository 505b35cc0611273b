/* What every page does: its theme, its contents, copying code, boxes that scroll, zoom, paper, search on demand. */
"use strict";
(() => {
  const root = document.documentElement, page = document.body.dataset.page;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /* What is remembered stays in this browser; where it may not be kept, the page works without. */
  const memory = {
    get(name, otherwise) {
      try { return JSON.parse(localStorage.getItem(name)) ?? otherwise; } catch { return otherwise; }
    },
    set(name, value) {
      try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* private windows keep nothing */ }
    },
  };
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  window.course = { all, memory, element, page };

  /* ---- Theme */
  for (const button of all("[data-theme-switch]")) {
    button.addEventListener("click", () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* as above */ }
    });
  }

  /* ---- Where one has been: a section counts when its end has come into view */
  const visited = memory.get("visited", {});
  const links = new Map(all(".contents .group a").map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const sections = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const showSeen = () => {
    for (const id of visited[page]?.seen ?? []) links.get(id)?.classList.add("seen");
    for (const item of all(".chapters > li")) {
      const { seen = [], of = 0 } = visited[item.dataset.page] ?? {};
      if (!of || !seen.length) continue;
      item.querySelector(".done")?.remove();
      const share = Math.round((100 * seen.length) / of);
      const bar = element("span", { class: "done", role: "img", "aria-label": `${share} % read` }, element("i", { style: `width:${share}%` }));
      item.querySelector("a").append(bar);
    }
  };
  if (sections.length && "IntersectionObserver" in window) {
    const ends = new Map();
    const watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        const state = (visited[page] ??= { seen: [] });
        const id = ends.get(target);
        Object.assign(state, { of: sections.length, last: id, title: document.querySelector("h1")?.firstChild?.parentNode.textContent.replace(/#$/, "").trim() });
        if (!state.seen.includes(id)) state.seen.push(id);
        memory.set("visited", visited);
        showSeen();
      }
    });
    for (const section of sections) {
      const last = section.lastElementChild ?? section;
      ends.set(last, section.id);
      watch.observe(last);
    }
    const now = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) for (const [id, link] of links) link.classList.toggle("now", id === target.id);
    }, { rootMargin: "-10% 0px -80% 0px" });
    sections.forEach((section) => now.observe(section));
  }
  showSeen();
  for (const place of all("[data-continue]")) {
    const [recent] = Object.entries(visited).filter(([name]) => name !== page).slice(-1);
    if (recent?.[1].last) {
      place.append("Go on where you were: ", element("a", { href: `${root.dataset.content_root}${recent[0]}.html#${recent[1].last}` }, recent[1].title || recent[0]));
      place.hidden = false;
    }
  }
  for (const button of all("[data-forget]")) {
    button.addEventListener("click", () => {
      for (const name of ["visited", "answers"]) localStorage.removeItem(name);
      location.reload();
    });
  }

  /* ---- Core and deeper */
  const hideDeeper = (hide) => {
    if (hide) root.dataset.deeper = "hide";
    else delete root.dataset.deeper;
    all("[data-deeper-switch]").forEach((box) => { box.checked = !hide; });
    try { localStorage.setItem("deeper", hide ? "hide" : "show"); } catch { /* as above */ }
  };
  const deeper = document.querySelector("section.deeper");
  if (deeper) {
    const show = element("button", { type: "button", class: "again" }, "Show them");
    show.addEventListener("click", () => hideDeeper(false));
    deeper.querySelector("h2").after(element("p", { class: "brought-back" }, "The deeper sections are hidden. ", show));
    const target = () => { if (location.hash && deeper.contains(document.getElementById(decodeURIComponent(location.hash.slice(1)))) && location.hash !== `#${deeper.id}`) { hideDeeper(false); document.getElementById(decodeURIComponent(location.hash.slice(1))).scrollIntoView(); } };
    target();
    window.addEventListener("hashchange", target);
    all("[data-deeper-switch]").forEach((box) => {
      box.checked = root.dataset.deeper !== "hide";
      box.addEventListener("change", () => hideDeeper(!box.checked));
    });
  }
  const contents = document.getElementById("contents");
  contents.addEventListener("click", (event) => { if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover(); });

  /* ---- Copy what a cell types, not what it prints */
  for (const block of all(".cell_input .highlight, div[class*='highlight-']:not(.output) > .highlight")) {
    if (block.closest(".cell_output") || block.querySelector(".copy")) continue;
    const button = element("button", { type: "button", class: "copy", "aria-label": "Copy this code" }, "Copy");
    button.addEventListener("click", async () => {
      const text = block.querySelector("pre").textContent;
      try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch {
        getSelection().selectAllChildren(block.querySelector("pre"));
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.append(button);
  }

  /* ---- Boxes that scroll sideways are stops of the Tab key, the others are not */
  const boxes = all(".math.display, pre, .pst-scrollable-table-container, .table-box, .cell_output .output");
  const measure = () => {
    const wide = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
    boxes.forEach((box, index) => {
      if (wide[index]) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  };
  (document.fonts?.ready ?? Promise.resolve()).then(() => requestIdleCallback ? requestIdleCallback(measure) : setTimeout(measure, 300));
  window.addEventListener("resize", () => { clearTimeout(measure.wait); measure.wait = setTimeout(measure, 200); });

  /* ---- A figure in its own size */
  for (const image of all(".bd-article :is(figure, .cell_output) img")) {
    if (image.closest("a, button")) continue;
    const button = element("button", { type: "button", class: `zoom ${image.classList.contains("on-dark") ? "on-dark" : image.classList.contains("on-light") ? "on-light" : ""}`, "aria-label": "Enlarge the figure: " + image.alt });
    image.replaceWith(button);
    button.append(image);
    button.addEventListener("click", () => {
      const shut = element("button", { type: "button", class: "shut" }, "Close");
      const large = image.cloneNode();
      large.loading = "eager";
      const dialog = element("dialog", { class: "large", "aria-label": "Figure" }, shut, large);
      shut.addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => dialog.remove());
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  /* ---- Pictures that are still far away come before a print by keys, since paper does not wait for them */
  const fetchPictures = () => Promise.all(all("img[loading=lazy]").filter((image) => image.offsetParent).map((image) => {
    image.loading = "eager";
    return image.decode().catch(() => null);
  }));
  window.addEventListener("keydown", (event) => {
    if (event.key !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const before = root.dataset.theme;
    root.dataset.theme = "light";  // the pictures that go on paper
    const wait = new Promise((done) => setTimeout(done, 4000));
    Promise.race([fetchPictures(), wait]).then(() => {
      root.dataset.theme = before;
      window.print();
    });
  });

  /* ---- Paper: everything unfolded, and what was folded is folded again */
  let folded = [];
  let theme = root.dataset.theme;
  window.addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    folded = all("details:not([open])");
    folded.forEach((box) => { box.open = true; });
    all("img[loading=lazy]").forEach((image) => { image.loading = "eager"; });
  });
  window.addEventListener("afterprint", () => {
    root.dataset.theme = theme;
    folded.forEach((box) => { box.open = false; });
  });

  /* ---- Search: its script and its data come when they are asked for */
  const load = (name) => new Promise((done, failed) => {
    const script = element("script", { src: `${root.dataset.content_root}_static/${name}` });
    script.addEventListener("load", done);
    script.addEventListener("error", failed);
    document.head.append(script);
  });
  let ready = null;
  const seek = () => (ready ??= Promise.all([load("search.js"), load("search-data.js")]));
  const box = document.querySelector("#search .found");
  if (box) seek().then(() => window.courseSearch.attach(document.querySelector("#search input"), box, new URLSearchParams(location.search).get("q") ?? ""));
  const open = () => seek().then(() => window.courseSearch.dialog());
  all("[data-search]").forEach((link) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  }));
  window.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
      event.preventDefault();
      open();
    }
  });
})();
