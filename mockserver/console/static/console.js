// On every page: the choice of the sandbox, rows as links, times that stay current, menus, filters stored by name.
"use strict";
(() => {
  const select = document.getElementById("sandbox");
  if (select?.form) {
    document.getElementById("switch").hidden = true;
    select.addEventListener("change", () => select.form.submit());
  }

  const COUNT_MS = 1000;
  let counting = 0;
  const count = async () => {
    counting = 0;
    const answer = await fetch("/_console/sandboxes.json").catch(() => null); // the next call asks again
    for (const { name, calls } of answer?.ok ? (await answer.json()).sandboxes : []) {
      const option = [...select.options].find(({ value }) => value === name) ?? select.appendChild(new Option("", name));
      option.textContent = `${name} (${calls.toLocaleString("en")})`;
    }
  };
  // Calls may have come after the page was made and before the stream was open.
  for (const kind of ["mock-calls", "mock-link"]) document.addEventListener(kind, () => { counting ||= setTimeout(count, COUNT_MS); });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("tbody tr")?.querySelector(":scope > th[scope=row] a");
    if (!link || event.target.closest("a, button, input, select, label, summary") || String(getSelection())) return;
    link.dispatchEvent(new MouseEvent("click", event));
  });

  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });
  const tellTimes = () => {
    for (const time of document.querySelectorAll("time.ago")) {
      const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1000));
      const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS.at(-1);
      const text = seconds ? words.format(-Math.floor(seconds / size), unit) : "now";
      if (time.textContent !== text) time.textContent = text;
    }
  };
  tellTimes();
  setInterval(tellTimes, 5000);
  new MutationObserver(tellTimes).observe(document.querySelector("main"), { childList: true, subtree: true });

  document.addEventListener("click", ({ target }) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (event.key !== "Escape" || !menu) return;
    event.stopImmediatePropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  const place = document.getElementById("saved"), save = document.getElementById("save");
  if (!place) return;
  const read = () => { try { return JSON.parse(localStorage.getItem("filters") ?? "{}"); } catch { return {}; } };
  const write = (filters) => { try { localStorage.setItem("filters", JSON.stringify(filters)); } catch { /* for this page only */ } draw(filters); };
  const here = new URLSearchParams(location.search);
  const sandbox = here.get("sandbox") ?? "default";
  for (const name of [...here.keys()]) if (["sandbox", "before"].includes(name) || !here.get(name)) here.delete(name);
  const draw = (filters) => {
    place.replaceChildren(...Object.entries(filters).map(([name, query]) => {
      const chip = document.createElement("span"), link = document.createElement("a"), drop = document.createElement("button");
      chip.className = "chip saved";
      link.href = `/_console/?${query}&sandbox=${encodeURIComponent(sandbox)}`;
      link.textContent = name;
      drop.type = "button";
      drop.textContent = "×";
      drop.setAttribute("aria-label", `Forget the filter ${name}`);
      drop.addEventListener("click", () => { const { [name]: _, ...rest } = read(); write(rest); });
      chip.append(link, drop);
      return chip;
    }));
  };
  draw(read());
  if (!save) return;
  save.hidden = false;
  save.addEventListener("click", () => write({ ...read(), [[...here.values()].join(" ")]: here.toString() }));
})();
