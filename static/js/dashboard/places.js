/* Says in the reader's words what the customer's browser says in codes: language, local time, days. */
(() => {
  const reader = document.documentElement.lang || undefined;

  /* Whatever a browser may claim, it must not break the page: an unknown code stays as it is. */
  function attempt(fill) {
    return (element) => {
      try {
        const text = fill(element);
        if (text && element.textContent !== text) element.textContent = text;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    };
  }

  const language = attempt((element) =>
    new Intl.DisplayNames(reader, { type: "language" }).of(element.dataset.language));

  const clock = attempt((element) =>
    new Intl.DateTimeFormat(reader, { timeZone: element.dataset.zone, weekday: "short", hour: "2-digit", minute: "2-digit" })
      .format(new Date()));

  const day = attempt((element) =>
    new Intl.DateTimeFormat(reader, { dateStyle: "medium" }).format(new Date(element.dateTime)));

  function fillIn() {
    document.querySelectorAll("[data-language]").forEach(language);
    document.querySelectorAll("time[data-zone]").forEach(clock);
    document.querySelectorAll("time[data-day]").forEach(day);
  }

  document.addEventListener("baton:placed", fillIn);
  setInterval(fillIn, 10_000);
  fillIn();
})();
