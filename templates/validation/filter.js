"use strict";
// Hides the rules that were not asked for; what was asked for stands in the address, so that a link leads back to it.
(() => {
  const tools = document.querySelector(".tools");
  const rules = [...document.querySelectorAll("[data-state]")];
  const find = document.getElementById("find");
  const told = document.getElementById("told");
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const texts = rules.map((rule) => plain(`${rule.textContent} ${rule.dataset.more || ""}`));
  const others = [...document.querySelectorAll("a[data-search]")];

  function show() {
    const words = plain(find.value).split(/\s+/).filter(Boolean);
    const state = tools.elements.state.value;
    let count = 0;
    rules.forEach((rule, at) => {
      const wanted = (!state || rule.dataset.state === state) && words.every((word) => texts[at].includes(word));
      rule.hidden = !wanted;
      count += wanted;
    });
    const asked = words.length || state;
    told.textContent = asked ? (count ? `找到 ${count} 条规则` : "没有这样的规则") : "";
    const query = new URLSearchParams();
    if (words.length) query.set("q", find.value.trim());
    if (state) query.set("state", state);
    others.forEach((link) => { link.hash = asked ? `?${query}` : ""; });
    return asked ? `#?${query}` : "";
  }

  function read() {
    if (!location.hash.startsWith("#?")) return;
    const query = new URLSearchParams(location.hash.slice(2));
    find.value = query.get("q") || "";
    const state = [...tools.elements.state].find((one) => one.value === (query.get("state") || ""));
    if (state) state.checked = true;
  }

  tools.addEventListener("input", () => {
    history.replaceState(null, "", show() || location.pathname);
  });
  tools.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => { read(); show(); });
  tools.hidden = false;
  read();
  show();
})();
