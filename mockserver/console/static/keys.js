// Keys of the console; "?" lists them. No letter works while somebody types, and all letters can be switched off.
"use strict";
(() => {
  const dialog = document.getElementById("keys"), button = document.getElementById("keys-button");
  const isOn = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  const switchOn = document.getElementById("keys-on");
  let isGoing = false;

  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  switchOn.checked = isOn();
  switchOn.addEventListener("change", () => {
    try { localStorage.setItem("keys", switchOn.checked ? "on" : "off"); } catch { /* for this page only */ }
  });

  const step = (by) => {
    const links = [...(document.getElementById("calls") ?? document).querySelectorAll("tbody th[scope=row] a")];
    const at = links.indexOf(document.activeElement);
    const link = links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    link?.focus();
    if (link !== links[at] && document.querySelector("#beside:not([hidden])")) link.click();
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
    const isHeld = event.ctrlKey || event.metaKey;
    if (isHeld && event.key === "k") { event.preventDefault(); press("palette-button"); }
    if (isHeld || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (!isOn() && event.key !== "?") return;
    if (isGoing) {
      isGoing = false;
      document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
      return;
    }
    if (event.key in ACTIONS) { event.preventDefault(); ACTIONS[event.key](); }
  });
})();
