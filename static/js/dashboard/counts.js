// Counts what waits: beside each list, in the title and in the favicon.
(() => {
  const inbox = document.getElementById("inbox");
  const openChat = document.getElementById("open_chat");
  const favicon = document.querySelector("link[data-waiting]");
  const place = document.body.dataset.title;

  const countList = (counter) => {
    const count = String(document.querySelectorAll(`${counter.dataset.countOf} > li`).length);
    if (counter.dataset.count === count) return;
    counter.textContent = counter.dataset.count = count;
  };

  const waiting = () => {
    const unread = [...document.querySelectorAll("#my_chats .row__unread")];
    return unread.reduce((sum, badge) => sum + parseInt(badge.textContent, 10),
      document.querySelectorAll("#unassigned_chats > li").length);
  };

  const announce = (count) => {
    const chat = openChat.querySelector("[data-title]")?.dataset.title;
    const title = (count ? `(${count}) ` : "") + (chat ? `${chat} · ` : "") + place;
    if (document.title !== title) document.title = title;
    const picture = count ? favicon.dataset.waiting : favicon.dataset.quiet;
    if (favicon.getAttribute("href") !== picture) favicon.setAttribute("href", picture);
  };

  const count = () => {
    inbox.querySelectorAll("[data-count-of]").forEach(countList);
    announce(waiting());
  };

  new MutationObserver(count).observe(inbox, { childList: true, subtree: true });
  new MutationObserver(count).observe(openChat, { childList: true });
  // A whole page, fetched for the Back button, brings its own title.
  document.addEventListener("htmx:finally:request", count);
  count();
})();
