// Phases as a strip under the chart: a pair of lanes for each timeframe, accumulation over distribution; the further
// the phase, the stronger the colour.
Bull.strip = {
  tall: 10, paint: { A1: 0.14, A2: 0.22, B: 0.36, C: 0.62, D: 0.9, E: 0.5 },
  frames: () => Object.keys(Bull.data.frames).filter((tf) => !Bull.want.off.has(tf)),
  top: (tf, dir) => 3 + Bull.strip.frames().indexOf(tf) * (2 * Bull.strip.tall + 4) + (dir > 0 ? 0 : Bull.strip.tall + 1),
};

Bull.layer("phases", Bull.evidence({
  title: "Phases", near: { all: 0, fed: 0 },
  foot: () => Bull.strip.frames().length * (2 * Bull.strip.tall + 4) + 2,
  lanes({ ctx, width, foot }) {
    ctx.textAlign = "left";
    for (const tf of Bull.strip.frames()) {
      ctx.fillStyle = Bull.colour("soft"); ctx.fillText(`${tf} phase`, width + 6, foot + Bull.strip.top(tf, 1) + Bull.strip.tall);
      ctx.fillStyle = Bull.colour("grid"); for (const dir of [1, -1]) ctx.fillRect(0, foot + Bull.strip.top(tf, dir), width, Bull.strip.tall);
    }
  },
  mark({ ctx, x, at, width, foot }, d, k, thing) {
    const a = Math.max(0, x(at(d.known[k]))), b = Math.min(width, x(at(d.end[k]))), top = foot + Bull.strip.top(thing.tf, d.dir[k]);
    if (b - a < 0.3) return [];
    const share = Bull.strip.paint[d.phase.names[d.phase.codes[k]]];
    ctx.fillStyle = thing.colour; ctx.globalAlpha = share; ctx.fillRect(a, top, b - a, Bull.strip.tall); ctx.globalAlpha = 1;
    if (b - a > 10) {
      ctx.fillStyle = Bull.colour(share > 0.55 ? "panel" : "text"); ctx.textAlign = "left"; ctx.font = "bold 9px system-ui, sans-serif";
      ctx.fillText(thing.short, a + 3, top + Bull.strip.tall / 2 + 0.5); ctx.font = Bull.font;
    }
    const since = d.begun[k] ? `since ${Bull.time(d.known[k])} (known)` : "since before the window";
    return [[a, top, b, top + Bull.strip.tall, { dir: 0, lines: [since, `until ${Bull.time(d.end[k])}`] }]];
  },
}));
