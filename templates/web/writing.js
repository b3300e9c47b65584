"use strict";
// Says beneath each text, while it is typed, which sentences it will print and what is wrong with it.
(() => {
  const PAUSE = 600; // milliseconds after the last key
  const form = document.getElementById("texts");
  if (!form) return;
  const line = (kind, words) => {
    const made = document.createElement("p");
    made.className = kind;
    made.textContent = words;
    return made;
  };
  for (const one of form.querySelectorAll(".wording")) {
    const text = one.querySelector("textarea");
    const shown = one.querySelector(".printed");
    let timer = 0;
    let asked = 0;
    const ask = async () => {
      const own = ++asked;
      const words = { form: form.elements.form.value, file: form.dataset.file, path: one.dataset.path, text: text.value };
      try {
        const answer = await fetch(form.dataset.asked, { method: "POST", body: new URLSearchParams(words) });
        const told = await answer.json();
        if (own !== asked) return; // something was typed since
        const lines = (told.faults || []).map((each) => line("fault", each));
        for (const each of told.printed || []) lines.push(line("sentence", `〔${each.heading}〕${each.text}`));
        if (told.note || told.detail) lines.push(line("aside", told.note || told.detail));
        shown.replaceChildren(...lines);
      } catch {
        // The server restarts or the network is away: what was typed is saved by the button as before.
      }
    };
    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
    text.addEventListener("focus", () => shown.childElementCount || ask());
    if (text === document.activeElement) ask(); // whoever was there before this script
  }
})();
