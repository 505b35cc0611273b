/* The page run.html: starts JupyterLite with the notebook that its address names, if Python can be had.

   Nothing is asked for before Start is pressed. Then the page looks whether JupyterLite is in the site and whether
   its Pyodide answers; where it does not, the page says so and the other ways stand below. */
"use strict";
(() => {
  const { element } = window.course;
  const page = document.getElementById("run"), told = page.querySelector(".told"), ways = page.querySelector(".ways");
  const SECONDS = 20;  // to wait for Pyodide's first answer
  const asked = new URLSearchParams(location.search).get("open") ?? "";
  const notebook = /^[\w-]+\/[\w-]+\.ipynb$/.test(asked) ? asked : "";

  const way = (name, address) => ways.append(element("li", {}, element("a", { href: address }, name)));
  if (notebook) {
    page.querySelector(".which").append(element("code", {}, notebook));
    for (const [name, address] of Object.entries(JSON.parse(page.dataset.places))) way(`In ${name}`, address + notebook);
  }

  async function start() {
    if (location.protocol === "file:") throw new Error("Pages that are opened from a file cannot start Python; from a web server they can.");
    const answer = await fetch("lite/jupyter-lite.json", { cache: "no-cache" }).catch(() => null);
    if (!answer?.ok) throw new Error("This copy of the book comes without Python.");
    const plugins = (await answer.json())["jupyter-config-data"].litePluginSettings;
    const python = new URL(plugins["@jupyterlite/pyodide-kernel-extension:kernel"].pyodideUrl, new URL("lite/", location.href));
    const found = await fetch(python, { signal: AbortSignal.timeout(1000 * SECONDS) }).catch(() => null);
    if (!found?.ok) throw new Error(`Python cannot be loaded from ${python.host}.`);
    location.assign(notebook ? `lite/notebooks/index.html?path=${notebook}` : "lite/lab/index.html");
  }

  page.querySelector("button.go").addEventListener("click", () => {
    told.textContent = "Looking for Python …";
    start().catch((error) => { told.textContent = `${error.message} Take one of the other ways below.`; });
  });
})();
