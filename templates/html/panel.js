(function () {
  "use strict";
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const panel = document.getElementById("panel");
  const title = document.getElementById("panel-title");
  const body = document.getElementById("panel-body");
  const back = document.getElementById("panel-back");
  const trail = []; // facts shown before this one
  let current = null; // the fact in the panel
  let origin = null; // the element that focus returns to
  let quiet = false; // focus that returns to a figure must not open the panel again

  function make(tag, text, css) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (css) element.className = css;
    return element;
  }

  function add(parent, heading, ...children) {
    if (heading) parent.append(make("h3", heading));
    parent.append(...children);
  }

  function figures(id) {
    return document.querySelectorAll('main [data-fact="' + CSS.escape(id) + '"], h1 [data-fact="' + CSS.escape(id) + '"]');
  }

  function terms(fact) {
    const list = make("dl");
    const rows = [["文中数", fact.display, "shown"], ["准确值", fact.exact], ["取整调整", fact.adjustment || "无"], ["口径", fact.scope], ["位置", fact.cell]];
    for (const [name, value, css] of rows) {
      if (value) list.append(make("dt", name), make("dd", value, css));
    }
    return list;
  }

  function inputs(ids) {
    const list = make("ul");
    for (const id of ids) {
      const fact = facts[id];
      const link = make(fact.place ? "a" : "button");
      if (fact.place) link.href = "#" + encodeURIComponent(fact.place);
      else link.type = "button";
      link.dataset.show = id;
      link.append(make("span", fact.label), make("span", fact.display, "number"));
      const item = make("li");
      item.append(link);
      list.append(item);
    }
    return list;
  }

  function accounts(names, rows) {
    const table = make("table");
    const head = table.createTHead().insertRow();
    names.forEach(function (name, index) {
      const cell = make("th", name, index ? "amount" : "");
      cell.scope = "col";
      head.append(cell);
    });
    const body = table.createTBody();
    for (const texts of rows) {
      const row = body.insertRow();
      texts.forEach(function (text, index) {
        const cell = make(index ? "td" : "th", text, index ? "amount" : "");
        if (!index) cell.scope = "row";
        row.append(cell);
      });
    }
    return table;
  }

  function ledger(entry) {
    const parts = [];
    if (entry.rows === "0") parts.push(make("p", "账簿中没有符合取数口径的记录"));
    else if (entry.rows) {
      parts.push(make("p", "凭证共 " + entry.rows + " 行；借方合计 " + entry.debit + " 元，贷方合计 " + entry.credit + " 元"));
      if (entry.accounts.length) parts.push(accounts(["科目", "行数", "借方（元）", "贷方（元）"], entry.accounts));
      if (entry.sources.length) parts.push(make("p", "见 " + entry.sources.join("、") + (entry.more ? " 等" : ""), "files"));
    }
    if (entry.balances) {
      parts.push(accounts(["科目", "余额", "金额（元）"], entry.balances.map(function (row) { return row.slice(0, 3); })));
      parts.push(make("p", "见 " + entry.balances.map(function (row) { return row[3]; }).join("、"), "files"));
    }
    return parts;
  }

  function show(id, from, following) {
    const fact = facts[id];
    if (!following) trail.length = 0; // a figure picked in the document starts afresh
    if (from) origin = from;
    current = id;
    back.hidden = trail.length === 0;
    title.textContent = fact.label;
    body.replaceChildren(terms(fact));
    if (fact.formula) add(body, "算法", make("p", fact.formula, "formula"));
    if (fact.inputs) add(body, "由以下数字得出", inputs(fact.inputs));
    if (fact.ledger) add(body, "账簿", ...ledger(fact.ledger));
    if (fact.sources) add(body, "取自", make("p", fact.sources.join("、"), "files"));
    document.querySelectorAll(".traced").forEach(function (element) { element.classList.remove("traced"); });
    figures(id).forEach(function (element) { element.classList.add("traced"); });
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("tracing");
  }

  function focusQuietly(element, options) {
    quiet = true;
    element.focus(options);
    quiet = false;
  }

  function close() {
    panel.hidden = true;
    document.body.classList.remove("tracing");
    document.querySelectorAll(".traced").forEach(function (element) { element.classList.remove("traced"); });
    trail.length = 0;
    current = null;
    if (origin) focusQuietly(origin, { preventScroll: true });
    origin = null;
  }

  function reveal(element) {
    const box = element.getBoundingClientRect();
    const cover = panel.getBoundingClientRect();
    if (cover.width > window.innerWidth / 2 && box.bottom > cover.top) window.scrollBy(0, box.bottom - cover.top + 48);
  }

  function jump(id) {
    const place = facts[id].place && document.getElementById(facts[id].place);
    if (current !== id) trail.push(current);
    show(id, place || null, true);
    if (!place) return title.focus();
    focusQuietly(place, { preventScroll: true });
    place.scrollIntoView({ block: "center", inline: "nearest" });
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest("#panel [data-show]");
    if (link) {
      event.preventDefault();
      jump(link.dataset.show);
      return;
    }
    const figure = event.target.closest("main [data-fact], h1 [data-fact]");
    if (!figure) return;
    const reachable = figure.matches(".fact") ? figure : document.getElementById(facts[figure.dataset.fact].place);
    show(figure.dataset.fact, reachable);
    reveal(figure);
  });

  document.addEventListener("focusin", function (event) {
    const figure = event.target.closest(".fact");
    if (figure && !quiet && figure.matches(":focus-visible")) {
      show(figure.dataset.fact, figure);
      reveal(figure);
    }
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && !panel.hidden) {
      event.preventDefault();
      close();
    } else if ((event.key === "Enter" || event.key === " ") && event.target.matches(".fact")) {
      event.preventDefault();
      show(event.target.dataset.fact, event.target);
      title.focus();
    }
  });

  document.getElementById("panel-close").addEventListener("click", close);
  back.addEventListener("click", function () {
    show(trail.pop(), null, true);
    title.focus();
  });

  const named = decodeURIComponent(window.location.hash.slice(1));
  const start = named && document.getElementById(named);
  if (start && start.matches(".fact")) show(start.dataset.fact, start);
}());
