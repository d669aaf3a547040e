// Entries (a triangle pointing the way of the position) and exits (a dot, won or lost), joined by a line.
Bull.layer("trades", {
  title: "Trades",
  draw({ ctx, x, y, at, from, to, symbol, width, touch }, data) {
    const { values } = Bull.data.trades, rows = [];
    for (let row = 0; row < values.id.length; row++) {
      if (values.symbol[row] === symbol.name && values.exit_time[row] >= from && values.entry_time[row] <= to) rows.push(row);
    }
    const dense = rows.length > width / 9, size = dense ? 3.5 : 6;
    const place = new Map();
    for (const row of rows) {
      const won = values.r_net[row] > 0, colour = Bull.colour(won ? "won" : "lost");
      const a = x(at(values.entry_time[row])), b = x(at(values.exit_time[row]));
      const top = y(values.entry_price[row]), end = y(values.exit_price[row]);
      if (row === Bull.chosen) Bull.risk(ctx, a, b, y, row);
      place.set(values.id[row], row);
      ctx.strokeStyle = colour; ctx.lineWidth = row === Bull.chosen ? 2 : 1.2; ctx.setLineDash([2, 3]);
      if (!dense) { ctx.beginPath(); ctx.moveTo(a, top); ctx.lineTo(b, end); ctx.stroke(); }
      ctx.setLineDash([]);
      Bull.triangle(ctx, a, top, size, values.side[row] === "long");
      touch(a, top, row);
    }
    ctx.lineWidth = 1;
    for (let k = Bull.upTo(data.time, from) - 1; k < data.time.length && data.time[k] <= to; k++) {
      if (k < 0 || data.reason.names[data.reason.codes[k]] === "entry" || !place.has(data.position[k])) continue;
      const row = place.get(data.position[k]), px = x(at(data.time[k])), py = y(data.price[k]);
      ctx.fillStyle = Bull.colour(values.r_net[row] > 0 ? "won" : "lost"); ctx.strokeStyle = Bull.colour("panel");
      ctx.beginPath(); ctx.arc(px, py, dense ? 2 : 4, 0, 7); ctx.fill(); if (!dense) ctx.stroke();
      touch(px, py, row);
    }
    if (rows.includes(Bull.chosen)) Bull.caption(ctx, x, y, at, width);
  },
});

Bull.triangle = (ctx, px, py, size, up) => {
  const d = up ? 1 : -1;
  ctx.fillStyle = Bull.colour(up ? "long" : "short"); ctx.strokeStyle = Bull.colour("panel");
  ctx.beginPath(); ctx.moveTo(px, py); ctx.lineTo(px - size, py + d * size * 1.6); ctx.lineTo(px + size, py + d * size * 1.6); ctx.closePath();
  ctx.fill(); ctx.stroke();
};

// What the chosen trade risked, and where it ended.
Bull.risk = (ctx, a, b, y, row) => {
  const { values } = Bull.data.trades, entry = y(values.entry_price[row]), wide = Math.max(b - a, 2);
  ctx.globalAlpha = 0.14;
  for (const [price, colour] of [[values.stop[row], "lost"], [values.exit_price[row], values.r_net[row] > 0 ? "won" : "lost"]]) {
    if (price === null) continue;
    ctx.fillStyle = Bull.colour(colour);
    ctx.fillRect(a, Math.min(entry, y(price)), wide, Math.abs(y(price) - entry));
  }
  ctx.globalAlpha = 1;
};

Bull.caption = (ctx, x, y, at, width) => {
  const { values } = Bull.data.trades, row = Bull.chosen;
  const text = `#${values.id[row]} ${values.side[row]}  ${Bull.number(values.r_net[row], 2, true)} R  ${values.exit_reason[row].replaceAll("_", " ")}`;
  const wide = ctx.measureText(text).width + 14, px = Math.min(x(at(values.exit_time[row])) + 10, width - wide - 4);
  const py = Math.max(44, y(values.exit_price[row]));
  ctx.fillStyle = Bull.colour(values.r_net[row] > 0 ? "won" : "lost"); ctx.fillRect(px, py - 10, wide, 20);
  ctx.fillStyle = "#fff"; ctx.textAlign = "left"; ctx.fillText(text, px + 7, py);
};
