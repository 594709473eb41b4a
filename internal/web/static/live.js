// Keeps the page current. The server renders; this only asks for the fragment
// again when the server says that something changed, and every half minute so
// that "2 min ago" stays true. Without it the page is complete but still.
"use strict";
(() => {
  const live = document.getElementById("live");
  const lamp = document.getElementById("lamp");
  let busy = false;
  let again = false;
  let poll = 0;

  function say(connected) {
    lamp.className = connected ? "lamp on" : "lamp off";
    lamp.textContent = connected ? "live" : "not connected";
  }

  // Only sections that differ are replaced, so that a selection or the place of
  // a scroll bar in another one survives.
  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const wanted = [...fresh.children];
    const names = new Set(wanted.map((section) => section.id));
    for (const old of [...live.children]) {
      if (!names.has(old.id)) old.remove();
    }
    wanted.forEach((section, i) => {
      const old = document.getElementById(section.id);
      if (!old) live.insertBefore(document.importNode(section, true), live.children[i] || null);
      else if (old.outerHTML !== section.outerHTML) old.replaceWith(document.importNode(section, true));
    });
  }

  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    do {
      again = false;
      try {
        const answer = await fetch("/fragment", { signal: AbortSignal.timeout(10000) });
        if (answer.ok || answer.status === 503) show(await answer.text());
        say(true);
      } catch {
        say(false);
      }
    } while (again);
    busy = false;
  }

  function polling(on) {
    if (on && !poll) poll = setInterval(refresh, 2000);
    if (!on && poll) {
      clearInterval(poll);
      poll = 0;
    }
  }

  setInterval(refresh, 30000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refresh();
  });
  if (!("EventSource" in window)) {
    polling(true);
    return;
  }
  // The browser connects again by itself; until it has, the page polls.
  function listen() {
    const events = new EventSource("/events");
    events.onopen = () => polling(false);
    events.onmessage = refresh;
    events.onerror = () => {
      say(false);
      polling(true);
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
    };
  }
  listen();
})();
