// Keeps a log (role="log") at its end while the reader is there; who has scrolled up to read is left alone.
(() => {
  const NEAR = 80;
  const atEnd = new WeakMap();
  const toEnd = (log) => (log.scrollTop = log.scrollHeight);

  const watch = (log) => {
    log.dataset.watched = "true";
    atEnd.set(log, true);
    let height;
    log.addEventListener("scroll", () => {
      // A log that has just become lower or higher moves without its reader.
      if (log.clientHeight === height) atEnd.set(log, log.scrollHeight - log.scrollTop - height < NEAR);
    });
    const settle = () => {
      height = log.clientHeight;
      if (atEnd.get(log)) toEnd(log);
    };
    new MutationObserver(settle).observe(log, { childList: true });
    new ResizeObserver(settle).observe(log);
    settle();
  };

  const watchAll = () => document.querySelectorAll("[role=log]:not([data-watched])").forEach(watch);

  document.addEventListener("baton:placed", watchAll);
  document.addEventListener("DOMContentLoaded", watchAll);
  document.addEventListener("baton:sent", () => document.querySelectorAll("[role=log]").forEach(toEnd));
})();
