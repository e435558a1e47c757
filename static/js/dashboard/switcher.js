// The bot switcher shows a dot while customers of another bot wait.
(() => {
  const menu = document.getElementById("bot_menu");
  const dot = document.getElementById("waiting_elsewhere");
  if (!menu) return;

  const look = () => {
    for (const item of menu.querySelectorAll("a")) {
      if (location.pathname.startsWith(item.pathname)) item.ariaCurrent = "true";
    }
    dot.hidden = !menu.querySelector('a:not([aria-current]) .count:not([data-count="0"])');
  };

  new MutationObserver(look).observe(menu, { childList: true, subtree: true });
  look();
})();
