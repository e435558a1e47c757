// Opening a chat: its row is marked, its composer gets the focus, and a chat that cannot be shown is told.
(() => {
  const inbox = document.getElementById("inbox");
  const openChat = document.getElementById("open_chat");

  const mark = () => {
    const chat = openChat.querySelector("[data-chat]")?.dataset.chat;
    for (const link of inbox.querySelectorAll(".row__link[aria-current]")) {
      if (link.parentElement.dataset.chat !== chat) link.removeAttribute("aria-current");
    }
    if (chat) inbox.querySelector(`[data-chat="${chat}"] > .row__link`)?.setAttribute("aria-current", "page");
  };

  const focus = () => {
    const box = openChat.querySelector("#message_box");
    // On a touch screen, focus in the box would raise the keyboard over the chat that one wants to read.
    const canWrite = box?.checkVisibility() && !matchMedia("(pointer: coarse)").matches;
    (canWrite ? box : openChat).focus({ preventScroll: true });
  };

  const onOpening = (name, handle) =>
    document.addEventListener(`htmx:${name}`, (event) => {
      if (event.detail.ctx?.target === openChat) handle(event.detail.ctx, event);
    });

  onOpening("before:swap", ({ request, response }, event) => {
    if (!(response?.status >= 400)) return;
    // Gone, not theirs, or signed out: a page of its own says so, or leads through the sign-in and back.
    event.preventDefault();
    location.assign(request.action);
  });
  onOpening("after:swap", focus);
  onOpening("error", () => {
    document.getElementById("notice").textContent = openChat.dataset.unreachable;
  });
  document.addEventListener("baton:line", () => {
    const notice = document.getElementById("notice");
    const isOld = notice.textContent === openChat.dataset.unreachable;
    if (document.body.dataset.line === "ok" && isOld) notice.textContent = "";
  });

  // The box goes when somebody else takes or closes the chat: who was in it goes on in the transcript.
  document.addEventListener("baton:placed", () => {
    const box = openChat.querySelector("#message_box");
    if (!box || box !== document.activeElement || box.checkVisibility()) return;
    openChat.querySelector("[role=log]").focus({ preventScroll: true });
  });

  new MutationObserver(mark).observe(inbox, { childList: true, subtree: true });
  new MutationObserver(mark).observe(openChat, { childList: true });
  mark();
})();
