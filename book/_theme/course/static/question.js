/* Predictions and quizzes: fold-outs become answers to choose, which are remembered in this browser.

   The order of the answers is mixed once for each reader. A choice opens its explanation and says whether it is right;
   the other explanations can be read afterwards. A prediction keeps the guess beside what came. */
"use strict";
(() => {
  const { all, memory, element, page } = window.course;
  const kept = memory.get("answers", {});
  const mine = (kept[page] ??= {});
  const key = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);

  /* An order of n answers that a reader keeps: the numbers come from the question's own text and the reader's seed. */
  const seed = memory.get("order", 0) || Math.floor(1e9 * Math.random()) + 1;
  memory.set("order", seed);
  function order(count, text) {
    let state = seed;
    for (const letter of text) state = (Math.imul(state, 31) + letter.charCodeAt(0)) | 0;
    const uniform = window.figure.mulberry32(state);
    const places = Array.from({ length: count }, (_, place) => place);
    for (let last = count - 1; last > 0; last--) {
      const other = Math.floor(uniform() * (last + 1));
      [places[last], places[other]] = [places[other], places[last]];
    }
    return places;
  }

  let count = 0;  // of paragraphs that name the answers below them

  class Question {
    constructor(box) {
      this.box = box;
      this.predict = box.classList.contains("predict");
      this.options = all(":scope > details", box);
      this.texts = this.options.map((option) => option.querySelector(".sd-summary-text, summary").textContent.trim());
      this.right = this.options.findIndex((option) => option.classList.contains("answer-right"));
      this.name = key(all(":scope > p", box).map((p) => p.textContent).join(" ") + this.texts[0]);
      this.build();
      if (mine[this.name] !== undefined) this.show(mine[this.name]);
    }

    build() {
      const group = element("div", { class: "answers", role: "group", "aria-label": this.predict ? "Your prediction" : "Answers" });
      const asked = all(":scope > p", this.box);
      asked.forEach((words) => { words.id ||= `asked-${++count}`; });
      group.setAttribute("aria-labelledby", asked.map(({ id }) => id).join(" "));
      this.options[0].before(group);
      for (const place of order(this.options.length, this.name)) group.append(this.options[place]);
      this.options.forEach((option, place) => {
        const summary = option.querySelector("summary");
        option.open = false;
        summary.append(element("span", { class: "verdict" }));
        summary.addEventListener("click", (event) => {
          if (mine[this.name] !== undefined) return;
          event.preventDefault();
          mine[this.name] = place;
          memory.set("answers", { ...memory.get("answers", {}), [page]: mine });
          this.show(place);
          option.open = true;
          tally();
        });
      });
      this.foot = element("div", { class: "beside", "aria-live": "polite" });
      group.after(this.foot);
    }

    show(chosen) {
      this.options.forEach((option, place) => {
        const right = place === this.right;
        option.classList.toggle("is-right", right);
        option.classList.toggle("is-wrong", place === chosen && !right);
        option.classList.toggle("chosen", place === chosen);
        const own = place === chosen ? (this.predict ? "your guess" : "your answer") : "";
        option.querySelector(".verdict").textContent = right ? `✓ ${this.predict ? "what came" : "right"}${own && ", "}${own}` : own && `✗ ${own}`;
      });
      const again = element("button", { type: "button", class: "again" }, "Answer again");
      again.addEventListener("click", () => this.reset());
      const right = chosen === this.right;
      const told = right ? "Right." : `Wrong. ${this.predict ? "What came" : "Right"} is: ${this.texts[this.right]}.`;
      this.foot.replaceChildren(element("p", { class: "unseen" }, told));
      if (this.predict) {
        const pairs = [["You said", this.texts[chosen]], ["What came", this.texts[this.right]]];
        this.foot.append(element("dl", {}, ...pairs.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])));
      }
      this.foot.append(again);
    }

    reset() {
      delete mine[this.name];
      memory.set("answers", { ...memory.get("answers", {}), [page]: mine });
      for (const option of this.options) {
        option.open = false;
        option.classList.remove("is-right", "is-wrong", "chosen");
        option.querySelector(".verdict").textContent = "";
      }
      this.foot.replaceChildren();
      this.options[0].parentElement.querySelector("summary").focus();
      tally();
    }
  }

  const boxes = all(".admonition:is(.quiz, .predict)").filter((box) => box.querySelector(":scope > .answer-right"));
  const questions = boxes.map((box) => new Question(box));
  const quiz = questions.filter((question) => !question.predict);
  const line = quiz.length ? element("p", { class: "tally", role: "status" }) : null;
  line && quiz[0].box.before(line);

  /* How many are answered, and how many of them right at the first try. */
  function tally() {
    if (!line) return;
    const done = quiz.filter((question) => mine[question.name] !== undefined);
    const right = done.filter((question) => mine[question.name] === question.right);
    line.textContent = done.length ? `${done.length} of ${quiz.length} answered, ${right.length} right.` : `${quiz.length} questions; each answer says at once why.`;
  }
  tally();

  /* On paper the questions stand without their answers, and the answers at the end. */
  window.addEventListener("beforeprint", () => {
    all(".print-answers").forEach((section) => section.remove());
    for (const article of all(".bd-article")) {
      const asked = quiz.filter(({ box }) => article.contains(box));
      if (!asked.length) continue;
      const list = element("ol");
      for (const { options, right } of asked) {
        const order = [...options[right].parentElement.children].filter((child) => child.matches("details"));
        const why = options[right].querySelector(".sd-summary-content").cloneNode(true);
        list.append(element("li", {}, element("b", {}, `${"abcdef"[order.indexOf(options[right])]}) `), ...why.childNodes));
      }
      article.append(element("section", { class: "print-only print-answers" }, element("h2", {}, "Answers to the quiz"), list));
    }
  });
})();
