// Keeps the list of calls live: fetches newer rows whenever there may be newer calls, and counts them in the title.
"use strict";
(() => {
  const table = document.getElementById("calls"), body = table.tBodies[0];
  const state = document.getElementById("live-state"), pause = document.getElementById("pause");
  const MOST_ROWS = 500, title = document.title;
  let newest = Number(table.dataset.newest), waiting = [], arrived = 0, isPaused = false;
  let isBusy = false, isAgain = false, run = 0;
  if ("fixed" in table.dataset) return;

  const sandbox = new URL(table.dataset.rows, location.href).searchParams.get("sandbox");
  const say = (text) => { if (state.textContent !== text) state.textContent = text; };
  const sayHow = () => {
    const count = isPaused ? `Paused: ${waiting.length} new` : arrived ? `Live: ${arrived} new` : "Live";
    say(run ? `The server was started again. ${count}` : count);
    const fresh = arrived + waiting.length;
    document.title = fresh ? `(${fresh}) ${title}` : title;
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { arrived = 0; sayHow(); } });

  const show = () => {
    if (!waiting.length) return;
    arrived += waiting.length;
    body.prepend(...waiting);
    waiting = [];
    while (body.rows.length > MOST_ROWS) body.lastElementChild.remove();
    document.getElementById("empty")?.remove();
  };

  // Rows come newest first, at most a page in one answer; older rows are requested until no row is missing.
  const rowsAfter = async (number) => {
    const found = [];
    for (let before = ""; ; before = `&before=${found.at(-1).dataset.number}`) {
      const answer = await fetch(`${table.dataset.rows}&after=${number}${before}`, { headers: { Accept: "text/html" } });
      const part = document.createElement("tbody");
      if (answer.ok) part.innerHTML = await answer.text();
      const rows = [...part.rows];
      found.push(...rows);
      if (rows.length < Number(table.dataset.page) || found.length >= MOST_ROWS) return found;
    }
  };

  const update = async () => {
    if (isBusy) { isAgain = true; return; }
    isBusy = true;
    try {
      do {
        isAgain = false;
        const asked = run, rows = await rowsAfter(newest);
        // Rows from another run of the server are not added to the rows of this run.
        if (asked !== run) continue;
        if (rows.length) newest = Number(rows[0].dataset.number);
        waiting = [...rows, ...waiting].slice(0, MOST_ROWS);
        if (!isPaused) show();
        sayHow();
      } while (isAgain);
    } catch { say("No answer from the server: trying again"); } finally { isBusy = false; }
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", isPaused);
    if (!isPaused) show();
    sayHow();
  });
  document.addEventListener("mock-calls", ({ detail }) => {
    if (detail === null || (detail[sandbox] ?? 0) > newest) update();
  });
  document.addEventListener("mock-link", ({ detail }) => {
    if (detail === "lost") say("Connection lost: trying again");
    else update();
  });
  document.addEventListener("mock-server", ({ detail }) => {
    if (detail === document.documentElement.dataset.server) return;
    // A new run of the server numbers its calls anew, so the rows of the last run are removed.
    document.documentElement.dataset.server = detail;
    run += 1;
    newest = 0;
    waiting = [];
    body.replaceChildren();
    update();
  });
  // Calls may have come since the page was drawn.
  update();
})();
