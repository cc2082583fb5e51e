// Starts Swagger UI on the page of an API, and opens what the address points at in the plain list.
"use strict";
(() => {
  const HIGHLIGHTED = 200_000;

  // Colouring a long answer would freeze the page.
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
    SwaggerUIBundle({
      url: place.dataset.spec,
      domNode: place,
      deepLinking: true,
      validatorUrl: null,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      plugins: [plainWhenLong],
      requestInterceptor: (request) => {
        const sent = new Set(Object.keys(request.headers).map((name) => name.toLowerCase()));
        if (!request.loadSpec) for (const [name, text] of headers) if (!sent.has(name)) request.headers[name] = text;
        return request;
      },
    });
  };

  const openTarget = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) target.open = true;
  };

  const place = document.getElementById("swagger");
  if (place && window.SwaggerUIBundle) startSwagger(place);
  addEventListener("hashchange", openTarget);
  openTarget();
})();
