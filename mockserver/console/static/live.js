// One event stream for each browser: the tab that holds the lock reads it and passes the events to all other tabs.
// Dispatches "mock-calls" (detail: newest number by sandbox) and "mock-link" (detail: "live", "lost") on document.
"use strict";
(() => {
  const STREAM = "/_console/events", POLL_MS = 2000;
  const tell = (kind, detail) => document.dispatchEvent(new CustomEvent(kind, { detail }));
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("mockserver") : null;

  const heard = ({ kind, detail }) => tell(kind, detail);
  const passOn = (message) => { heard(message); channel?.postMessage(message); };

  const readStream = () => {
    const source = new EventSource(STREAM);
    source.addEventListener("server", (event) => passOn({ kind: "mock-server", detail: JSON.parse(event.data).server }));
    source.addEventListener("calls", (event) => passOn({ kind: "mock-calls", detail: JSON.parse(event.data) }));
    source.addEventListener("open", () => passOn({ kind: "mock-link", detail: "live" }));
    source.addEventListener("error", () => {
      passOn({ kind: "mock-link", detail: "lost" });
      // If the answer is not a stream, such as a proxy's page, the browser gives up.
      if (source.readyState === EventSource.CLOSED) setTimeout(readStream, POLL_MS);
    });
  };

  if (channel && navigator.locks) {
    channel.addEventListener("message", ({ data }) => heard(data));
    // A tab that opens later need not ask: its page is new, and the next event reaches it.
    tell("mock-link", "live");
    navigator.locks.request("mockserver-events", () => new Promise(readStream));
  } else {
    // Without locks (plain http on another host name) each tab would hold a connection: ask now and then.
    setInterval(() => tell("mock-calls", null), POLL_MS);
  }
})();
