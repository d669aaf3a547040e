// Evidence: what engines said, drawn from the moment it was known on. Hidden but for what fed a trade, until the
// switch of its layer is pressed. Such a layer is Bull.evidence({title, mark(view, d, k, thing), ...}); `d` has the
// columns of row `k` with times in milliseconds, `thing` is {label, words, says, tf, half (a bar, ms), slow, fed, strong,
// bold, colour}.
Bull.want = { fed: true, off: new Set() };
Bull.near = { all: 0.5, fed: 0.25 }; // pixels a bar from which on they are drawn

Bull.evidence = (layer) => ({
  ...layer, evidence: true,
  draw(view, data) {
    const d = Bull.things(data), near = this.near || Bull.near, count = Bull.upTo(d.known, view.to);
    const shown = Bull.shown[this.of || this.name], all = shown && view.wide >= near.all;
    if (shown && !all) view.note("zoom in to see all evidence");
    if (shown && this.lanes) this.lanes(view);
    if (all) for (let k = 0; k < count; k++) this.one(view, d, k);
    else if (Bull.want.fed && view.wide >= near.fed) for (const k of d.links.keys()) if (k < count) this.one(view, d, k);
  },
  one(view, d, k) {
    if (d.end[k] < view.from) return;
    const tf = d.tf.names[d.tf.codes[k]];
    if (Bull.want.off.has(tf)) return;
    const fed = d.links.get(k) || [], chosen = Bull.chosen < 0 ? 0 : Bull.data.trades.values.id[Bull.chosen];
    const { label, words, says } = d.kinds[d.kind[k]], length = Bull.data.frames[tf], slow = length > view.base;
    const strong = fed.includes(chosen), bold = strong || (fed.length > 0 && !chosen); // what fed other trades steps back
    const thing = { short: label, label: slow ? `${tf} ${label}` : label, words, says, tf, half: length / 2, slow, fed, strong, bold, colour: Bull.colour(Bull.way(d.dir[k])) };
    for (const spot of this.mark(view, d, k, thing) || []) {
      view.hit(spot, () => Bull.told(d, k, { ...thing, ...spot[4] }), () => this.mark(view, d, k, { ...thing, strong: true, bold: true, ref: true }));
    }
  },
});

Bull.way = (dir) => (dir > 0 ? "long" : dir < 0 ? "short" : "soft");

// The columns of a layer with times of day instead of distances; worked out when first drawn.
Bull.things = (data) => {
  if (data.links) return data;
  for (const key of ["ref", "end", "flip", "from", "left", "decided"]) if (data[key]) data[key] = data[key].map((far, k) => (data.known[k] + far) * data.unit);
  data.known = data.known.map((t) => t * data.unit);
  data.links = new Map();
  data.fed.row.forEach((row, k) => data.links.set(row, [...(data.links.get(row) || []), data.fed.position[k]]));
  return data;
};

// What the tooltip says.
Bull.told = (d, k, thing) => {
  const price = (value) => Bull.number(value, Bull.digits), dir = thing.dir === undefined ? d.dir[k] : thing.dir;
  const ways = d.source ? ["buy side", "sell side"] : ["bullish", "bearish"];
  const lines = [`${thing.tf} ${thing.words}${dir ? `, ${ways[dir > 0 ? 0 : 1]}` : ""}`, thing.says];
  if (d.source) lines.push(`${d.source.names[d.source.codes[k]]}${d.n[k] > 1 ? `, ${d.n[k]} pivots` : ""}`);
  if (thing.lines) lines.push(...thing.lines);
  else {
    lines.push(d.lo ? `${price(d.lo[k])} to ${price(d.hi[k])}` : d.extreme ? `level ${price(d.price[k])}, extreme ${price(d.extreme[k])}` : price(d.price[k]));
    lines.push(`bar of ${Bull.time(d.ref[k])}`, `known ${Bull.time(d.known[k])}`);
  }
  if (d.why && d.why.names[d.why.codes[k]]) lines.push(`because ${d.why.names[d.why.codes[k]]}`);
  if (d.flip && d.flip[k] < d.end[k]) lines.push(`turned ${Bull.time(d.flip[k])} into: ${d.flipped.words}`);
  const over = d.over.names[d.over.codes[k]];
  if (over) lines.push(`ended ${Bull.time(d.end[k])}: ${over}`);
  if (d.score[k] > 0) lines.push(`score ${Bull.number(d.score[k], 2)}`);
  if (thing.fed.length) lines.push(`fed trade ${thing.fed.map((id) => "#" + id).join(", ")}`);
  return lines;
};

