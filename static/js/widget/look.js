// Paints the widget as its bot looks: at once, and anew when the host changes it. A colour in the host's tag goes first.
(() => {
  const { style, dataset } = document.documentElement;
  let tagColor;
  let painted;

  const paint = () => {
    const look = document.getElementById("look");
    if (look === painted) return;
    painted = look;
    const { accent, on, theme, launcher } = look.dataset;
    baton.tellHost("look", { its: JSON.parse(launcher) });
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

  // How a bot looks has no numbers: who comes is told, and who asks. It is nobody's business who that is.
  baton.kinds.look = class extends baton.Live {
    nameless = true;

    // Whoever has a chat will hear all of this there, and needs one socket only.
    connect() {
      if ("ready" in dataset) super.connect();
      else document.addEventListener("baton:ready", () => super.connect(), { once: true });
    }
  };
})();
