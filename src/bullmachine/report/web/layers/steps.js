// Stops and targets as step lines, drawn while single bars can be told apart.
Bull.layer("steps", {
  title: "Stops and targets",
  draw({ ctx, x, y, at, from, to, wide }, data) {
    if (wide < 1.2) return;
    ctx.lineWidth = 1.2;
    for (let k = 0; k < data.from.length && data.from[k] <= to; k++) {
      if (data.to[k] < from) continue;
      const stop = data.kind.names[data.kind.codes[k]] === "stop";
      const left = x(at(data.from[k])), right = Math.max(x(at(data.to[k])), left + 1), level = Math.round(y(data.price[k])) + 0.5;
      ctx.strokeStyle = Bull.colour(stop ? "stop" : "target");
      ctx.setLineDash(stop ? [] : [5, 3]);
      ctx.beginPath(); ctx.moveTo(left, level); ctx.lineTo(right, level); ctx.stroke();
    }
    ctx.setLineDash([]);
  },
});
