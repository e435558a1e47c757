// Times that pass: <time data-since> ticks ("1m 5s"); without seconds, coarse is short ("now", "3m") and ago a phrase
// ("3m ago"): <time data-since="coarse|ago">.
(() => {
  // Made once: making one costs as much as ticking a hundred rows.
  const reader = document.documentElement.lang || undefined;
  const units = Object.fromEntries(["second", "minute", "hour", "day"].map((unit) => [unit,
    new Intl.NumberFormat(reader, { style: "unit", unit, unitDisplay: "narrow" })]));
  const relative = new Intl.RelativeTimeFormat(reader, { numeric: "auto", style: "narrow" });

  const elapsed = (seconds, kind) => {
    if (seconds < 60) return kind ? relative.format(0, "second") : units.second.format(seconds);
    const [name, length] = seconds < 3600 ? ["minute", 60] : seconds < 86400 ? ["hour", 3600] : ["day", 86400];
    const count = Math.floor(seconds / length);
    if (kind === "ago") return relative.format(-count, name);
    const text = units[name].format(count);
    return kind || name !== "minute" ? text : `${text} ${units.second.format(seconds % 60)}`;
  };

  const tick = (time) => {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(time.dateTime)) / 1000));
    const text = elapsed(seconds, time.dataset.since);
    if (time.textContent !== text) time.textContent = text;
    time.dataset.minutes = Math.min(9, Math.floor(seconds / 60));
  };

  const tickAll = () => document.querySelectorAll("time[data-since]").forEach(tick);

  document.addEventListener("baton:placed", tickAll);
  document.addEventListener("DOMContentLoaded", tickAll);
  setInterval(tickAll, 1000);
})();
