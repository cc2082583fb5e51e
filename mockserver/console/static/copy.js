// Buttons with data-copy copy data-text, or the text of the element of that id; links with data-export what is there.
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
  const read = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.text();
  };
  const prepare = (root) => {
    for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
  };
  prepare(document);
  document.addEventListener("htmx:afterSettle", () => prepare(document));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy], a[data-export]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const element = document.getElementById(button.dataset.copy) ?? button.previousElementSibling;
    try {
      const text = button.dataset.export ? await read(button.dataset.export) : button.dataset.text ?? element.value ?? element.textContent;
      await navigator.clipboard.writeText(text);
      tell(button, "Copied");
    } catch {
      // The clipboard is there on https and loopback only. The page of an export shows its text, or why it failed.
      if (button.href) { location.href = button.href; return; }
      select(element);
      tell(button, "Press Ctrl-C");
    }
  });
})();
