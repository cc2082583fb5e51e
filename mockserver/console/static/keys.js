// Keys of the console; "?" lists them. No key works while somebody types, and all keys can be switched off.
"use strict";
(() => {
  const dialog = document.getElementById("keys"), button = document.getElementById("keys-button");
  const isOn = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  const switchOn = document.getElementById("keys-on");
  const sandbox = () => document.getElementById("sandbox").value;
  const go = (path) => { location.href = `/_console${path}?sandbox=${encodeURIComponent(sandbox())}`; };
  const PLACES = { j: "/", o: "/overview", s: "/state", c: "/cases", t: "/clock" };
  let isGoing = false;

  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  switchOn.checked = isOn();
  switchOn.addEventListener("change", () => {
    try { localStorage.setItem("keys", switchOn.checked ? "on" : "off"); } catch { /* for this page only */ }
  });

  const step = (by) => {
    const links = [...document.querySelectorAll("tbody th[scope=row] a")];
    const at = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
  };
  const nextProblem = () => {
    const marks = [...document.querySelectorAll("[data-problem]")];
    const at = marks.indexOf(document.activeElement);
    marks[(at + 1) % marks.length]?.focus();
  };
  const press = (id) => document.getElementById(id)?.click();
  const ACTIONS = {
    j: () => step(1), k: () => step(-1), n: nextProblem, p: () => press("pause"), c: () => press("copy-curl"),
    r: () => press("replay"), a: () => press("arm"), h: () => press("hand-over"), g: () => { isGoing = true; }, "?": () => dialog.showModal(),
    "/": () => document.getElementById("search")?.focus(), Escape: () => document.getElementById("back")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (!isOn() && event.key !== "?") return;
    if (isGoing) {
      isGoing = false;
      if (event.key in PLACES) { event.preventDefault(); go(PLACES[event.key]); }
      return;
    }
    if (event.key in ACTIONS) { event.preventDefault(); ACTIONS[event.key](); }
  });
})();
