// Times in the reader's own zone: <time data-time>.
(() => {
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  const localise = (time) => {
    const instant = new Date(time.dateTime);
    const today = instant.toDateString() === new Date().toDateString();
    time.textContent = (today ? clock : calendar).format(instant);
    time.title = calendar.format(instant);
    time.dataset.time = "local";
  };

  const localiseAll = () => document.querySelectorAll("time[data-time='']").forEach(localise);

  document.addEventListener("baton:placed", localiseAll);
  document.addEventListener("DOMContentLoaded", localiseAll);
})();
