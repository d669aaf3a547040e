// The list of trades: sorted by a click on a heading, shown in the chart by a click on a row.
Bull.list = (box, { columns, values }, symbols) => {
  const PIECE = 200, n = values.id.length;
  if (!n) { box.append(Bull.element("p", { class: "none" }, "No position was opened in this run.")); return; }
  const state = { key: "id", down: false, side: "all", rows: [], done: 0 };
  const digits = new Map(symbols.map((s) => [s.name, s.digits + 2]));  // slippage falls between ticks
  const write = {
    whole: (v) => Bull.number(v, 0), text: (v) => v.replaceAll("_", " "), side: (v) => v, time: Bull.time,
    price: (v, row) => Bull.number(v, digits.get(values.symbol[row])),
    size: (v) => v.toLocaleString("en-US", { maximumFractionDigits: 6 }),
    money: (v) => Bull.number(v, 2, true), signed: (v) => Bull.number(v, 2, true), plain: (v) => Bull.number(v, 2),
  };
  const body = Bull.element("tbody"), heads = columns.map(({ key, title, kind, hint }) => Bull.element("th", { scope: "col", "data-kind": kind },
    Bull.button(title, hint || title, () => { state.down = state.key === key ? !state.down : false; state.key = key; fill(); })));
  const scroll = Bull.element("div", { class: "scroll tall" },
    Bull.element("table", { class: "trades" }, Bull.element("thead", {}, Bull.element("tr", {}, ...heads)), body));
  const told = Bull.element("span", { class: "sub" });
  const sides = Bull.choice("side", [["all", "All"], ["long", "Long"], ["short", "Short"], ["won", "Won"], ["lost", "Lost"]], "all", (v) => { state.side = v; fill(); });
  box.append(Bull.element("div", { class: "bar" }, sides, told), scroll);

  const line = (row) => {
    const cells = columns.map(({ key, kind }) => {
      const value = values[key][row], signed = kind === "signed" || kind === "money";
      const tone = kind === "side" ? value : signed && value !== null && Math.abs(value) >= 0.005 ? (value > 0 ? "up" : "down") : undefined;
      return Bull.element("td", { class: tone, "data-kind": kind }, write[kind](value, row));
    });
    return Bull.element("tr", { "data-row": row, tabindex: "0", "aria-selected": String(row === Bull.chosen) }, ...cells);
  };
  const more = () => {
    const stop = Math.min(state.rows.length, state.done + PIECE);
    body.append(...state.rows.slice(state.done, stop).map(line));
    state.done = stop;
  };
  const fill = () => {
    const list = values[state.key], sign = state.down ? -1 : 1;
    const kept = { all: () => true, long: (r) => values.side[r] === "long", short: (r) => values.side[r] === "short", won: (r) => values.r_net[r] > 0, lost: (r) => !(values.r_net[r] > 0) };
    state.rows = [...Array(n).keys()].filter(kept[state.side])
      .sort((a, b) => (list[a] === list[b] ? a - b : (list[a] === null || list[a] > list[b] ? 1 : -1) * sign));
    columns.forEach(({ key }, k) => heads[k].setAttribute("aria-sort", key === state.key ? (state.down ? "descending" : "ascending") : "none"));
    state.done = 0; body.replaceChildren(); more();
    told.textContent = `${state.rows.length.toLocaleString("en-US")} of ${n.toLocaleString("en-US")}; click a row to see it in the chart`;
  };
  const pick = (e) => { const row = e.target.closest("tr[data-row]"); if (row) { Bull.choose(Number(row.dataset.row)); document.getElementById("chart").scrollIntoView({ block: "nearest" }); } };
  body.addEventListener("click", pick);
  body.addEventListener("keydown", (e) => { if (e.key === "Enter") pick(e); });
  scroll.addEventListener("scroll", () => { if (scroll.scrollTop + scroll.clientHeight > scroll.scrollHeight - 400) more(); });
  Bull.hear((what) => {
    if (what === "clock") fill();
    if (what !== "trade") return;
    while (state.done < state.rows.length && state.rows.indexOf(Bull.chosen) >= state.done) more();
    for (const row of body.children) {
      const chosen = Number(row.dataset.row) === Bull.chosen;
      row.setAttribute("aria-selected", String(chosen));
      if (chosen) scroll.scrollTop = Math.max(0, row.offsetTop - scroll.clientHeight / 2);
    }
  });
  fill();
};
