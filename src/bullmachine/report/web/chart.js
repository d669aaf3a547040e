// The price chart. `low..high` are bar numbers: bar i lies between i and i + 1, so that a fill at its open stands at
// its left edge and one inside it, known at its close, at its right edge.
// A layer with `foot()` is a strip of that height under the chart, at `view.foot`.
// A layer's `view`: {ctx, width, height, bottom, x(bar), at(ms), y(price), low, high, from, to (ms), wide (pixels a bar),
// symbol, base, touch(x, y, row), hit([left, top, right, bottom], tell, again), labels, note(text)}; `touch` makes a spot choose
// a trade when it is clicked, `hit` makes a place tell its lines under the mouse and draw it again, `note` writes at the foot.
Bull.chart = (box, data) => {
  const AXIS = 62, FOOT = 22, HEAD = 30;
  const state = { symbol: 0, low: 0, high: 1, mouse: null, log: false, spots: [], hits: [], notes: new Set() };
  const tip = Bull.element("div", { class: "tip", role: "status" });
  const pyramids = data.symbols.map((s) => Bull.pyramid(s.bars));
  const symbol = () => data.symbols[state.symbol], count = () => symbol().bars.close.length;

  const at = (ms) => {
    const times = symbol().bars.time, i = Bull.upTo(times, ms) - 1;
    return i < 0 ? 0 : i + Math.min((ms - times[i]) / data.base, 1);
  };

  const range = (bars, from, to) => {
    let low = Infinity, high = -Infinity;
    for (let k = from; k < to; k++) { if (bars.low[k] < low) low = bars.low[k]; if (bars.high[k] > high) high = bars.high[k]; }
    if (!(high >= low)) return [0, 1];
    const room = (high - low || Math.abs(high) * 0.01 || 1) * (Bull.shown.ranges ? 0.12 : 0.07); // room for their labels
    return [low - room, high + room];
  };

  const draw = (ctx, width, height) => {
    const strips = Bull.layers.filter((layer) => layer.foot && Bull.shown[layer.name]), floor = height - FOOT;
    const right = width - AXIS, bottom = strips.reduce((y, layer) => y - layer.foot(), floor), wide = right / (state.high - state.low);
    const level = Math.max(0, Math.ceil(Math.log2(3 / wide))), bars = pyramids[state.symbol](level), size = 2 ** level;
    const from = Math.max(0, Math.floor(state.low / size)), to = Math.min(bars.close.length, Math.ceil(state.high / size));
    const [low, high] = range(bars, from, to), scale = state.log && low > 0 ? Math.log : (v) => v;
    const a = scale(low), b = scale(high), tall = bottom - HEAD - 6;
    const x = (bar) => (bar - state.low) * wide, y = (price) => bottom - 6 - ((scale(price) - a) / (b - a)) * tall;
    const times = symbol().bars.time, n = count();
    const view = {
      ctx, width: right, height, bottom, x, y, at, wide, low: state.low, high: state.high, symbol: symbol(), base: data.base, floor, head: HEAD,
      from: times[Math.max(0, Math.min(n - 1, Math.floor(state.low)))],
      to: times[Math.max(0, Math.min(n - 1, Math.ceil(state.high)))] + data.base,
      touch: (px, py, row) => state.spots.push([px, py, row]), note: (text) => state.notes.add(text), labels: [],
      hit: ([x0, y0, x1, y1], tell, again) => {
        const [mx, my] = state.mouse || [-99, -99];
        if (mx >= x0 - 3 && mx <= x1 + 3 && my >= y0 - 2 && my <= y1 + 2 && mx < right) state.hits.push([(x1 - x0) * (y1 - y0), tell, again]);
      },
    };
    state.view = { ...view, price: (py) => { const v = a + ((bottom - 6 - py) / tall) * (b - a); return scale === Math.log ? Math.exp(v) : v; } };
    state.spots = []; state.hits = []; state.notes.clear(); Bull.digits = symbol().digits;
    axes(view, low, high, size, right, width);
    strips.reduce((foot, layer) => { layer.draw({ ...view, foot }, symbol().layers[layer.name]); return foot + layer.foot(); }, bottom);
    ctx.save();
    ctx.beginPath(); ctx.rect(0, HEAD - 4, right, bottom - HEAD + 4); ctx.clip();
    first(view);
    Bull.drawCandles(view, bars, level, bottom - tall * 0.2);
    for (const layer of Bull.layers) if (!layer.foot && (layer.evidence || Bull.shown[layer.name])) layer.draw(view, symbol().layers[layer.name]);
    const hits = state.hits.sort((p, q) => p[0] - q[0]);
    if (hits.length) hits[0][2]();
    ctx.fillStyle = Bull.colour("soft"); ctx.textAlign = "left"; [...state.notes].forEach((text, k) => ctx.fillText(text, 10, bottom - 10 - 14 * k));
    ctx.restore();
    tell(hits, right, floor);
    legend(ctx, right, width, floor, size, bars);
  };

  // What lies under the mouse: the smallest thing in words, and how many more there are.
  const tell = (hits, right, bottom) => {
    tip.hidden = !hits.length;
    if (!hits.length) return;
    const [first, ...lines] = hits[0][1](), more = hits.length - 1;
    tip.replaceChildren(Bull.element("b", {}, first), ...lines.map((line) => Bull.element("span", {}, line)), ...(more ? [Bull.element("i", {}, `and ${more} more here`)] : []));
    const [mx, my] = state.mouse, wide = tip.offsetWidth, tall = tip.offsetHeight;
    tip.style.left = `${Math.max(4, mx + 16 + wide > right ? mx - 16 - wide : mx + 16)}px`;
    tip.style.top = `${Math.max(4, Math.min(my + 14, bottom - tall - 4))}px`;
  };

  const axes = (view, low, high, size, right, width) => {
    const { ctx, bottom, x, y } = view, times = symbol().bars.time, n = count();
    ctx.strokeStyle = Bull.colour("grid"); ctx.fillStyle = Bull.colour("soft"); ctx.lineWidth = 1;
    ctx.textAlign = "left";
    const digits = Math.min(symbol().digits, Math.max(0, 1 - Math.floor(Math.log10((high - low) / 6 || 1))));
    for (const price of Bull.ticks(low, high, bottom / 70)) {
      const py = Math.round(y(price)) + 0.5;
      if (py < HEAD || py > bottom - 8) continue;
      ctx.beginPath(); ctx.moveTo(0, py); ctx.lineTo(right, py); ctx.stroke();
      ctx.fillText(Bull.number(price, digits), right + 6, py);
    }
    ctx.textAlign = "center";
    const step = Bull.steps.find((s) => (s / data.base) * view.wide >= 64) || Bull.steps[Bull.steps.length - 1];
    let free = 20;
    for (let i = Math.max(size, Math.ceil(view.low / size) * size); i < Math.min(n, view.high); i += size) {
      const text = Bull.mark(times[i - size], times[i], step), px = Math.round(x(i)) + 0.5;
      if (text === null || px < free || px > right - 14) continue;
      ctx.beginPath(); ctx.moveTo(px, HEAD); ctx.lineTo(px, bottom); ctx.stroke();
      ctx.fillText(text, px, view.floor + FOOT / 2);
      free = px + 46;
    }
    ctx.beginPath(); ctx.moveTo(0, bottom + 0.5); ctx.lineTo(width, bottom + 0.5); ctx.stroke();
  };

  // The first decision is made at the close of the window's first bar, so the first fill can stand at the second's open.
  const first = ({ ctx, x, bottom, low, high }) => {
    if (low > 1 || high < 1) return;
    ctx.strokeStyle = ctx.fillStyle = Bull.colour("accent");
    ctx.setLineDash([3, 4]); ctx.beginPath(); ctx.moveTo(x(1) + 0.5, HEAD); ctx.lineTo(x(1) + 0.5, bottom); ctx.stroke(); ctx.setLineDash([]);
    ctx.textAlign = "left"; ctx.fillText("first possible fill", x(1) + 5, HEAD + 8);
  };

  const legend = (ctx, right, width, floor, size, bars) => {
    const { mouse, view } = state, n = count();
    const inside = mouse && mouse[0] < right && mouse[1] < floor;
    const bar = Math.max(0, Math.min(n - 1, inside ? Math.floor(state.low + mouse[0] / view.wide) : Math.ceil(state.high) - 1));
    const k = Math.floor(bar / size), d = symbol().digits, time = Bull.time(symbol().bars.time[k * size]);
    const values = ["open", "high", "low", "close"].map((key) => key[0].toUpperCase() + " " + Bull.number(bars[key][k], d)).join("  ");
    ctx.textAlign = "left"; ctx.fillStyle = Bull.colour("text");
    const line = right > 520 ? `${time}   ${values}  V ${Bull.short(bars.volume[k])}` : `${time}  C ${Bull.number(bars.close[k], d)}  V ${Bull.short(bars.volume[k])}`;
    ctx.fillText(size > 1 ? `${line}  (${size} bars a candle)` : line, 10, 15);
    if (!inside) return;
    ctx.strokeStyle = Bull.colour("soft"); ctx.setLineDash([4, 4]); ctx.beginPath();
    ctx.moveTo(Math.round(mouse[0]) + 0.5, HEAD); ctx.lineTo(Math.round(mouse[0]) + 0.5, floor); ctx.stroke();
    if (mouse[1] > view.bottom) { ctx.setLineDash([]); return; }
    ctx.beginPath(); ctx.moveTo(0, Math.round(mouse[1]) + 0.5); ctx.lineTo(right, Math.round(mouse[1]) + 0.5); ctx.stroke(); ctx.setLineDash([]);
    ctx.fillStyle = Bull.colour("text"); ctx.fillRect(right, mouse[1] - 9, width - right, 18);
    ctx.fillStyle = Bull.colour("panel"); ctx.fillText(Bull.number(view.price(mouse[1]), d), right + 6, mouse[1]);
  };

  const look = (low, high) => {
    const n = count(), span = Math.max(8, Math.min(high - low, n * 1.05)), room = span * 0.04;
    state.low = Math.max(-room, Math.min(low, n + room - span));
    state.high = state.low + span;
    redraw();
    Bull.tell("view");
  };
  const last = (ms) => look(ms ? Math.max(0, at(symbol().bars.time[count() - 1] - ms)) : 0, count() + 1);
  const newest = (bars) => look(Math.max(0, count() - bars), count() + 1);
  const zoom = (factor, px) => {
    const middle = state.low + px / state.view.wide, span = state.high - state.low;
    const next = Math.max(8, Math.min(span * factor, count() * 1.05)), share = (middle - state.low) / span;
    look(middle - next * share, middle + next * (1 - share));
  };

  const show = (row) => {
    const { values } = data.trades, name = values.symbol[row];
    const index = data.symbols.findIndex((s) => s.name === name);
    if (index !== state.symbol) { state.symbol = index; Bull.tell("symbol"); }
    const a = at(values.entry_time[row]), b = at(values.exit_time[row]), room = Math.max(24, (b - a) * 0.7);
    look(a - room, b + room);
  };

  const { canvas, redraw } = Bull.canvas(box, "Price chart with entries and exits", draw);
  Bull.gestures(canvas, {
    drag: (dx) => look(state.low - dx / state.view.wide, state.high - dx / state.view.wide),
    zoom, hover: (spot) => { state.mouse = spot; redraw(); },
    reset: () => last(0),
    click: (px, py) => {
      const near = state.spots.map(([sx, sy, row]) => [Math.hypot(sx - px, sy - py), row]).sort((p, q) => p[0] - q[0])[0];
      if (near && near[0] < 16) Bull.choose(near[1]);
    },
  });
  tip.hidden = true;
  box.append(tip);
  Bull.hear((what) => { if (what === "trade" && Bull.chosen >= 0) show(Bull.chosen); if (what !== "view") redraw(); });
  return {
    data, state, look, last, newest, redraw, zoom: (factor) => zoom(factor, state.view.width / 2),
    symbol: (index) => { const t = state.view && state.view.from, to = state.view && state.view.to; state.symbol = index; if (t) look(at(t), at(to)); Bull.tell("symbol"); },
    log: () => { state.log = !state.log; redraw(); return state.log; },
    lookAt: (from, to) => look(at(from), at(to)),
  };
};

