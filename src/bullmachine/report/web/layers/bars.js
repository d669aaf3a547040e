// Single bars (volume against spread): a label, or a square, at the end of the bar for which they speak. A candle sweep:
// the swept edge from its candle to the close that was back inside, dashed when it was refuted.
Bull.layer("bars", Bull.evidence({
  title: "Bars and candle sweeps",
  mark(view, d, k, thing) {
    const { ctx, x, y, at, wide, base } = view, out = d.side[k] > 0 ? -1 : 1, bar = (2 * thing.half / base) * wide;
    const a = x(at(d.ref[k] + thing.half)), b = x(at(d.known[k]));
    if (bar < 1.5 && !thing.bold) return [];
    ctx.globalAlpha = thing.bold ? 1 : 0.75;
    if (thing.words.startsWith("candle")) {
      const level = Math.round(y(d.price[k])) + 0.5, over = d.over.names[d.over.codes[k]];
      Bull.line(ctx, a, level, b, level, thing.colour, thing.slow ? 2 : 1, over === "confirmed" ? [] : [3, 2]);
      Bull.line(ctx, b, level, b, level - out * 6, thing.colour, over === "confirmed" ? 2 : 1);
      if (bar > 14 || thing.bold) Bull.stack(view, thing.label, (a + b) / 2, level + out * 7, out, thing.colour);
      ctx.globalAlpha = 1;
      return [[a, level - 5, b, level + 5]];
    }
    const py = y(d.edge[k]) + out * 5;
    if (bar > 9 || thing.bold) Bull.stack(view, thing.label, a, py + out * 3, out, thing.colour);
    else { ctx.fillStyle = thing.colour; ctx.fillRect(a - 1.5, py - 1.5, 3, 3); }
    ctx.globalAlpha = 1;
    return [[a - 5, py - 6, a + 5, py + 6]];
  },
}));
