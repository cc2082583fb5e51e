// On a wide screen, shows the chosen call beside the list; `call` in the address names the call.
"use strict";
(() => {
  const table = document.getElementById("calls"), beside = document.getElementById("beside");
  const wide = matchMedia("(min-width: 1280px)");
  if (!window.htmx) return;

  const here = () => new URL(location.href);
  const linkOf = (number) => table.querySelector(`tr[data-number="${CSS.escape(number)}"] th a`);
  const show = () => {
    const { searchParams } = here(), number = searchParams.get("call") ?? "";
    const address = `/_console/x/${number}?sandbox=${searchParams.get("sandbox") ?? "default"}`;
    if (number && !wide.matches) { location.replace(address); return; }
    for (const row of table.tBodies[0].rows) row.classList.toggle("chosen", row.dataset.number === number);
    beside.hidden = !number;
    if (number) htmx.ajax("GET", address, { target: beside, select: "#main > :not(svg.unseen)", swap: "innerHTML ignoreTitle:true" });
  };
  const choose = (number, how) => {
    const url = here(), chosen = url.searchParams.get("call");
    url.searchParams.set("call", number);
    if (!number) url.searchParams.delete("call");
    history[how](null, "", url);
    show();
    linkOf(number || chosen)?.focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#calls th a, #beside #back, #beside [rel=prev], #beside [rel=next]");
    if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const number = link.id === "back" ? "" : link.pathname.split("/").pop();
    const chosen = here().searchParams.get("call");
    // A click by a key has no detail. Keys that walk through the list leave one entry in the history.
    if (number !== chosen) choose(number, number && chosen && !event.detail ? "replaceState" : "pushState");
    else if (!event.detail) beside.focus();
  });
  window.addEventListener("popstate", show);
  show();
})();
