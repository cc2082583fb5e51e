// Starts Swagger UI on the page of an API.
"use strict";
(() => {
  const HIGHLIGHTED = 200_000;

  // Colours in a long answer would freeze the page.
  const plainWhenLong = {
    wrapComponents: {
      SyntaxHighlighter: (Original, system) => (props) => {
        const text = props.children;
        if (typeof text !== "string" || text.length <= HIGHLIGHTED) return system.React.createElement(Original, props);
        const PlainTextViewer = system.getComponent("PlainTextViewer");
        if (typeof props.renderPlainText === "function") return props.renderPlainText({ children: text, PlainTextViewer });
        return system.React.createElement(PlainTextViewer, null, text);
      },
    },
  };

  // Remove what the page itself shows (title, server), a second main landmark, and links inside buttons.
  const inPage = (system) => ({
    components: {
      InPage: ({ getComponent, specSelectors }) => {
        const element = system.React.createElement;
        const part = (name, isContainer = true) => element(getComponent(name, isContainer), { key: name });
        const state = specSelectors.loadingStatus();
        if (state === "failed") return element("div", { className: "swagger-ui" }, "The contract cannot be read.", part("errors"));
        if (!specSelectors.specStr()) return element("div", { className: "swagger-ui" }, "Loading");
        const parts = [part("SvgAssets", false), part("errors"), part("operations"), part("Models")];
        if (specSelectors.securityDefinitions()) parts.splice(2, 0, part("AuthorizeBtnContainer"));
        return element("div", { className: "swagger-ui" }, parts);
      },
    },
    wrapComponents: {
      DeepLink: () => ({ text }) => system.React.createElement("span", null, text),
    },
  });

  // Swagger UI gives fields no names, and its scrolling texts cannot be reached by keyboard.
  const nameFields = (place) => {
    for (const field of place.querySelectorAll("select, textarea, input")) {
      if (field.labels?.length || field.hasAttribute("aria-label")) continue;
      const near = field.closest("tr")?.querySelector(".parameter__name")?.firstChild?.textContent;
      const kind = field.matches(".examples-select-element") ? "Example" : field.matches(".body-param__text") ? "Body" : "Value";
      field.setAttribute("aria-label", near || kind);
    }
    for (const text of place.querySelectorAll("pre:not([tabindex])")) text.tabIndex = 0;
  };

  const followTheme = () => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const use = () => {
      const chosen = document.documentElement.dataset.theme;
      document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
    };
    dark.addEventListener("change", use);
    new MutationObserver(use).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    use();
  };

  const startSwagger = (place) => {
    const headers = Object.entries(JSON.parse(place.dataset.headers));
    followTheme();
    new MutationObserver(() => nameFields(place)).observe(place, { childList: true, subtree: true });
    SwaggerUIBundle({
      url: place.dataset.spec,
      domNode: place,
      layout: "InPage",
      deepLinking: true,
      validatorUrl: null,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      syntaxHighlight: { theme: "monokai" },
      plugins: [plainWhenLong, inPage],
      requestInterceptor: (request) => {
        const sent = new Set(Object.keys(request.headers).map((name) => name.toLowerCase()));
        if (!request.loadSpec) for (const [name, text] of headers) if (!sent.has(name)) request.headers[name] = text;
        return request;
      },
    });
  };

  const place = document.getElementById("swagger");
  if (place && window.SwaggerUIBundle) startSwagger(place);
})();
