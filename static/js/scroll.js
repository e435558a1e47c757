// Keeps a log (role="log") at its end while the reader is there; who has scrolled up to read is left alone.
(() => {
  const NEAR = 80;
  const atEnd = new WeakMap();
  const toEnd = (log) => (log.scrollTop = log.scrollHeight);

  const watch = (log) => {
    log.dataset.watched = "true";
    atEnd.set(log, true);
    log.addEventListener("scroll", () => atEnd.set(log, log.scrollHeight - log.scrollTop - log.clientHeight < NEAR));
    const settle = () => atEnd.get(log) && toEnd(log);
    new MutationObserver(settle).observe(log, { childList: true });
    new ResizeObserver(settle).observe(log);
    toEnd(log);
  };

  const watchAll = () => document.querySelectorAll("[role=log]:not([data-watched])").forEach(watch);

  document.addEventListener("baton:placed", watchAll);
  document.addEventListener("DOMContentLoaded", watchAll);
  document.addEventListener("baton:sent", () => document.querySelectorAll("[role=log]").forEach(toEnd));
})();
