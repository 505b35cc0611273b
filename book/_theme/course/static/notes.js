/* Words of the glossary and citations show their note by mouse, by focus and by touch; Escape takes it away. */
"use strict";
(() => {
  const { all, element } = window.course;
  let note = null, owner = null, wait = null;

  const text = (link) => {
    if (link.dataset.note) return element("p", {}, link.dataset.note);
    const entry = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const body = entry?.querySelector("p, dd") ?? null;
    return body && element("p", {}, ...[...body.cloneNode(true).childNodes]);
  };
  const hide = () => {
    note?.remove();
    owner?.removeAttribute("aria-describedby");
    note = owner = null;
  };
  const show = (link) => {
    if (owner === link) return;
    hide();
    const body = text(link);
    if (!body) return;
    owner = link;
    note = element("div", { class: "note-box", role: "tooltip", id: "note-box" }, body);
    document.body.append(note);
    link.setAttribute("aria-describedby", "note-box");
    const at = link.getBoundingClientRect(), width = note.offsetWidth;
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8));
    const above = at.bottom + note.offsetHeight + 12 > innerHeight;
    note.style.left = `${left + scrollX}px`;
    note.style.top = `${scrollY + (above ? at.top - note.offsetHeight - 6 : at.bottom + 6)}px`;
    note.addEventListener("pointerenter", () => clearTimeout(wait));
    note.addEventListener("pointerleave", hide);
  };
  for (const link of all(".bd-article a.term, .bd-article a.reference.internal[href^='#']")) {
    if (!link.classList.contains("term") && !document.getElementById(decodeURIComponent(link.hash.slice(1)))?.classList.contains("citation")) continue;
    link.removeAttribute("title");
    link.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") { clearTimeout(wait); wait = setTimeout(() => show(link), 150); } });
    link.addEventListener("pointerleave", () => { clearTimeout(wait); wait = setTimeout(hide, 250); });
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) show(link); });
    link.addEventListener("blur", hide);
    link.addEventListener("click", (event) => {
      if (event.pointerType === "touch" && owner !== link) { event.preventDefault(); show(link); }
    });
  }
  window.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  window.addEventListener("pointerdown", (event) => { if (note && !note.contains(event.target) && event.target.closest("a") !== owner) hide(); });
})();
