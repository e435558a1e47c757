// Says in the reader's words what the customer's browser says in codes: language, local time, days.
(() => {
  const reader = document.documentElement.lang || undefined;
  const time = { weekday: "short", hour: "2-digit", minute: "2-digit" };
  const date = (options) => new Intl.DateTimeFormat(undefined, options);

  const language = ({ dataset }) => new Intl.DisplayNames(reader, { type: "language" }).of(dataset.language);
  const clock = ({ dataset }) => date({ ...time, timeZone: dataset.zone }).format();
  const day = ({ dateTime }) => date({ dateStyle: "medium" }).format(new Date(dateTime));

  const fill = (selector, inWords) => {
    for (const element of document.querySelectorAll(selector)) {
      try {
        const words = inWords(element);
        if (element.textContent !== words) element.textContent = words;
      } catch {
        // A browser may claim any code. One that nobody knows stays as it is.
      }
    }
  };

  const fillAll = () => {
    fill("[data-language]", language);
    fill("time[data-zone]", clock);
    fill("time[data-day]", day);
  };

  document.addEventListener("baton:placed", fillAll);
  setInterval(fillAll, 10_000);
  fillAll();
})();
