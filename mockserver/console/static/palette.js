// Ctrl-K: one field that leads to screens, sandboxes, vendors, calls, items and pages of the documentation.
"use strict";
(() => {
  const dialog = document.getElementById("palette"), button = document.getElementById("palette-button");
  const field = document.getElementById("palette-text"), list = document.getElementById("palette-list");
  const select = document.getElementById("sandbox"), MOST = 12;
  const place = (kind, name, path, query = {}) => [kind, name, `${path}?${new URLSearchParams({ sandbox: select.value, ...query })}`];
  const places = [
    ...[...document.querySelectorAll("[data-key]")].map((link) => ["Screen", link.textContent, link.href]),
    ...[...select.options].map(({ value }) => place("Sandbox", value, "/_console/", { sandbox: value })),
  ];
  let loading;

  const found = (text) => {
    const number = text.match(/^#?(\d+)$/)?.[1];
    const near = places.filter(([, name]) => name.toLowerCase().includes(text.toLowerCase())).slice(0, MOST);
    return [
      ...(number ? [place("Call", `#${number}`, `/_console/x/${number}`)] : []),
      ...near,
      ...(text ? [
        ...(near.some(([kind]) => kind === "Screen") ? [] : [place("Item", text, "/_console/item", { item: text })]),
        place("Calls with", text, "/_console/", { text }),
        place("Documentation about", text, "/_console/docs/", { search: text }),
      ] : []),
    ];
  };
  const chosen = () => [...list.children].findIndex((option) => option.ariaSelected === "true");
  const choose = (at) => {
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", index === at));
    field.setAttribute("aria-activedescendant", `place-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  };
  const draw = (at) => {
    list.replaceChildren(...found(field.value.trim()).map(([kind, name, address], index) => {
      const option = Object.assign(document.createElement("li"), { id: `place-${index}`, role: "option" });
      option.append(Object.assign(document.createElement("small"), { textContent: kind }), ` ${name}`);
      option.addEventListener("click", () => { location.href = address; });
      return option;
    }));
    choose(Math.min(at, list.children.length - 1));
  };
  const load = async () => {
    const [{ vendors }, { chapters }] = await Promise.all(["vendors", "docs"].map(async (name) => (await fetch(`/_console/${name}.json`)).json()));
    places.push(...vendors.map(({ name }) => place("Vendor", name, `/_console/vendors/${name}`)));
    places.push(...chapters.flatMap(({ pages }) => pages).map(({ title, address }) => place("Documentation", title, address)));
    draw(chosen());
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    if (dialog.open) return;
    field.value = "";
    dialog.showModal();
    draw(0);
    loading ??= load().catch(() => { loading = undefined; });
  });
  field.addEventListener("input", () => draw(0));
  field.addEventListener("keydown", (event) => {
    const at = chosen(), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose((at + step + list.children.length) % list.children.length);
    else if (event.key === "Enter") list.children[at].click();
    else return;
    event.preventDefault();
  });
})();
