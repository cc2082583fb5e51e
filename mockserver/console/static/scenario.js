// The editor of scenarios: line numbers, a check while one types, Ctrl-Enter.
"use strict";
(() => {
  const form = document.getElementById("editor"), text = document.getElementById("text");
  const lines = document.getElementById("lines"), messages = document.getElementById("messages");
  const WAIT_MS = 300;
  let timer = 0, asking = null, shown = 0;

  const number = () => {
    const count = text.value.split("\n").length;
    if (count !== shown) {
      shown = count;
      lines.textContent = Array.from({ length: count }, (_, index) => index + 1).join("\n");
    }
    lines.scrollTop = text.scrollTop;
  };

  const check = async () => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(form.dataset.check, {
        method: "POST", body: new URLSearchParams({ text: text.value }), signal: asking.signal,
      });
      if (answer.ok) messages.innerHTML = await answer.text(); // drawn and escaped by the server
    } catch (error) {
      if (error.name !== "AbortError") messages.textContent = "No answer from the server: the text is not checked.";
    }
  };

  const go = (line, column) => {
    const before = text.value.split("\n").slice(0, line - 1).join("\n");
    const at = Math.min(text.value.length, before.length + (line > 1 ? 1 : 0) + column - 1);
    text.focus();
    text.setSelectionRange(at, at);
    text.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(text).lineHeight));
  };

  lines.hidden = false;
  number();
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  text.addEventListener("input", () => {
    number();
    clearTimeout(timer);
    timer = setTimeout(check, WAIT_MS);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(document.getElementById("apply"));
  });
  messages.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    go(Number(link.dataset.line), Number(link.dataset.column));
  });
})();
