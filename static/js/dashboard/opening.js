/* Opening a chat: its row is marked, the composer gets the focus, and a chat that cannot be shown is told. */
(() => {
  const inbox = document.getElementById("inbox");
  const openChat = document.getElementById("open_chat");

  function mark() {
    const chat = openChat.querySelector("[data-chat]")?.dataset.chat;
    for (const link of inbox.querySelectorAll(".row__link[aria-current]")) {
      if (link.parentElement.dataset.chat !== chat) link.removeAttribute("aria-current");
    }
    if (chat) inbox.querySelector(`[data-chat="${chat}"] > .row__link`)?.setAttribute("aria-current", "page");
  }

  function focusChat() {
    const box = openChat.querySelector("#message_box");
    // On a phone, focus in the box would raise the keyboard over the chat that one wants to read.
    const reading = !box || matchMedia("(pointer: coarse)").matches || !box.checkVisibility();
    (reading ? openChat : box).focus({ preventScroll: true });
  }

  /* The answer is a whole page: somebody else's chat, or a sign-in that has ended. */
  function isNoFragment(response) {
    return response && (response.status >= 400 || response.raw.redirected);
  }

  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx.target !== openChat || !isNoFragment(ctx.response)) return;
    event.preventDefault();
    location.assign(ctx.request.action);
  });

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.target !== openChat) return;
    document.getElementById("notice").textContent = openChat.dataset.unreachable;
  });

  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.target === openChat) focusChat();
  });

  new MutationObserver(mark).observe(inbox, { childList: true, subtree: true });
  new MutationObserver(mark).observe(openChat, { childList: true });
  mark();
})();
