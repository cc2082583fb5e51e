// Zooms a timeline by dragging, and lights up the lines of the call under the pointer or in focus.
"use strict";
for (const plot of document.querySelectorAll("svg.waterfall")) {
  const pick = plot.querySelector(".pick"), { start, span, zoom } = plot.dataset;
  let from = null, first = 0, last = 0;
  const share = ({ clientX }) => {
    const { left, width } = plot.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - left) / width));
  };

  plot.addEventListener("dragstart", (event) => event.preventDefault());
  plot.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType !== "touch") from = first = last = share(event);
  });
  addEventListener("pointermove", (event) => {
    if (from === null) return;
    [first, last] = [from, share(event)].sort((a, b) => a - b);
    pick.setAttribute("x", `${100 * first}%`);
    pick.setAttribute("width", `${100 * (last - first)}%`);
  });
  addEventListener("pointerup", () => {
    pick.setAttribute("width", 0);
    if (from !== null && (last - first) * plot.clientWidth > 4) {
      const [a, b] = [first, last].map((one) => Date.parse(start) + one * span);
      const bounds = [a, Math.max(b, a + 1)].map((one) => new Date(one).toISOString());
      plot.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
      location.assign(`${zoom}&from=${bounds[0]}&to=${bounds[1]}`);
    }
    from = null;
  });

  const light = ({ type, target }) => {
    const call = target.closest("[data-call]")?.dataset.call;
    for (const line of plot.querySelectorAll(".retry"))
      line.classList.toggle("lit", type !== "focusout" && line.dataset.calls.split(" ").includes(call));
  };
  for (const type of ["pointerover", "focusin", "focusout"]) plot.addEventListener(type, light);
}
