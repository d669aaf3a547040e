// Trading ranges: a box between support (drawn) and creek or ice (dashed) from the close at which both were known until
// it is left, dotted from where it began; grey while both sides claim it. A letter and a divider where a phase was known.
Bull.layer("ranges", Bull.evidence({
  title: "Ranges", near: { all: 0.1, fed: 0.1 },
  mark(view, d, k, thing) {
    const { ctx, x, y, at, width } = view, long = d.dir[k] > 0, spots = [];
    const place = (t) => Math.max(-9, Math.min(width + 9, x(at(t)))), [left, end, free] = [d.left[k], d.end[k], d.decided[k]];
    const edges = Bull.part(d.edges, k), turns = Bull.part(d.phases, k), grey = Bull.colour("soft");
    const edge = (t) => { let j = edges.length - 1; while (j > 0 && d.edges.time[edges[j]] > t) j--; return edges[j]; };
    const box = (from, to, e, colour) => {
      const [a, b] = [place(from), place(to)], low = y(d.edges.lo[e]), high = y(d.edges.hi[e]);
      if (to <= from || b - a < 0.5) return;
      ctx.fillStyle = colour; ctx.globalAlpha = thing.strong ? 0.11 : thing.bold ? 0.1 : 0.06;
      ctx.fillRect(a, high, b - a, low - high);
      ctx.globalAlpha = thing.bold ? 1 : 0.75;
      for (const [level, support] of [[low, long], [high, !long]]) Bull.line(ctx, a, level, b, level, colour, thing.slow ? 2 : 1, support ? [] : [6, 3]);
    };
    edges.forEach((e, j) => {
      const from = d.edges.time[e], to = Math.min(left, j + 1 < edges.length ? d.edges.time[edges[j + 1]] : left);
      box(from, Math.min(free, to), e, grey); box(Math.max(free, from), to, e, thing.colour);
    });
    const first = edges[0], a = place(d.known[k]), last = edges[edges.length - 1], creek = y(long ? d.edges.hi[last] : d.edges.lo[last]);
    ctx.globalAlpha = thing.bold ? 0.9 : 0.6;
    for (const price of [d.edges.lo[first], d.edges.hi[first]]) Bull.line(ctx, place(d.ref[k]), y(price), a, y(price), free > d.known[k] ? grey : thing.colour, 1, [1, 4]);
    if (end > left) Bull.line(ctx, place(left), creek, place(end), creek, thing.colour, 1, [2, 5]);
    turns.forEach((p, j) => {
      const t = d.phases.time[p], to = j + 1 < turns.length ? d.phases.time[turns[j + 1]] : end, letter = d.phases.phase.names[d.phases.phase.codes[p]];
      const e = edge(t), px = place(t), right = place(to), high = y(d.edges.hi[e]), low = y(d.edges.lo[e]), out = t >= left, colour = t < free ? grey : thing.colour;
      if (right - px < 1) return;
      if (t > d.known[k]) Bull.line(ctx, px, high, px, low, colour, 1, [2, 2]);
      const room = Math.max(0, px), tf = thing.slow ? `${thing.tf} ` : "";
      const quiet = (t < free && !long) || (!thing.strong && thing.half * 2 * view.wide < view.base); // of two sides of one range one is written
      if (out && !quiet) Bull.label(view, tf + letter, room + 3, creek + (long ? -7 : 8), right - room, colour);
      else if (low - high > 12 && !quiet) Bull.label(view, tf + letter, room + 3, long ? high + 8 : low - 8, right - room, colour);
      const told = { dir: 0, words: t < free ? `${thing.words}, or its opposite` : thing.words, lines: Bull.ranged(d, k, e, letter, t) };
      for (const level of out ? [creek] : [high, low]) spots.push([px, level - 3, right, level + 3, told]); // at its edges: the mouse is always inside some range
      if (!out && !quiet) spots.push([px, long ? high : low - 14, Math.min(px + 16, right), long ? high + 14 : low, told]);
    });
    const room = Math.max(0, a), low = y(d.edges.lo[edge(view.from)]), high = y(d.edges.hi[edge(view.from)]);
    if (low - high > 26 && free <= d.known[k]) Bull.label(view, thing.label, room + 3, long ? low - 8 : high + 8, place(left) - room, thing.colour);
    ctx.globalAlpha = 1;
    return spots;
  },
}));

// Numbers of the rows of a sorted table that belong to thing `k`.
Bull.part = (table, k) => {
  const from = Bull.upTo(table.row, k - 1), to = Bull.upTo(table.row, k);
  return Array.from({ length: to - from }, (_, j) => from + j);
};

Bull.ranged = (d, k, e, letter, since) => {
  const [low, high] = [d.edges.lo[e], d.edges.hi[e]].map((price) => Bull.number(price, Bull.digits));
  const names = d.dir[k] > 0 ? `support ${low}, creek ${high}` : `resistance ${high}, ice ${low}`;
  return [names, `${d.made.names[d.made.codes[k]]}, known ${Bull.time(d.known[k])}`, `began ${Bull.time(d.ref[k])}`, `phase ${letter} since ${Bull.time(since)} (known)`];
};
