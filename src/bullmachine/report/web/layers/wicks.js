// Absorption by a wick (a stroke beyond its end) and volume spikes (a square at the close), at the close of their bar.
Bull.layer("wicks", Bull.evidence({
  title: "Wicks and volume",
  mark({ ctx, x, y, at, wide }, d, k, thing) {
    if (wide < 1.5 && !thing.bold) return [];
    const a = x(at(d.known[k])), py = y(d.price[k]), out = d.dir[k] > 0 ? 1 : -1;
    ctx.globalAlpha = thing.bold ? 1 : 0.7;
    if (d.dir[k]) Bull.line(ctx, a, py + out * 2, a, py + out * 9, thing.colour, thing.slow ? 4 : 2.5);
    else { ctx.fillStyle = thing.colour; ctx.fillRect(a - 2, py - 2, thing.slow ? 6 : 4, thing.slow ? 6 : 4); }
    ctx.globalAlpha = 1;
    return [[a - 4, py - 9, a + 4, py + 9]];
  },
}));