// Mouse, wheel, touch and keys of a canvas, as drag, zoom, hover, click and reset.
Bull.gestures = (canvas, act) => {
  const held = new Map();
  let moved = 0, apart = 0;
  const spot = (e) => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
  const distance = () => { const [a, b] = [...held.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
  canvas.addEventListener("pointerdown", (e) => {
    canvas.setPointerCapture(e.pointerId); held.set(e.pointerId, spot(e));
    if (held.size === 1) moved = 0; else apart = distance();
  });
  canvas.addEventListener("pointermove", (e) => {
    const here = spot(e), before = held.get(e.pointerId);
    if (!before) { act.hover(here); return; }
    held.set(e.pointerId, here);
    if (held.size === 2) {
      const now = distance(), [a, b] = [...held.values()];
      if (now > 0 && apart > 0) act.zoom(apart / now, (a[0] + b[0]) / 2);
      apart = now; moved = 99;
      return;
    }
    moved += Math.abs(here[0] - before[0]) + Math.abs(here[1] - before[1]);
    act.hover(e.pointerType === "mouse" ? here : null);
    act.drag(here[0] - before[0]);
  });
  const up = (e) => {
    const here = held.get(e.pointerId);
    if (held.delete(e.pointerId) && moved < 6 && e.type === "pointerup") { act.hover(here); act.click(...here); }
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", (e) => { if (e.pointerType !== "touch") act.hover(null); }); // a finger leaves with every tap
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) act.drag(-e.deltaX); else act.zoom(Math.exp(Math.max(-60, Math.min(60, e.deltaY)) * 0.003), spot(e)[0]);
  }, { passive: false });
  canvas.addEventListener("dblclick", act.reset);
  canvas.addEventListener("keydown", (e) => {
    const keys = { ArrowLeft: () => act.drag(60), ArrowRight: () => act.drag(-60), "+": () => act.zoom(0.7, canvas.clientWidth / 2), "-": () => act.zoom(1.4, canvas.clientWidth / 2) };
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });
};
