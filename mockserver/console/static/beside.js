// On a wide screen, shows the chosen call beside the list; `call` in the address is the call's number.
"use strict";
(() => {
  const table = document.getElementById("calls"), beside = document.getElementById("beside");
  const wide = matchMedia("(min-width: 1280px)");
  if (!window.htmx) return;

  const callOf = (text) => text?.match(/^\d+$/)?.[0] ?? "";
  const chosen = () => callOf(new URLSearchParams(location.search).get("call"));
  const show = () => {
    const number = chosen(), address = `/_console/x/${number}?${new URLSearchParams({ sandbox: document.getElementById("sandbox").value })}`;
    if (number && !wide.matches) { location.replace(address); return; }
    for (const row of table.tBodies[0].rows) row.classList.toggle("chosen", row.dataset.number === number);
    beside.hidden = !number;
    if (number) htmx.ajax("GET", address, { target: beside, select: "#main > :not(svg.unseen)", swap: "innerHTML ignoreTitle:true" });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#calls th a, #beside #back, #beside [rel=prev], #beside [rel=next]");
    if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const number = callOf(link.pathname.split("/").pop()), before = chosen(), url = new URL(location.href);
    // A click by a key has no detail.
    if (number === before) { if (!event.detail) beside.focus(); return; }
    url.searchParams.set("call", number);
    if (!number) url.searchParams.delete("call");
    // Keys that walk through the list leave one entry in the history.
    history[number && before && !event.detail ? "replaceState" : "pushState"](null, "", url);
    show();
    table.querySelector(`[data-number="${number || before}"] th a`)?.focus();
  });
  window.addEventListener("popstate", show);
  show();
})();
