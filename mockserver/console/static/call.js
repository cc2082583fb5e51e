// The page of one call: offers to copy values, brings the shown item into view, folds both bodies.
"use strict";
(() => {
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
  const newButton = (className, label, members) => Object.assign(document.createElement("button"), { type: "button", className, ariaLabel: label, ...members });
  const plain = (value) => { try { return value.startsWith('"') ? JSON.parse(value) : value; } catch { return value; } };
  const offerCopy = (line) => {
    const value = [...line?.querySelectorAll(".j-text, .j-number, .j-word") ?? []].at(-1);
    if (!value || line.querySelector(".copy")) return;
    const row = line.querySelector(".row"), button = newButton("copy", `Copy the value of ${row.dataset.pointer}`, { textContent: "Copy" });
    Object.assign(button.dataset, { copy: "", text: plain(value.textContent) });
    row.after(button);
  };
  // A body may have thousands of lines: a line gets its button when the pointer is over the line.
  document.addEventListener("pointerover", ({ target }) => offerCopy(target.closest(".body .json-line")));
  const prepare = () => {
    const button = document.getElementById("fold-good");
    if (button) button.hidden = false;
    for (const line of document.querySelectorAll("pre.body .json-line")) {
      // A swap of two parts fires `htmx:afterSettle` twice.
      if (!opens(line) || line.querySelector(".fold")) continue;
      line.prepend(newButton("fold", "Fold", { ariaExpanded: "true" }));
    }
    for (const body of document.querySelectorAll("pre.body")) {
      const lit = body.querySelector("[data-problem].lit, .lit");
      if (lit) body.scrollTop = Math.max(0, lit.offsetTop - body.offsetTop - body.clientHeight / 3);
    }
    document.querySelector(".body .now")?.scrollIntoView({ block: "center" });
    document.querySelectorAll(".part .json-line, .json-line:has(.now)").forEach(offerCopy);
    const row = document.querySelector(".call-items tr.lit"), rows = row?.closest(".call-items");
    if (!rows) return;
    rows.scrollTop = scrolled;
    if (row.offsetTop < scrolled + 40 || row.offsetTop + row.offsetHeight > scrolled + rows.clientHeight) rows.scrollTop = row.offsetTop - rows.clientHeight / 3;
  };
  // The list of items stays where it was when another item is shown.
  let scrolled = 0;
  document.addEventListener("htmx:beforeSwap", () => { scrolled = document.querySelector(".call-items")?.scrollTop ?? 0; });
  document.addEventListener("click", ({ target }) => {
    if (target.matches(".fold")) fold(target.closest(".json-line"), target.getAttribute("aria-expanded") === "true");
    if (target.id !== "fold-good") return;
    const isFolded = target.textContent.startsWith("Fold");
    target.textContent = isFolded ? "Unfold good items" : "Fold good items";
    for (const line of document.querySelectorAll(".json-line:has(.pick[data-good]):has(.fold)")) {
      if (!inside(line).concat(line).some((one) => one.querySelector("[data-problem], .lit, .now"))) fold(line, isFolded);
    }
  });

  prepare();
  document.addEventListener("htmx:afterSettle", prepare);
})();
