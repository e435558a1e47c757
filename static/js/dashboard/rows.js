// Moving in the lists: Alt+ArrowDown and Alt+ArrowUp open the next and the previous chat; a click on the title
// of a list, which stays in sight while its rows may not, scrolls to them.
(() => {
  const STEPS = { ArrowDown: 1, ArrowUp: -1 };
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");

  const neighbour = (step) => {
    const links = [...document.querySelectorAll("#inbox .row__link")];
    const current = links.findIndex((link) => link.hasAttribute("aria-current"));
    return current < 0 ? links.at(step > 0 ? 0 : -1) : links[current + step];
  };

  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const link = neighbour(step);
    link?.scrollIntoView({ block: "nearest" });
    link?.click();
  });

  document.addEventListener("click", (event) => {
    const rows = event.target.closest(".list__title")?.nextElementSibling;
    rows?.scrollIntoView({ behavior: stillness.matches ? "instant" : "smooth" });
  });
})();
