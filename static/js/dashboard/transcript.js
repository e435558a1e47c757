/* Reading a transcript: earlier pages on request, and a way back down when something new came meanwhile. */
(() => {
  const NEAR = 48;

  const scroller = (element) => element.closest(".transcript").querySelector(".transcript__scroller");
  // The scroller is reversed: 0 is the newest line, and what lies above counts negative.
  const isAtLatest = (element) => scroller(element).scrollTop > -NEAR;

  async function showEarlier(button) {
    const log = document.querySelector(button.dataset.log);
    const first = () => Number(log.querySelector("[data-seq]").dataset.seq);
    button.disabled = true;
    await baton.request(`${button.dataset.earlier}?before=${first()}`, { method: "GET", source: button });
    button.disabled = false;
    // Numbers have no gaps, so number 1 is where a chat begins.
    if (first() > 1) return;
    log.focus({ preventScroll: true });
    button.parentElement.remove();
  }

  function toLatest(button) {
    scroller(button).scrollTo({ top: 0, behavior: "smooth" });
    button.hidden = true;
  }

  /* A reader who has scrolled up is not pulled away; they are told. */
  function tell(log, added) {
    const isLast = (node) => node.matches?.(".entry:not([hidden], .entry--mine)") && !node.nextElementSibling;
    if (isAtLatest(log) || !added.some(isLast)) return;
    log.closest(".transcript").querySelector("[data-to-latest]").hidden = false;
  }

  const watcher = new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) tell(target, [...addedNodes]);
  });

  function watch() {
    const log = document.querySelector(".conversation");
    watcher.disconnect();
    if (log) watcher.observe(log, { childList: true });
  }

  document.addEventListener("click", (event) => {
    const earlier = event.target.closest("[data-earlier]");
    const latest = event.target.closest("[data-to-latest]");
    if (earlier) showEarlier(earlier);
    if (latest) toLatest(latest);
  });

  document.addEventListener("baton:sent", () => {
    const shown = document.querySelector(".transcript__scroller");
    if (shown) shown.scrollTop = 0;
  });

  document.addEventListener("scroll", (event) => {
    if (!event.target.matches?.(".transcript__scroller") || !isAtLatest(event.target)) return;
    event.target.parentElement.querySelector("[data-to-latest]").hidden = true;
  }, true);

  new MutationObserver(watch).observe(document.getElementById("open_chat"), { childList: true });
  watch();
})();
