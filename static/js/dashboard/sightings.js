// Shows where the chat was seen, as it is seen: <ul data-sightings="/address of the list">, asked while it is looked at.
(() => {
  const EVERY = 5000;
  const list = document.querySelector("[data-sightings]");

  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(list.dataset.sightings, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    // Untouched while it says the same, for it is read out when it changes.
    if (told(found) === told(list)) return;
    list.replaceChildren(...found.childNodes);
  };
  const told = (place) => [...place.querySelectorAll("li")].map((item) => item.querySelector("time")?.dateTime ?? "").join();

  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
