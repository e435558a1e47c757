// Paints the widget as its bot looks: at once, and anew when the host changes it. A colour in the host's tag goes first.
(() => {
  const ASKS_EVERY = 10000;
  const { style, dataset } = document.documentElement;
  let tagColor;
  let painted;

  const paint = () => {
    const look = document.getElementById("look");
    if (look === painted) return;
    painted = look;
    const { accent, on, theme } = look.dataset;
    dataset.theme = theme;
    style.setProperty("--accent", tagColor ?? accent);
    style.setProperty("--on-accent", (!tagColor && on) || "");
  };

  document.addEventListener("baton:host", ({ detail }) => {
    tagColor = detail.color;
    painted = null;
    paint();
  });
  document.addEventListener("baton:placed", paint);
  paint();

  // Who has not written has no socket to be told over, nor a token: past baton.request, which would make one.
  const ask = async () => {
    if (document.body.dataset.open !== "true" || document.hidden || document.querySelector("[data-live]")) return;
    const answer = await fetch(`/widget/${document.body.dataset.bot}/look`, { credentials: "omit" }).catch(() => ({}));
    if (answer.ok) baton.swap(await answer.text());
  };
  setInterval(ask, ASKS_EVERY);
})();
