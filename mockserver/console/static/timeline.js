// Zooms a timeline by dragging, and lights up the lines of the call under the pointer or in focus.
"use strict";
for (const plot of document.querySelectorAll("svg.waterfall")) {
  const pick = plot.querySelector(".pick"), { start, span, zoom } = plot.dataset;
  let from = null, to = null;
  const share = ({ clientX }) => {
    const { left, width } = plot.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - left) / width));
  };
  const ends = () => [Math.min(from, to), Math.max(from, to)];
  const isDrag = () => from !== null && Math.abs(to - from) * plot.clientWidth > 4;

  plot.addEventListener("dragstart", (event) => event.preventDefault());
  plot.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType !== "touch") from = to = share(event);
  });
  addEventListener("pointermove", (event) => {
    if (from === null) return;
    to = share(event);
    const [left, right] = ends();
    pick.setAttribute("x", `${100 * left}%`);
    pick.setAttribute("width", isDrag() ? `${100 * (right - left)}%` : 0);
  });
  addEventListener("pointerup", () => {
    if (isDrag()) {
      const [a, b] = ends().map((one) => Date.parse(start) + one * span);
      const [first, last] = [a, Math.max(b, a + 1)].map((one) => new Date(one).toISOString());
      plot.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
      location.assign(`${zoom}&from=${first}&to=${last}`);
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
