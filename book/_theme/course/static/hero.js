/* The moving picture of the front page: its runs one after the other, ten seconds, once; then it stands still.

   It begins by itself only where motion is welcome, and a button stops it. */
"use strict";
(() => {
  const { all, element } = window.course;
  const SECONDS = 2.4;
  for (const hero of all(".hero")) {
    const lines = all("polyline", hero), words = all("li", hero), dot = hero.querySelector("circle");
    const paths = lines.map((line) => line.getAttribute("points").split(" "));
    let began = null, frame = 0;

    /* What stands there after so many seconds: earlier runs whole, the present one in part. */
    const show = (seconds) => {
      const scene = Math.min(paths.length - 1, Math.floor(seconds / SECONDS));
      const done = Math.min(1, (seconds - scene * SECONDS) / (0.85 * SECONDS));
      const over = seconds >= SECONDS * paths.length;
      lines.forEach((line, number) => {
        const count = over || number < scene ? paths[number].length : number === scene ? Math.ceil(done * paths[number].length) : 0;
        line.setAttribute("points", paths[number].slice(0, count).join(" "));
        line.classList.toggle("past", !over && number < scene);
        words[number].classList.toggle("present", !over && number === scene);
      });
      const [x, y] = (paths[scene][Math.max(0, Math.ceil(done * paths[scene].length) - 1)]).split(",");
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", y);
      dot.setAttribute("class", lines[scene].classList[0]);
      dot.toggleAttribute("hidden", over);
      return over;
    };
    const stop = () => {
      cancelAnimationFrame(frame);
      began = null;
      hero.classList.remove("playing");
      button.textContent = "Play";
      show(Infinity);
    };
    const step = (now) => {
      began ??= now;
      if (show((now - began) / 1000)) stop();
      else frame = requestAnimationFrame(step);
    };
    const play = () => {
      hero.classList.add("playing");
      button.textContent = "Stop";
      frame = requestAnimationFrame(step);
    };
    const button = element("button", { type: "button", class: "again" }, "Play");
    button.addEventListener("click", () => (hero.classList.contains("playing") ? stop() : play()));
    hero.querySelector("figcaption").append(button);
    if (matchMedia("(prefers-reduced-motion: no-preference)").matches) play();
  }
})();
