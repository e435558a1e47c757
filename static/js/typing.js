// Tells the other side that somebody types, and lets their "is typing" lapse when they say no more.
(() => {
  const EVERY = 3000;
  const LAPSE = 6000;
  let told = { chat: null, at: 0 };

  const tell = (chat, typing) => {
    if (!chat || (typing && told.chat === chat && Date.now() - told.at < EVERY)) return;
    if (!typing && told.chat !== chat) return;
    told = typing ? { chat, at: Date.now() } : { chat: null, at: 0 };
    baton.whisper(chat, { typing });
  };

  const chatOf = (event) => event.target.closest?.("form[data-outbox]")?.dataset.chat;

  document.addEventListener("input", (event) => tell(chatOf(event), event.target.value !== ""));
  document.addEventListener("focusout", (event) => tell(chatOf(event), false));
  document.addEventListener("baton:sent", ({ detail }) => { if (told.chat === detail.chat) told = { chat: null, at: 0 }; });

  const lastEntry = (element) => element.closest("[data-live]")?.querySelector("[role=log]")?.lastElementChild;

  document.addEventListener("baton:placed", () => {
    for (const element of document.querySelectorAll("[data-typing]")) {
      const last = lastEntry(element);
      if (element.dataset.after === undefined) {
        element.dataset.after = last?.id ?? "";
        setTimeout(() => element.replaceChildren(), LAPSE);
      } else if (last && last.id !== element.dataset.after && !last.matches(".entry--mine")) {
        element.replaceChildren(); // who has written types no more
      }
    }
  });
})();
