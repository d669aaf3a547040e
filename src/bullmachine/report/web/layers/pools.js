// Levels of liquidity: dotted from the close at which a level was known to its end, with how many pivots made it.
Bull.layer("pools", Bull.evidence({
  title: "Pools",
  mark(view, d, k, thing) {
    const { ctx, x, y, at, width } = view;
    const a = Math.max(-9, x(at(d.known[k]))), b = Math.min(width + 9, x(at(d.end[k]))), level = Math.round(y(d.price[k])) + 0.5;
    const colour = Bull.colour(thing.bold ? "text" : "soft"); // highs and lows are no directions
    if (b - a < 1) return [];
    ctx.globalAlpha = thing.bold ? 1 : 0.7;
    Bull.line(ctx, a, level, b, level, colour, thing.slow ? 2 : 1, [2, 3]);
    if (thing.ref) Bull.line(ctx, x(at(d.ref[k])), level, a, level, colour, 1, [1, 5]);
    const source = d.source.names[d.source.codes[k]], text = source !== "pivot" ? source : d.n[k] > 1 ? `${thing.label} ×${d.n[k]}` : "";
    Bull.label(view, text, Math.max(a, 0) + 3, level + (d.dir[k] > 0 ? -6 : 7), b - Math.max(a, 0), colour);
    ctx.globalAlpha = 1;
    return [[a, level - 3, b, level + 3]];
  },
}));
