// Keeps a log (role="log") at its end while the reader is there; who has scrolled up to read is left where they are,
// and told of what is new by a <button data-to-end> beside the log.
(() => {
  const NEAR = 80;
  const atEnd = new WeakMap();
  const toEnd = (log) => (log.scrollTop = log.scrollHeight);

  const watch = (log) => {
    log.dataset.watched = "true";
    atEnd.set(log, true);
    const more = log.parentElement.querySelector("[data-to-end]");
    let height, last;
    log.addEventListener("scroll", () => {
      // A log that has just become lower or higher moves without its reader.
      if (log.clientHeight === height) atEnd.set(log, log.scrollHeight - log.scrollTop - height < NEAR);
      if (atEnd.get(log)) more.hidden = true;
    });
    const settle = () => {
      height = log.clientHeight;
      const newest = log.querySelector(":nth-last-child(1 of .entry:not([hidden]))");
      if (atEnd.get(log)) toEnd(log);
      else if (newest.id !== last && !newest.matches(".entry--mine")) more.hidden = false;
      last = newest?.id;
    };
    more.onclick = () => {
      toEnd(log);
      log.focus();
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
