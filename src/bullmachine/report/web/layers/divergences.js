// Divergences: a line between the two pivots, dashed when hidden, and a mark at the close that confirmed the newer one.
Bull.layer("divergences", Bull.evidence({
  title: "Divergences",
  mark(view, d, k, thing) {
    const { ctx, x, y, at } = view;
    const a = x(at(d.from[k] + thing.half)), b = x(at(d.ref[k] + thing.half)), c = x(at(d.known[k])), top = y(d.older[k]), end = y(d.price[k]);
    ctx.globalAlpha = thing.bold ? 1 : 0.75;
    Bull.line(ctx, a, top, b, end, thing.colour, (thing.slow ? 2 : 1) + (thing.strong ? 1 : 0), thing.words.startsWith("hidden") ? [5, 3] : []);
    Bull.line(ctx, b, end, c, end, thing.colour, 1, [1, 3]);
    Bull.line(ctx, c, end - 4, c, end + 4, thing.colour, 2);
    Bull.label(view, thing.label, c + 4, end, thing.bold ? 60 : b - a, thing.colour);
    ctx.globalAlpha = 1;
    return [[Math.min(a, b), Math.min(top, end) - 5, c + 4, Math.max(top, end) + 5]];
  },
}));
