// The look of a bot: the widget beside the form shows what is typed, and a sentence says whether it can be read.
(() => {
  const PAUSE = 250;
  const form = document.querySelector("[data-look]");
  const frame = document.querySelector(".look__frame");
  const launcher = document.querySelector(".look__launcher");
  const sentence = document.getElementById("contrast");
  const value = (name) => form.elements[name].value.trim();

  const typed = () => {
    const fields = new FormData(form);
    fields.delete("csrf_token");
    return new URLSearchParams(fields);
  };

  const showLauncher = () => {
    launcher.dataset.side = value("launcher_side");
    launcher.style.setProperty("--gap", `${Math.min(Number(value("launcher_gap")) || 0, 200)}px`);
    launcher.style.setProperty("--accent", value("accent"));
    launcher.style.setProperty("--on", value("on_accent") || "");
    for (const icon of launcher.children) icon.hidden = icon.dataset.icon !== value("launcher_icon");
  };

  const showContrast = async () => {
    const answer = await fetch(`${form.dataset.contrast}?${typed()}`);
    if (answer.ok) sentence.textContent = await answer.text();
  };

  let waiting;
  const show = () => {
    showLauncher();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      // Replaced, so that the back button leaves this page.
      frame.contentWindow.location.replace(`${form.dataset.look}?${typed()}`);
      showContrast();
    }, PAUSE);
  };

  const pickers = [...form.querySelectorAll("[data-picks]")];
  const picked = (picker) => form.querySelector(picker.dataset.picks);
  form.addEventListener("input", ({ target }) => {
    if (pickers.includes(target)) picked(target).value = target.value;
    for (const picker of pickers) {
      if (target === picked(picker) && /^#[\da-f]{6}$/i.test(target.value)) picker.value = target.value;
    }
    show();
  });
  showLauncher();
})();
