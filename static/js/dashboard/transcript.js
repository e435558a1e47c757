// Reading a transcript: earlier pages on request, and a way back down when something new came meanwhile.
(() => {
  const NEAR = 48;
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");

  const scroller = (element) => element.closest(".transcript").querySelector(".transcript__scroller");
  // The scroller is reversed: 0 is the newest line, and what lies above counts negative.
  const isAtLatest = (element) => scroller(element).scrollTop > -NEAR;
  const toLatest = (element) =>
    scroller(element).scrollTo({ top: 0, behavior: stillness.matches ? "instant" : "smooth" });

  const showEarlier = async (button) => {
    const log = document.querySelector(button.dataset.log);
    const first = () => Number(log.querySelector("[data-seq]").dataset.seq);
    button.disabled = true;
    await baton.request(`${button.dataset.earlier}?before=${first()}`, { source: button });
    button.disabled = false;
    // Numbers have no gaps: number 1 is where the chat begins.
    if (first() > 1) return;
    log.focus({ preventScroll: true });
    button.parentElement.remove();
  };

  // A reader who has scrolled up is not pulled away, but told.
  const tell = ({ target: log, addedNodes }) => {
    const isNew = (node) => node.matches?.(".entry:not([hidden], .entry--mine)") && !node.nextElementSibling;
    if (isAtLatest(log) || ![...addedNodes].some(isNew)) return;
    log.closest(".transcript").querySelector("[data-to-latest]").hidden = false;
  };

  const watcher = new MutationObserver((changes) => changes.forEach(tell));
  const watch = () => {
    const log = document.querySelector(".conversation");
    watcher.disconnect();
    if (log) watcher.observe(log, { childList: true });
  };

  document.addEventListener("click", (event) => {
    const earlier = event.target.closest("[data-earlier]");
    const latest = event.target.closest("[data-to-latest]");
    if (earlier) showEarlier(earlier);
    if (!latest) return;
    toLatest(latest);
    // The button goes away with the focus that it has.
    latest.closest(".transcript").querySelector("[role=log]").focus({ preventScroll: true });
  });
  document.addEventListener("baton:sent", ({ detail }) => {
    const log = document.getElementById(`conversation_chat_${detail.chat}`);
    if (log) toLatest(log);
  });
  document.addEventListener("scroll", ({ target }) => {
    if (!target.matches?.(".transcript__scroller") || !isAtLatest(target)) return;
    target.parentElement.querySelector("[data-to-latest]").hidden = true;
  }, true);

  new MutationObserver(watch).observe(document.getElementById("open_chat"), { childList: true });
  watch();
})();
