// Reactions: a diamond at the zone's middle when the reaction was known, a line to where its claim ended; a cross if it failed.
Bull.layer("reactions", Bull.evidence({
  title: "Reactions",
  mark({ ctx, x, y, at }, d, k, thing) {
    const a = x(at(d.known[k])), b = x(at(d.end[k])), py = y(d.price[k]), size = (thing.slow ? 6 : 5) + (thing.strong ? 1 : 0);
    const over = d.over.names[d.over.codes[k]], failed = over.startsWith("failed");
    ctx.globalAlpha = thing.bold ? 1 : 0.7;
    Bull.line(ctx, a, py, b, py, thing.colour, 1, [2, 2]);
    if (failed) for (const way of [-4, 4]) Bull.line(ctx, b - 4, py - way, b + 4, py + way, thing.colour, 1.5);
    ctx.fillStyle = thing.colour; ctx.beginPath(); ctx.moveTo(a, py - size); ctx.lineTo(a + size, py); ctx.lineTo(a, py + size); ctx.lineTo(a - size, py); ctx.closePath(); ctx.fill();
    if (thing.ref) Bull.line(ctx, x(at(d.ref[k])), py, a, py, thing.colour, 1, [1, 3]);
    ctx.globalAlpha = 1;
    return [[a - 6, py - 7, Math.max(b, a + 6), py + 7]];
  },
}));
