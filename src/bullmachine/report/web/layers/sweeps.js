// Sweeps: a ring at the extreme, the swept level from there to the close at which it was known. A run is a bare tick,
// a smart-money reversal a filled ring.
Bull.layer("sweeps", Bull.evidence({
  title: "Sweeps",
  mark(view, d, k, thing) {
    const { ctx, x, y, at, wide } = view;
    const a = x(at(d.ref[k] + thing.half)), b = x(at(d.known[k])), level = Math.round(y(d.price[k])) + 0.5, far = y(d.extreme[k]);
    const size = wide < 2 ? 2.5 : thing.slow ? 5 : 4, out = far < level ? -1 : 1, run = thing.words.startsWith("run");
    ctx.globalAlpha = thing.bold ? 1 : 0.8;
    Bull.line(ctx, Math.min(a, b - 6), level, b, level, thing.colour, thing.strong ? 2 : 1);
    if (run) Bull.line(ctx, b, level, b, level + out * 8, thing.colour, 2);
    else {
      ctx.beginPath(); ctx.arc(a, far + out * (size + 2), size, 0, 7); ctx.lineWidth = thing.strong ? 2.5 : 1.5; ctx.stroke(); ctx.lineWidth = 1;
      if (thing.words.startsWith("smart")) { ctx.fillStyle = thing.colour; ctx.fill(); }
    }
    if (wide > 7 || thing.bold) Bull.label(view, thing.label, b + 3, level + out * 8, 90, thing.colour);
    ctx.globalAlpha = 1;
    return [[Math.min(a, b) - 5, Math.min(level, far) - 8, Math.max(a, b) + 4, Math.max(level, far) + 8]];
  },
}));
