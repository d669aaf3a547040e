// Candles of any width: a pyramid in which each level joins pairs of the one below, made when first looked at.
Bull.pyramid = (bars) => {
  const levels = [bars];
  const half = (b) => {
    const n = (b.close.length + 1) >> 1, made = {};
    for (const key of ["open", "high", "low", "close", "volume"]) made[key] = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      const i = 2 * k, j = Math.min(i + 1, b.close.length - 1);
      made.open[k] = b.open[i];
      made.high[k] = Math.max(b.high[i], b.high[j]);
      made.low[k] = Math.min(b.low[i], b.low[j]);
      made.close[k] = b.close[j];
      made.volume[k] = i === j ? b.volume[i] : b.volume[i] + b.volume[j];
    }
    return made;
  };
  return (level) => {
    while (levels.length <= level) levels.push(half(levels[levels.length - 1]));
    return levels[level];
  };
};

// Draws candles and volume of one level; `y` and `volumeY` place prices and volumes.
Bull.drawCandles = (view, bars, level, volumeTop) => {
  const { ctx, x, y, bottom } = view, size = 2 ** level;
  const from = Math.max(0, Math.floor(view.low / size)), to = Math.min(bars.close.length, Math.ceil(view.high / size));
  let most = 0;
  for (let k = from; k < to; k++) if (bars.volume[k] > most) most = bars.volume[k];
  const wide = Math.abs(x(size) - x(0)), body = wide > 4 ? Math.max(1, Math.floor(wide * 0.72)) : Math.max(1, wide - 1);
  for (const up of [true, false]) {
    ctx.fillStyle = Bull.colour(up ? "up" : "down");
    for (let k = from; k < to; k++) {
      if ((bars.close[k] >= bars.open[k]) !== up) continue;
      const middle = Math.round(x((k + 0.5) * size)), left = middle - Math.floor(body / 2);
      const top = y(Math.max(bars.open[k], bars.close[k])), low = y(Math.min(bars.open[k], bars.close[k]));
      ctx.fillRect(middle, y(bars.high[k]), 1, Math.max(1, y(bars.low[k]) - y(bars.high[k])));
      ctx.fillRect(left, top, body, Math.max(1, low - top));
      if (most > 0 && bars.volume[k] > 0) {
        const tall = (bottom - volumeTop) * bars.volume[k] / most;
        ctx.globalAlpha = 0.28;
        ctx.fillRect(left, bottom - tall, body, tall);
        ctx.globalAlpha = 1;
      }
    }
  }
};
