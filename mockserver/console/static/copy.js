// Buttons with data-copy copy the text of the element of that id.
"use strict";
(() => {
  const said = document.getElementById("announcements");
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  const tell = (button, text) => {
    button.dataset.label ??= button.textContent;
    button.textContent = text;
    said.textContent = text;
    setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
  };
  const prepare = (root) => {
    for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
  };
  prepare(document);
  document.addEventListener("htmx:afterSettle", () => prepare(document));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const element = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(element.value ?? element.textContent);
      tell(button, "Copied");
    } catch {
      // The clipboard is there on https and loopback only.
      select(element);
      tell(button, "Press Ctrl-C");
    }
  });
})();
