// Runs before the page is drawn, so that the page does not flash in other colours.
"use strict";
(() => {
  const stored = () => { try { return localStorage.getItem("theme") || "system"; } catch { return "system"; } };
  const use = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  use(stored());
  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.querySelector(".theme");
    if (!choice) return;
    choice.hidden = false;
    choice.querySelector(`input[value="${stored()}"]`).checked = true;
    choice.addEventListener("change", (event) => {
      use(event.target.value);
      try { localStorage.setItem("theme", event.target.value); } catch { /* storage is switched off: for this page only */ }
    });
  });
})();
