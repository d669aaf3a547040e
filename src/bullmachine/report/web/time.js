// Times as the reader wants them: UTC, on the exchange's clock, or on the reader's own.
Bull.clock = { zone: "UTC", cache: new Map(), format: null };

Bull.setClock = (zone) => {
  const clock = Bull.clock;
  clock.zone = zone;
  clock.cache.clear();
  clock.format = zone === "UTC" ? null : new Intl.DateTimeFormat("en-CA", {
    timeZone: zone === "local" ? undefined : zone, hourCycle: "h23",
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  for (const made of document.querySelectorAll("time")) made.textContent = Bull.time(Date.parse(made.dateTime));
  Bull.tell("clock");
};

// Milliseconds to add to UTC; asked once per hour of time, because Intl is slow and clocks change on the hour.
Bull.offset = (ms) => {
  const { format, cache } = Bull.clock;
  if (!format) return 0;
  const hour = Math.floor(ms / 3600000);
  if (!cache.has(hour)) {
    const part = Object.fromEntries(format.formatToParts(hour * 3600000).map((p) => [p.type, Number(p.value)]));
    const there = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
    cache.set(hour, there - hour * 3600000);
  }
  return cache.get(hour);
};

Bull.time = (ms) => new Date(ms + Bull.offset(ms)).toISOString().slice(0, 16).replace("T", " ");

// What an axis writes where the clock passes from `before` to `ms` at marks of `step` milliseconds; null for nothing.
Bull.mark = (before, ms, step) => {
  const a = new Date(before + Bull.offset(before)), b = new Date(ms + Bull.offset(ms));
  const text = b.toISOString(), day = 86400000;
  if (step >= 360 * day) return a.getUTCFullYear() !== b.getUTCFullYear() ? text.slice(0, 4) : null;
  if (step >= 28 * day) {
    const months = Math.round(step / (30 * day)), number = (d) => Math.floor((d.getUTCFullYear() * 12 + d.getUTCMonth()) / months);
    return number(a) !== number(b) ? text.slice(0, 7) : null;
  }
  if (Math.floor(a / step) === Math.floor(b / step)) return null;
  return Math.floor(a / day) !== Math.floor(b / day) ? text.slice(5, 10) : text.slice(11, 16);
};

Bull.steps = [1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 7200, 14400].map((m) => m * 60000)
  .concat([30, 90, 180, 360].map((d) => d * 86400000));
