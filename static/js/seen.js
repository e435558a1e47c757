// Reports how far this side has read (<… data-seen-url="/…/seen"> around a log), when somebody really looks;
// and marks the own messages that the other side has seen (<span data-seen="17">).
(() => {
  const reported = new WeakMap();

  const looking = () => !document.hidden && document.body.dataset.open !== "false";

  const report = (element) => {
    const others = element.querySelectorAll("[data-seq]:not(.entry--mine)");
    const last = Number([...others].at(-1)?.dataset.seq ?? 0);
    if (!looking() || last <= (reported.get(element) ?? 0)) return;
    reported.set(element, last);
    baton.request(element.dataset.seenUrl, { method: "POST", form: { seq: last }, source: element }).then(({ ok }) => {
      if (!ok) reported.delete(element);
    });
  };

  let soon;
  const reportSoon = () => {
    clearTimeout(soon);
    soon = setTimeout(() => document.querySelectorAll("[data-seen-url]").forEach(report), 400);
  };

  const mark = () => {
    for (const seen of document.querySelectorAll("[data-seen]")) {
      for (const entry of seen.closest("[data-live]")?.querySelectorAll(".entry--mine[data-seq]") ?? []) {
        const status = entry.querySelector(".entry__status");
        if (!status || Number(entry.dataset.seq) > Number(seen.dataset.seen)) continue;
        status.dataset.status = "seen";
        status.textContent = document.getElementById("status_words").dataset.seen;
      }
    }
  };

  document.addEventListener("baton:placed", () => { mark(); reportSoon(); });
  document.addEventListener("baton:open", reportSoon);
  document.addEventListener("visibilitychange", reportSoon);
  document.addEventListener("DOMContentLoaded", () => { mark(); reportSoon(); });
})();
