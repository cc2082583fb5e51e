// The page of one call: copies an export at a click, and brings the picked item into view in the table and in both bodies.
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
      // No clipboard, or the call cannot be exported like that: the page shows the text, or the reason.
      location.href = link.href;
    }
  });

  const showPicked = () => {
    const row = document.querySelector(".call-items tr.lit");
    if (row) {
      const rows = row.closest(".call-items");
      rows.scrollTop = Math.max(0, row.offsetTop - rows.clientHeight / 3);
    }
    for (const body of document.querySelectorAll("pre.body")) {
      const lit = body.querySelector("[data-problem].lit, .lit");
      if (lit) body.scrollTop = Math.max(0, lit.offsetTop - body.offsetTop - body.clientHeight / 3);
    }
  };
  showPicked();
  document.addEventListener("htmx:afterSettle", showPicked);
})();
