// The page of one call: copies an export at a click, brings the picked item into view, folds both bodies.
"use strict";
(() => {
  const said = document.getElementById("announcements");

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-export]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.dataset.export);
      if (!answer.ok) throw new Error(answer.statusText);
      await navigator.clipboard.writeText(await answer.text());
      link.dataset.label ??= link.textContent;
      link.textContent = "Copied";
      said.textContent = `Copied as ${link.dataset.label}`;
      setTimeout(() => { link.textContent = link.dataset.label; }, 2000);
    } catch {
      // If there is no clipboard or the export fails, the page shows the text or the reason.
      location.href = link.href;
    }
  });

  const indent = (line) => line.textContent.search(/\S/);
  const opens = (line) => /[[{]$/.test(line.querySelector(".row")?.textContent ?? "");
  // The lines of the value that begins on a line, without its closing bracket.
  const inside = (line) => {
    const found = [];
    for (let next = line.nextElementSibling; next && indent(next) > indent(line); next = next.nextElementSibling) found.push(next);
    return found;
  };
  const fold = (line, isFolded) => {
    line.querySelector(".fold")?.setAttribute("aria-expanded", !isFolded);
    for (const one of inside(line)) one.hidden = isFolded;
    if (!isFolded) for (const one of inside(line)) if (one.querySelector('.fold[aria-expanded="false"]')) fold(one, true);
  };
  const bodies = () => [...document.querySelectorAll("pre.body")];
  const prepare = () => {
    const button = document.getElementById("fold-good");
    if (!button || !bodies().length) return;
    button.hidden = false;
    for (const line of document.querySelectorAll("pre.body .json-line")) {
      // A swap of two parts fires `htmx:afterSettle` twice.
      if (!opens(line) || line.querySelector(".fold")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "fold";
      button.setAttribute("aria-expanded", "true");
      button.setAttribute("aria-label", "Fold");
      line.prepend(button);
    }
    for (const body of bodies()) {
      const lit = body.querySelector("[data-problem].lit, .lit");
      if (lit) body.scrollTop = Math.max(0, lit.offsetTop - body.offsetTop - body.clientHeight / 3);
    }
    document.querySelector(".body .now")?.scrollIntoView({ block: "center" });
    const row = document.querySelector(".call-items tr.lit");
    if (row) {
      const rows = row.closest(".call-items");
      rows.scrollTop = Math.max(0, row.offsetTop - rows.clientHeight / 3);
    }
  };
  document.addEventListener("click", ({ target }) => {
    if (target.matches(".fold")) fold(target.closest(".json-line"), target.getAttribute("aria-expanded") === "true");
    if (target.id !== "fold-good") return;
    const isFolded = target.getAttribute("aria-pressed") !== "true";
    target.setAttribute("aria-pressed", isFolded);
    for (const line of document.querySelectorAll(".json-line:has(.pick[data-good]):has(.fold)")) {
      if (!inside(line).concat(line).some((one) => one.querySelector("[data-problem], .lit, .now"))) fold(line, isFolded);
    }
  });

  prepare();
  document.addEventListener("htmx:afterSettle", prepare);
})();