// A label where there is room for it and no other one yet; whether there was.
Bull.widths = new Map();
Bull.wide = (ctx, text) => {
  if (!Bull.widths.has(text)) Bull.widths.set(text, ctx.measureText(text).width);
  return Bull.widths.get(text);
};
Bull.label = ({ ctx, labels }, text, px, py, room, colour) => {
  const wide = Bull.wide(ctx, text);
  if (!text || wide > room || labels.some(([left, right, at]) => px < right && px + wide > left && Math.abs(at - py) < 11)) return false;
  labels.push([px - 3, px + wide + 3, py, text]);
  ctx.strokeStyle = Bull.colour("panel"); ctx.lineWidth = 3; ctx.lineJoin = "round"; ctx.textAlign = "left"; ctx.strokeText(text, px, py); ctx.lineWidth = 1; // over candles
  ctx.fillStyle = colour; ctx.fillText(text, px, py);
  return true;
};

// A label centred at a spot, or as many lines further out (-1 up, +1 down) as others take; a line then leads to it.
Bull.stack = (view, text, px, py, out, colour) => {
  const wide = Bull.wide(view.ctx, text), left = Math.max(Math.min(px, 2), Math.min(Math.max(px - wide, view.width - wide - 2), px - wide / 2));
  if (view.labels.some(([from, , at, own]) => own === text && from === left - 3 && (at - py) * out >= 0)) return; // under the mouse it is drawn again
  for (let line = 0; line < 6; line++) {
    if (py + out * 11 * line < view.head + 6 || py + out * 11 * line > view.bottom - 5) return;
    if (!Bull.label(view, text, left, py + out * 11 * line, Infinity, colour)) continue;
    if (line) Bull.line(view.ctx, px, py - out * 5, px, py + out * (11 * line - 6), colour, 1, [1, 2]);
    return;
  }
};

// A straight line; `dash` as of setLineDash.
Bull.line = (ctx, ax, ay, bx, by, colour, wide = 1, dash = []) => {
  ctx.strokeStyle = colour; ctx.lineWidth = wide; ctx.setLineDash(dash);
  ctx.beginPath(); ctx.moveTo(ax, ay); ctx.lineTo(bx, by); ctx.stroke(); ctx.setLineDash([]); ctx.lineWidth = 1;
};

// Zones: a box from the close at which it was known; it changes its colour where it turned. `edge` draws its sides.
Bull.zones = (edge) => (view, d, k, thing) => {
  const { ctx, x, y, at, width } = view, top = y(d.hi[k]), tall = Math.max(1, y(d.lo[k]) - top), spots = [];
  const ends = [d.known[k], d.flip[k], d.end[k]].map((t) => Math.max(-9, Math.min(width + 9, x(at(t)))));
  for (const part of [0, 1]) {
    const [a, b] = [ends[part], ends[part + 1]], turned = part && d.flipped, dir = turned ? -d.dir[k] : d.dir[k];
    if (b <= 0 || a >= width || b - a < 0.5) continue;
    const colour = Bull.colour(Bull.way(dir)), label = turned ? thing.label.replace(d.kinds[d.kind[k]].label, d.flipped.label) : thing.label;
    ctx.fillStyle = colour; ctx.globalAlpha = thing.strong ? 0.26 : thing.bold ? 0.16 : 0.08;
    ctx.fillRect(a, top, b - a, tall);
    ctx.globalAlpha = thing.bold ? 0.95 : 0.4;
    if (edge) for (const side of [top, top + tall]) Bull.line(ctx, a, side, b, side, colour, 1, edge);
    if (thing.slow) ctx.fillRect(a, top, 3, tall);
    else if (!edge && thing.bold) ctx.fillRect(a, top, 1, tall);
    ctx.globalAlpha = 1;
    const left = Math.max(a, 0) + (thing.slow ? 6 : 3);
    if (tall >= 11) Bull.label(view, label, left, top + tall / 2, b - left - 2, colour);
    else if (thing.bold) Bull.label(view, label, left, top - 7, b - left, colour);
    spots.push([a, top, b, top + tall, turned ? { dir, words: d.flipped.words, says: d.flipped.says } : { dir }]);
  }
  if (thing.ref || (thing.bold && view.wide > 2)) Bull.line(ctx, x(at(d.ref[k])), top + tall / 2, ends[0], top + tall / 2, thing.colour, 1, [1, 3]);
  return spots;
};
