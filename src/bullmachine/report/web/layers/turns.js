// What happened in the ranges: a label over or under the bar it is about, a dotted line from there to the close at which
// it was known. A cross is a climax that made no range; what is told again is not written again. Shown with the ranges.
Bull.layer("turns", Bull.evidence({
  title: "Range events", of: "ranges", near: { all: 0.1, fed: 0.25 },
  mark(view, d, k, thing) {
    const { ctx, x, y, at, wide, base } = view, out = d.side[k] > 0 ? -1 : 1;
    const a = x(at(d.ref[k] + thing.half)), b = x(at(d.known[k])), py = y(d.edge[k]) + out * 4;
    const bar = (2 * thing.half / base) * wide, gone = d.over.names[d.over.codes[k]].startsWith("a newer");
    const told = thing.strong || (thing.bold && wide >= 0.25);
    if (bar < 1 && !told) return [];
    ctx.globalAlpha = thing.bold ? 1 : gone ? 0.45 : 0.9;
    if (b - a > bar / 2 + 1) {
      Bull.line(ctx, a, py, b, py, thing.colour, 1, [1, 3]);
      Bull.line(ctx, b, py - 3, b, py + 3, thing.colour, 1.5);
    }
    if (d.shape[k] === 2) return [];
    if (d.shape[k] === 1 && !told) for (const way of [-3, 3]) Bull.line(ctx, a - 3, py + out * 4 - way, a + 3, py + out * 4 + way, thing.colour, 1);
    else if (bar < 3.5 && !told) { ctx.fillStyle = thing.colour; ctx.fillRect(a - 1, py + out * 2 - 1, 3, 3); }
    else Bull.stack(view, thing.label, a, py + out * 6, out, thing.colour);
    ctx.globalAlpha = 1;
    return [[a - 9, Math.min(py, py + out * 14), a + 9, Math.max(py, py + out * 14)]];
  },
}));
