// Which chat the widget shows: the customer's own as soon as the store is known, an empty one, or a fresh start.
(() => {
  const main = document.getElementById("chat");
  const RETRY = 5000;
  const url = `/widget/${document.body.dataset.bot}`;
  const beginning = () => document.getElementById("look").dataset.beginning;
  let fresh = main.innerHTML;
  let began = beginning();
  let renewing;
  const chatId = () => main.querySelector("[data-live]")?.dataset.chat;
  const isClosed = () => main.querySelector("[data-closed]") !== null;
  const { invitation } = main.dataset;

  const visit = () => ({
    ...baton.page,
    ...baton.claims,
    language: document.documentElement.dataset.language ?? navigator.language,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  // The first message also says where the customer is.
  baton.alongside = ({ chat }) => (chat === "new" ? { ...visit(), ...(invitation && { invitation }) } : {});

  const load = async () => {
    if (!baton.store.get("token")) return;
    baton.loading = true;
    const { status } = await baton.request(`${url}/chat`);
    baton.loading = false;
    if (status === 0 || status >= 500) setTimeout(load, RETRY);
    if (status === 403) baton.forgetCustomer();
    if (status === 403 || status === 404) document.getElementById("notice").replaceChildren();
    if (status === 200 && isClosed() && (invitation || baton.store.get("left") === chatId())) baton.startOver();
    noteVisit();
  };

  const noteVisit = () => {
    if (chatId() && !isClosed()) baton.request(`${url}/chats/${chatId()}/visit`, { method: "POST", form: visit() });
  };

  baton.startOver = async () => {
    await renew();
    if (chatId()) baton.store.set("left", chatId());
    await baton.swap(`<hx-partial hx-target="#chat">${fresh}</hx-partial>`);
    // Whoever has answered the bot's questions is not asked again.
    if (baton.store.get("token") && main.querySelector("#introduction form")) await baton.request(`${url}/introduction`);
  };

  // The host may have changed how a chat begins. Asked when it is to be shown: every widget hears of it at once.
  const renew = () => (renewing ??= fetchBeginning().finally(() => (renewing = null)));
  const fetchBeginning = async () => {
    const wanted = beginning();
    if (began === wanted) return;
    const asks = { credentials: "omit", signal: AbortSignal.timeout(5000) };
    const answer = await fetch(`${url}/beginning${location.search}`, asks).catch(() => ({}));
    if (answer.ok) [fresh, began] = [await answer.text(), wanted];
  };

  // Not while somebody is filling in the questions.
  const showBeginning = async () => {
    if (chatId() || isClosed() || began === beginning()) return;
    await renew();
    const typed = [...main.querySelectorAll("#introduction :is(input, select)")].some(({ type, value, checked }) =>
      type === "checkbox" ? checked : value);
    if (began === beginning() && !chatId() && !isClosed() && !typed) baton.startOver();
  };

  // A chat that the server has never heard of ends here.
  const endUnsent = () => {
    document.getElementById("end_dialog").close();
    const closing = document.getElementById("closing_new");
    closing.hidden = false;
    closing.dataset.closed = "";
    main.querySelectorAll(".end, .who p").forEach((element) => element.remove());
    closing.querySelector("[data-start-over]").focus();
  };

  // What was written while the first message was on its way belongs to the chat that it made.
  const adopt = () => {
    const chat = chatId();
    if (!chat || isClosed()) return;
    let adopted = false;
    for (const name of baton.store.names("outbox:")) {
      const message = JSON.parse(baton.store.get(name));
      if (message.chat !== "new" || document.getElementById(`message_${message.uuid}`)?.dataset.seq) continue;
      baton.store.set(name, JSON.stringify({ ...message, chat, url: `${url}/chats/${chat}/messages` }));
      adopted = true;
    }
    if (adopted) document.dispatchEvent(new Event("baton:store"));
  };

  // Which chat to keep alive on the next page; until its end was seen.
  const remember = () => {
    const chat = chatId();
    const remembered = baton.store.get("chat");
    if (chat && !isClosed() && remembered !== chat) baton.store.set("chat", chat);
    if (chat && isClosed() && remembered && document.body.dataset.open === "true") baton.store.remove("chat");
    for (const field of main.querySelectorAll("[data-visit]")) field.value = visit()[field.name] ?? "";
  };

  // Only an open chat can be ended; feedback that is being written when somebody else closes it may be finished.
  const dropEnding = () => {
    const dialog = document.getElementById("end_dialog");
    if (isClosed() && dialog && !dialog.open) dialog.remove();
  };

  const showEarlier = async (button) => {
    const log = button.parentElement;
    const fromEnd = log.scrollHeight - log.scrollTop;
    const first = () => log.querySelector("[data-seq]");
    const before = first().dataset.seq;
    const { ok } = await baton.request(`${button.dataset.earlier}?before=${before}`);
    if (ok && (first().dataset.seq === before || first().dataset.seq === "1")) button.remove();
    log.scrollTop = log.scrollHeight - fromEnd;
  };

  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-start-over]")) baton.startOver();
    if (target.closest("[data-end-unsent]")) endUnsent();
    if (target.closest("[data-earlier]")) showEarlier(target.closest("[data-earlier]"));
  });
  let loaded = false;
  document.addEventListener("baton:store", async () => {
    if (loaded) return;
    loaded = true;
    await load();
    document.documentElement.dataset.ready = "";
    document.dispatchEvent(new Event("baton:ready"));
  });
  // Before the outbox looks for what it should show in the new form.
  document.addEventListener("baton:placed", adopt, { capture: true });
  document.addEventListener("baton:placed", () => { remember(); dropEnding(); showBeginning(); });
  document.addEventListener("baton:shown", remember);
  document.addEventListener("baton:page", noteVisit);
  document.addEventListener("baton:customer", () => loaded && load());
  // Another tab has begun a chat.
  document.addEventListener("baton:kept", ({ detail: { name, value } }) => {
    if (name === "chat" && value && value !== chatId()) load();
  });
})();
