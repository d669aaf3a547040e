// Puts the page together once the data are unpacked.
Bull.start = async () => {
  const text = (id) => document.getElementById(id).textContent, box = (id) => document.getElementById(id);
  const day = 86400000, unpack = await Bull.unpacker(text("block")), data = unpack(JSON.parse(text("data")));
  Bull.data = data;
  const plot = Bull.element("div", { class: "plot" }), chart = Bull.chart(plot, data), tools = Bull.element("div", { class: "bar" });
  if (data.symbols.length > 1) {
    const select = Bull.element("select", { "aria-label": "symbol", onchange: () => chart.symbol(Number(select.value)) },
      ...data.symbols.map((s, k) => Bull.element("option", { value: k }, s.name)));
    Bull.hear((what) => { if (what === "symbol") select.value = chart.state.symbol; });
    tools.append(select);
  }
  for (const [title, span] of [["1W", 7], ["1M", 30], ["3M", 91], ["1Y", 365], ["All", 0]]) {
    tools.append(Bull.button(title, span ? `the last ${span} days` : "the whole window", () => chart.last(span * day)));
  }
  tools.append(Bull.button("−", "zoom out", () => chart.zoom(1.5)), Bull.button("+", "zoom in", () => chart.zoom(1 / 1.5)));
  const trades = data.trades.values.id.length;
  if (trades) {
    const step = (by) => Bull.choose(Bull.chosen < 0 ? (by > 0 ? 0 : trades - 1) : (Bull.chosen + by + trades) % trades);
    tools.append(Bull.button("‹ trade", "the trade before", () => step(-1)), Bull.button("trade ›", "the next trade", () => step(1)));
  }
  const toggle = (name, title, act, on) => {
    const made = Bull.button(name, title, () => made.setAttribute("aria-pressed", String(act())), { "aria-pressed": String(on) });
    return made;
  };
  tools.append(toggle("Log", "logarithmic prices", chart.log, false));
  const shows = (layer, title) => toggle(layer.title, title, () => { Bull.shown[layer.name] = !Bull.shown[layer.name]; chart.redraw(); return Bull.shown[layer.name]; }, Bull.shown[layer.name]);
  tools.append(...Bull.layers.filter((layer) => !layer.evidence).map((layer) => shows(layer, "show or hide")));
  const said = Bull.layers.filter((layer) => layer.evidence && !layer.of && data.symbols.some((s) => s.layers[layer.name].known.length));
  const frames = Object.keys(data.frames).filter((tf) => said.some((layer) => data.symbols.some((s) => s.layers[layer.name].tf.names.includes(tf))));
  const evidence = Bull.element("div", { class: "bar evidence", role: "group", "aria-label": "evidence" });
  if (said.length) {
    evidence.append(Bull.element("span", { class: "sub" }, "Evidence"),
      toggle("Fed trades", "what the decisions that opened a position were made of", () => { Bull.want.fed = !Bull.want.fed; chart.redraw(); return Bull.want.fed; }, true),
      ...said.map((layer) => shows(layer, "show all of them, or only what fed trades")),
      ...frames.map((tf) => toggle(tf, `what ${tf} bars said`, () => { const off = Bull.want.off; if (!off.delete(tf)) off.add(tf); chart.redraw(); return !off.has(tf); }, true)));
  }
  box("chart").append(tools, evidence, plot);
  const under = Bull.element("div", { class: "plot low" }), equity = Bull.equity(under, data, chart);
  box("equity").append(Bull.element("div", { class: "bar" }, toggle("Buy and hold", "show or hide", equity.hold, true),
    Bull.element("span", { class: "sub" }, "the frame is what the chart above shows: drag it, or click to go there" + (data.equity.pauses.length ? "; shaded: guards paused entries" : ""))), under);
  Bull.list(box("list"), data.trades, data.symbols);
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [["UTC", "UTC", data.clock === "UTC" ? "the exchange's clock too" : ""], [data.clock, "Exchange", data.clock], ["local", "Local", own]];
  if (data.clock === "UTC") zones.splice(1, 1);
  const paint = (v) => { document.documentElement.dataset.theme = v; Bull.tell("colours"); };
  box("switches").append(Bull.choice("clock", zones, "UTC", Bull.setClock),
    Bull.choice("colours", [["", "Auto", "as your system"], ["light", "Light", ""], ["dark", "Dark", ""]], "", paint));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => Bull.tell("colours"));
  chart.newest(700);
  document.documentElement.dataset.ready = "yes";
};

Bull.start().catch((error) => {
  document.getElementById("chart").append(Bull.element("p", { class: "badge alarm" }, `The chart could not be drawn: ${error.message}`));
  throw error;
});
