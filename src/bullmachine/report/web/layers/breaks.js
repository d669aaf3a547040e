// Breaks of structure: a line from the broken swing to the close that broke it; displacement as a mark at its bar.
Bull.layer("breaks", Bull.evidence({
  title: "Breaks",
  mark(view, d, k, thing) {
    const { ctx, x, y, at, wide } = view;
    const a = x(at(d.from[k])), b = x(at(d.known[k])), level = Math.round(y(d.price[k])) + 0.5;
    if (d.from[k] === d.ref[k]) { // displacement: nothing was broken
      if (wide < 1.5 && !thing.bold) return [];
      ctx.globalAlpha = 0.75; Bull.line(ctx, b, level - 4, b, level + 4, thing.colour, thing.slow ? 3 : 2); ctx.globalAlpha = 1;
      if (thing.strong || wide > 14) Bull.label(view, thing.label, b + 4, level, 60, thing.colour);
      return [[b - 3, level - 5, b + 3, level + 5]];
    }
    const shift = thing.words.startsWith("market"), dash = thing.words.startsWith("break") ? [] : shift ? [] : [6, 3];
    ctx.globalAlpha = thing.bold ? 1 : 0.75;
    Bull.line(ctx, a, level, b, level, thing.colour, (shift ? 2 : 1) + (thing.slow ? 1 : 0), dash);
    Bull.line(ctx, b, level - 3, b, level + 3, thing.colour, 2);
    Bull.label(view, thing.label, (Math.max(a, 0) + b) / 2 - 12, level + (d.dir[k] > 0 ? -7 : 8), (b - a) / 2 + 12, thing.colour);
    ctx.globalAlpha = 1;
    return [[a, level - 4, b, level + 4]];
  },
}));
