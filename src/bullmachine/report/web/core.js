// What every part shares: the unpacked data, elements, numbers, and who hears of a chosen trade.
const Bull = { layers: [], listeners: [], chosen: -1, shown: {} };

// A layer of the chart: {title, draw(view, data)}; `view` is described in chart.js.
// Evidence (evidence.js) waits for its switch, the others are shown.
Bull.layer = (name, layer) => { Bull.layers.push({ name, ...layer }); Bull.shown[name] = !layer.evidence; };

// Redraw on a change of trade, symbol, clock or colours; `what` says which.
Bull.hear = (listener) => Bull.listeners.push(listener);
Bull.tell = (what) => { if (what === "colours") Bull.paints.clear(); Bull.listeners.forEach((listener) => listener(what)); };
Bull.choose = (row) => { Bull.chosen = row; Bull.tell("trade"); };

Bull.element = (name, attributes = {}, ...content) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...content);
  return made;
};

Bull.button = (text, title, act, attributes = {}) =>
  Bull.element("button", { type: "button", title, onclick: act, ...attributes }, text);

// Buttons of which one is pressed.
Bull.choice = (label, options, now, act) => {
  const box = Bull.element("div", { class: "choice", role: "group", "aria-label": label });
  const press = (value) => { for (const b of box.children) b.setAttribute("aria-pressed", String(b.value === value)); };
  for (const [value, text, title] of options) {
    box.append(Bull.button(text, title, () => { press(value); act(value); }, { value }));
  }
  press(now);
  return box;
};

Bull.number = (value, digits = 2, sign = false) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const zero = !/[1-9]/.test(text);
  return (value < 0 && !zero ? "−" : sign && !zero ? "+" : "") + text;
};

Bull.short = (value) => {
  const size = Math.abs(value);
  const [by, unit] = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : size >= 1e4 ? [1e3, "k"] : [1, ""];
  return Bull.number(value / by, by > 1 ? 1 : 2) + unit;
};

// Colours of the style sheet by name; asking the browser costs more than drawing with them, so each is asked once.
Bull.paints = new Map();
Bull.colour = (name) => {
  if (!Bull.paints.has(name)) Bull.paints.set(name, getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
  return Bull.paints.get(name);
};

// Number of entries of the ascending `list` that are <= `value`.
Bull.upTo = (list, value) => {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1; else high = middle;
  }
  return low;
};

Bull.font = "11px system-ui, sans-serif";

// A canvas that fills `box`, sharp on any screen; `draw(ctx, width, height)` at most once a frame.
Bull.canvas = (box, label, draw) => {
  const canvas = Bull.element("canvas", { role: "img", "aria-label": label, tabindex: "0" });
  box.append(canvas);
  let waiting = false;
  const paint = () => {
    waiting = false;
    const { clientWidth: width, clientHeight: height } = canvas, ratio = window.devicePixelRatio || 1;
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.font = Bull.font;
    ctx.textBaseline = "middle";
    draw(ctx, width, height);
  };
  const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(paint); } };
  new ResizeObserver(redraw).observe(canvas);
  return { canvas, redraw };
};

// Round values of a price axis between two ends, about `wanted` of them.
Bull.ticks = (low, high, wanted) => {
  const rough = (high - low) / Math.max(wanted, 1);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((n) => n * power >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  return found;
};

// Unpack: see pack.py. Returns a function that turns every packed column inside a value into numbers.
Bull.unpacker = async (text) => {
  const coded = atob(text), bytes = new Uint8Array(coded.length);
  for (let k = 0; k < coded.length; k++) bytes[k] = coded.charCodeAt(k);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const plain = new Uint8Array(await new Response(stream).arrayBuffer());
  const column = ({ at, n, places, first, alone }) => {
    const width = places === undefined ? 8 : 4, ordered = new Uint8Array(n * width), values = new Float64Array(n);
    for (let plane = 0; plane < width; plane++) {
      for (let k = 0; k < n; k++) ordered[k * width + plane] = plain[at + plane * n + k];
    }
    const read = new DataView(ordered.buffer);
    let sum = first || 0;
    for (let k = 0; k < n; k++) {
      if (width === 8) { values[k] = read.getFloat64(k * 8, true); continue; }
      sum = (alone ? 0 : sum) + read.getInt32(k * 4, true);
      values[k] = places < 0 ? sum * 10 ** -places : sum / 10 ** places;
    }
    return values;
  };
  const unpack = (value) => {
    if (Array.isArray(value)) return value.map(unpack);
    if (value === null || typeof value !== "object") return value;
    if ("at" in value && "n" in value) return column(value);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpack(inner)]));
  };
  return unpack;
};
