// Keeps the list of calls live: fetches the rows after the newest one shown, whenever there may be some.
"use strict";
(() => {
  const table = document.getElementById("calls"), body = table.tBodies[0];
  const state = document.getElementById("live-state"), pause = document.getElementById("pause");
  const MOST_ROWS = 500;
  let newest = Number(table.dataset.newest), waiting = null, isBusy = false, isAgain = false, isPaused = false;
  if ("fixed" in table.dataset) return;

  const say = (text) => { if (state.textContent !== text) state.textContent = text; };
  const sandbox = new URL(table.dataset.rows, location.href).searchParams.get("sandbox");
  pause.hidden = false;
  say("Live");

  const show = (rows) => {
    const part = document.createElement("tbody");
    part.innerHTML = rows;
    const added = [...part.rows].filter((row) => Number(row.dataset.number) > newest);
    if (!added.length) return;
    newest = Number(added[0].dataset.number);
    body.prepend(...added);
    while (body.rows.length > MOST_ROWS) body.lastElementChild.remove();
    document.getElementById("empty")?.remove();
  };

  const update = async () => {
    if (isBusy) { isAgain = true; return; }
    isBusy = true;
    try {
      do {
        isAgain = false;
        const answer = await fetch(`${table.dataset.rows}&after=${newest}`, { headers: { Accept: "text/html" } });
        if (answer.ok) {
          const rows = await answer.text();
          if (isPaused) wait(rows); else show(rows);
        }
      } while (isAgain);
    } catch { say("No answer from the server: trying again"); } finally { isBusy = false; }
  };

  const wait = (rows) => {
    const part = document.createElement("tbody");
    part.innerHTML = rows;
    waiting = rows;
    say(`Paused: ${part.rows.length} new`);
  };

  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", isPaused);
    pause.textContent = isPaused ? "Go on" : "Pause";
    say(isPaused ? "Paused: 0 new" : "Live");
    if (!isPaused && waiting !== null) { show(waiting); waiting = null; update(); }
  });
  document.addEventListener("mock-calls", ({ detail }) => {
    if (detail === null || (detail[sandbox] ?? 0) > newest) update();
  });
  document.addEventListener("mock-link", ({ detail }) => {
    if (detail === "lost") say("Connection lost: trying again");
    else { if (!isPaused) say("Live"); update(); }
  });
  document.addEventListener("mock-server", ({ detail }) => {
    if (detail === document.documentElement.dataset.server) return;
    // Another run of the server numbers its calls anew: the rows of the last one are gone.
    document.documentElement.dataset.server = detail;
    body.replaceChildren();
    newest = 0;
    say("The server was started again");
    update();
  });
})();
