"use strict";
// Renews what goes on: the part of the page with data-live, until the server says that nothing goes on any more.
(() => {
  const EVERY = 2000; // milliseconds
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const renew = async () => {
    if (document.hidden) return setTimeout(renew, EVERY);
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      const text = await answer.text();
      const found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
      if (!found) return location.reload();
      if (found.innerHTML !== live.innerHTML) live.innerHTML = found.innerHTML;
    } catch {
      // The server restarts or the network is away: the page stays as it is, and asks again.
    }
    setTimeout(renew, EVERY);
  };
  setTimeout(renew, EVERY);
})();
