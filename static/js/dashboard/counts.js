/* Counts what waits: beside each list, in the switcher, in the title and in the favicon. */
(() => {
  const inbox = document.getElementById("inbox");
  const openChat = document.getElementById("open_chat");
  const favicon = document.querySelector("link[data-waiting]");
  const elsewhere = document.getElementById("waiting_elsewhere");
  const place = document.title.split(" · ").slice(-2).join(" · ");

  function show(counter) {
    const count = document.querySelectorAll(`${counter.dataset.countOf} > li`).length;
    if (counter.textContent === String(count)) return;
    counter.textContent = counter.dataset.count = count;
  }

  function waiting() {
    const unread = [...document.querySelectorAll("#my_chats .row__unread")];
    return document.querySelectorAll("#unassigned_chats > li").length
      + unread.reduce((sum, badge) => sum + parseInt(badge.textContent, 10), 0);
  }

  function announce(count) {
    const chat = openChat.querySelector("[data-title]");
    const title = (count ? `(${count}) ` : "") + (chat ? `${chat.dataset.title} · ` : "") + place;
    if (document.title !== title) document.title = title;
    const picture = count ? favicon.dataset.waiting : favicon.dataset.quiet;
    if (favicon.getAttribute("href") !== picture) favicon.setAttribute("href", picture);
  }

  function count() {
    inbox.querySelectorAll("[data-count-of]").forEach(show);
    announce(waiting());
  }

  function lookElsewhere() {
    elsewhere.hidden = !document.querySelector('#bot_menu a:not([aria-current]) .count:not([data-count="0"])');
  }

  new MutationObserver(count).observe(inbox, { childList: true, subtree: true });
  new MutationObserver(count).observe(openChat, { childList: true });
  // A page that htmx fetches for the Back button brings its own title.
  document.addEventListener("htmx:finally:request", count);
  count();
  if (elsewhere) {
    new MutationObserver(lookElsewhere).observe(document.getElementById("bot_menu"), { childList: true, subtree: true });
    lookElsewhere();
  }
})();
