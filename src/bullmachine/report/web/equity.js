// The account over the whole window, with what unknown order inside bars leaves open, buy and hold, and drawdown.
// The frame is what the price chart shows: drag it.
Bull.equity = (box, data, chart) => {
  const AXIS = 62, FOOT = 22, HEAD = 28, { time, equity, hold, band, pauses } = data.equity, n = time.length;
  const low = new Float64Array(n), high = new Float64Array(n), fall = new Float64Array(n);
  let down = 0, up = 0, peak = data.equity.start, mouse = null, next = 0;
  for (let k = 0; k < n; k++) {
    for (; next < band.time.length && band.time[next] <= time[k]; next++) { down += band.low[next]; up += band.high[next]; }
    low[k] = equity[k] + down; high[k] = equity[k] + up;
    peak = Math.max(peak, equity[k]); fall[k] = peak > 0 ? Math.min(0, equity[k] / peak - 1) : 0;
  }
  const ambiguous = band.time.length > 0, begin = time[0] - data.base, end = time[n - 1];
  let width = 1, held = true;
  const x = (ms) => ((ms - begin) / (end - begin || 1)) * width, when = (px) => begin + (px / width) * (end - begin);

  // First and last row of each pixel column, so that no extreme is lost however many rows there are.
  const columns = () => {
    const found = [];
    for (let px = 0, k = 0; px < width && k < n; px++) {
      const stop = Math.max(k, Bull.upTo(time, when(px + 1)));
      if (stop > k) found.push([px, k, stop]);
      k = stop;
    }
    return found;
  };
  const most = (list, from, to, pick) => { let best = list[from]; for (let k = from + 1; k < to; k++) best = pick(best, list[k]); return best; };
  const line = (ctx, cols, list, y) => {
    ctx.beginPath();
    for (const [px, from, to] of cols) {
      ctx.lineTo(px, y(list[from])); ctx.lineTo(px, y(most(list, from, to, Math.min)));
      ctx.lineTo(px, y(most(list, from, to, Math.max))); ctx.lineTo(px, y(list[to - 1]));
    }
    ctx.stroke();
  };

  const draw = (ctx, full, height) => {
    width = full - AXIS;
    const bottom = height - FOOT, split = bottom - Math.round((bottom - HEAD) * 0.26), cols = columns();
    const lists = [low, high, ...(held ? [hold] : [])];
    let a = Infinity, b = -Infinity;
    for (const list of lists) { a = Math.min(a, most(list, 0, n, Math.min)); b = Math.max(b, most(list, 0, n, Math.max)); }
    const room = (b - a || Math.abs(b) * 0.01 || 1) * 0.05; a -= room; b += room;
    const y = (v) => split - 8 - ((v - a) / (b - a)) * (split - 8 - HEAD);
    const worst = Math.min(most(fall, 0, n, Math.min), -0.001), deep = (v) => split + (v / worst) * (bottom - split - 6);
    grid(ctx, full, bottom, split, a, b, y, worst, deep);
    ctx.fillStyle = Bull.colour("down"); ctx.globalAlpha = 0.12;
    for (const p of pauses) ctx.fillRect(x(p.from), HEAD, Math.max(2, x(p.to) - x(p.from)), bottom - HEAD);
    ctx.globalAlpha = 1;
    if (ambiguous) {
      ctx.globalAlpha = 0.25; ctx.fillStyle = Bull.colour("accent"); ctx.beginPath();
      for (const [px, from, to] of cols) ctx.lineTo(px, y(most(high, from, to, Math.max)));
      for (const [px, from, to] of cols.slice().reverse()) ctx.lineTo(px, y(most(low, from, to, Math.min)));
      ctx.fill(); ctx.globalAlpha = 1;
    }
    ctx.lineWidth = 1.2;
    if (held) { ctx.strokeStyle = Bull.colour("soft"); line(ctx, cols, hold, y); }
    ctx.lineWidth = 1.6; ctx.strokeStyle = Bull.colour("accent"); line(ctx, cols, equity, y);
    ctx.fillStyle = Bull.colour("down"); ctx.globalAlpha = 0.4;
    cols.forEach(([px, from, to], k) => ctx.fillRect(px, split, (k + 1 < cols.length ? cols[k + 1][0] : width) - px, deep(most(fall, from, to, Math.min)) - split));
    ctx.globalAlpha = 1;
    frame(ctx, bottom);
    legend(ctx, bottom);
  };

  const grid = (ctx, full, bottom, split, a, b, y, worst, deep) => {
    ctx.strokeStyle = Bull.colour("grid"); ctx.fillStyle = Bull.colour("soft"); ctx.lineWidth = 1; ctx.textAlign = "left";
    const rule = (py, text) => {
      ctx.beginPath(); ctx.moveTo(0, py); ctx.lineTo(width, py); ctx.stroke(); ctx.fillText(text, width + 6, py);
    };
    for (const v of Bull.ticks(a, b, (split - HEAD) / 44)) if (y(v) > HEAD && y(v) < split - 12) rule(Math.round(y(v)) + 0.5, Bull.number(v, b - a < 8 ? 2 : 0));
    rule(split + 0.5, "0%"); rule(Math.round(deep(worst)) - 0.5, Bull.number(worst * 100, 1) + "%");
    ctx.textAlign = "center";
    const step = Bull.steps.find((s) => x(begin + s) >= 70) || Bull.steps[Bull.steps.length - 1];
    for (let px = 1, free = 20; px < width - 16; px++) {
      const text = Bull.mark(when(px - 1), when(px), step);
      if (text === null || px < free) continue;
      ctx.beginPath(); ctx.moveTo(px + 0.5, HEAD); ctx.lineTo(px + 0.5, bottom); ctx.stroke();
      ctx.fillText(text, px, bottom + FOOT / 2); free = px + 48;
    }
  };

  const frame = (ctx, bottom) => {
    const view = chart.state.view;
    if (!view) return;
    const a = Math.max(0, x(view.from)), b = Math.min(width, x(view.to));
    ctx.fillStyle = Bull.colour("text"); ctx.globalAlpha = 0.07; ctx.fillRect(a, HEAD, Math.max(3, b - a), bottom - HEAD);
    ctx.globalAlpha = 0.5; ctx.strokeStyle = Bull.colour("soft"); ctx.strokeRect(a + 0.5, HEAD + 0.5, Math.max(3, b - a), bottom - HEAD - 1);
    ctx.globalAlpha = 1;
  };

  const legend = (ctx, bottom) => {
    const k = mouse && mouse[0] < width ? Math.max(0, Math.min(n - 1, Bull.upTo(time, when(mouse[0])) - 1)) : n - 1;
    const parts = [["accent", "equity " + Bull.number(equity[k])]];
    if (width > 560 && ambiguous) parts.push(["accent", `(${Bull.number(low[k])} to ${Bull.number(high[k])} by order inside bars)`]);
    if (held) parts.push(["soft", "buy and hold " + Bull.number(hold[k], width > 560 ? 2 : 0)]);
    if (width > 400) parts.push(["down", "drawdown " + Bull.number(fall[k] * 100, 1) + "%"]);
    const pause = pauses.find((p) => p.from <= time[k] && time[k] < p.to);
    if (pause) parts.push(["down", "paused: " + pause.by]);
    ctx.textAlign = "left"; ctx.fillStyle = Bull.colour("text");
    let px = 10;
    for (const [colour, text] of (width > 560 ? [["text", Bull.time(time[k])], ...parts] : parts)) {
      ctx.fillStyle = Bull.colour(colour); ctx.fillText(text, px, 14); px += ctx.measureText(text).width + 16;
    }
    if (!mouse || mouse[0] >= width) return;
    ctx.strokeStyle = Bull.colour("soft"); ctx.setLineDash([4, 4]); ctx.beginPath();
    ctx.moveTo(Math.round(mouse[0]) + 0.5, HEAD); ctx.lineTo(Math.round(mouse[0]) + 0.5, bottom); ctx.stroke(); ctx.setLineDash([]);
  };

  const centre = (px) => {
    const { from, to } = chart.state.view, half = (to - from) / 2, middle = Math.max(begin, Math.min(end, when(px)));
    chart.lookAt(middle - half, middle + half);
  };
  const { canvas, redraw } = Bull.canvas(box, "Equity, buy and hold, drawdown", draw);
  Bull.gestures(canvas, {
    drag: (dx) => { const { from, to } = chart.state.view, by = (dx / width) * (end - begin); chart.lookAt(from + by, to + by); },
    zoom: (factor) => chart.zoom(factor),
    hover: (spot) => { mouse = spot; redraw(); }, click: centre, reset: () => chart.last(0),
  });
  Bull.hear(redraw);
  return { hold: () => { held = !held; redraw(); return held; } };
};
