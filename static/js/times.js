// Times in the reader's own zone (<time data-time>), and waiting times that tick (<time data-since="fine|coarse">).
(() => {
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  // Made once: making one costs as much as ticking a hundred rows.
  const units = Object.fromEntries(["second", "minute", "hour", "day"].map((unit) => [unit,
    new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "unit", unit, unitDisplay: "narrow" })]));
  const unit = (value, name) => units[name].format(value);

  const localise = (time) => {
    const instant = new Date(time.dateTime);
    const today = instant.toDateString() === new Date().toDateString();
    time.textContent = (today ? clock : calendar).format(instant);
    time.title = calendar.format(instant);
    time.dataset.time = "local";
  };

  const elapsed = (seconds, fine) => {
    if (seconds < 60) return fine ? unit(seconds, "second") : unit(Math.max(1, Math.round(seconds / 60)), "minute");
    if (seconds < 3600) {
      const minutes = unit(Math.floor(seconds / 60), "minute");
      return fine ? `${minutes} ${unit(seconds % 60, "second")}` : minutes;
    }
    if (seconds < 86400) return unit(Math.floor(seconds / 3600), "hour");
    return unit(Math.floor(seconds / 86400), "day");
  };

  const tick = (time) => {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(time.dateTime)) / 1000));
    const text = elapsed(seconds, time.dataset.since !== "coarse");
    if (time.textContent !== text) time.textContent = text;
    time.dataset.minutes = Math.min(9, Math.floor(seconds / 60));
  };

  const localiseAll = () => document.querySelectorAll("time[data-time='']").forEach(localise);
  const tickAll = () => document.querySelectorAll("time[data-since]").forEach(tick);

  document.addEventListener("baton:placed", () => { localiseAll(); tickAll(); });
  document.addEventListener("DOMContentLoaded", () => {
    localiseAll();
    tickAll();
    setInterval(tickAll, 1000);
  });
})();
