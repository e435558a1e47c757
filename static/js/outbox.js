// Sends what people write, exactly once and in order, whatever happens to the line or the page:
// <form data-outbox data-chat="42" data-log="#conversation_chat_42" action="/…/messages"><textarea name="text">.
// A message waits in the store under its own UUID until the server has acknowledged it; a refused one goes back
// into the box with the server's sentence. What is typed is kept as a draft.
(() => {
  const WAITS = [1000, 2000, 4000, 8000];
  const formOf = (chat) => document.querySelector(`form[data-outbox][data-chat="${chat}"]`);
  const boxOf = (form) => form.elements.text;
  const draftOf = (form) => `draft:${form.dataset.draft ?? form.dataset.chat}`;
  const stored = (name) => JSON.parse(baton.store.get(name));
  const busy = new Set();

  const waiting = (chat) =>
    baton.store.names("outbox:").map(stored).filter((message) => message?.chat === chat).sort((a, b) => a.at - b.at);

  const show = ({ uuid, text, chat }) => {
    const log = document.querySelector(formOf(chat)?.dataset.log);
    if (!log || document.getElementById(`message_${uuid}`)) return;
    const entry = document.getElementById("pending_message").content.firstElementChild.cloneNode(true);
    entry.id = `message_${uuid}`;
    entry.querySelector(".entry__body").textContent = text;
    log.append(entry);
  };

  const setStatus = (uuid, status) => {
    const element = document.getElementById(`message_${uuid}`)?.querySelector(".entry__status");
    if (!element || element.dataset.status === status) return;
    element.dataset.status = status;
    if (status === "failed") element.replaceChildren(document.getElementById("failed_status").content.cloneNode(true));
    else element.textContent = document.getElementById("status_words").dataset[status];
  };

  const forget = ({ uuid }) => baton.store.remove(`outbox:${uuid}`);

  const giveBack = (message) => {
    if (!baton.store.get(`outbox:${message.uuid}`)) return; // another window was refused first, and has it
    forget(message);
    document.getElementById(`message_${message.uuid}`)?.remove();
    const form = formOf(message.chat);
    const name = form ? draftOf(form) : `draft:${message.chat}`;
    const text = [message.text, baton.store.get(name)].filter(Boolean).join("\n");
    baton.store.set(name, text);
    if (form) {
      boxOf(form).value = text;
      boxOf(form).focus();
    }
  };

  const sendOne = async (message) => {
    setStatus(message.uuid, "sending");
    const form = { text: message.text, uuid: message.uuid, ...baton.alongside?.(message) };
    const { ok, status, headers } = await baton.request(message.url, { method: "POST", form });
    baton.heard(status > 0 && status < 500);
    if (ok) {
      forget(message);
      baton.answered(message.chat, headers);
    } else if (status >= 400 && status < 500 && status !== 429) {
      giveBack(message);
    } else {
      waiting(message.chat).forEach(({ uuid }) => setStatus(uuid, "failed"));
      return false;
    }
    return true;
  };

  // One chat, one message at a time: the next leaves when this one is acknowledged.
  const send = async (chat, tries = 0) => {
    if (busy.has(chat)) return;
    busy.add(chat);
    let message;
    let sent = true;
    while (sent && (message = waiting(chat)[0])) sent = await sendOne(message);
    busy.delete(chat);
    if (sent) return;
    setTimeout(() => send(chat, tries + 1), WAITS[Math.min(tries, WAITS.length - 1)] * (0.8 + 0.4 * Math.random()));
  };

  const post = (form) => {
    const text = boxOf(form).value.trim();
    if (!text || !form.querySelector("[type=submit]:not(:disabled)")) return;
    const { chat } = form.dataset;
    const message = { uuid: crypto.randomUUID(), chat, url: form.getAttribute("action"), text, at: Date.now() };
    baton.store.set(`outbox:${message.uuid}`, JSON.stringify(message));
    boxOf(form).value = "";
    // Not the button, which may be about to be replaced; and a phone's keyboard stays where it was.
    if (form.contains(document.activeElement)) boxOf(form).focus();
    baton.store.remove(draftOf(form));
    document.getElementById("notice")?.replaceChildren();
    show(message);
    document.dispatchEvent(new CustomEvent("baton:sent", { detail: message }));
    send(chat);
  };

  // A form that has just come onto the page: its draft, its messages on their way.
  const restore = (form) => {
    form.dataset.restored = "true";
    const draft = baton.store.get(draftOf(form));
    if (draft && !boxOf(form).value) boxOf(form).value = draft;
    waiting(form.dataset.chat).forEach(show);
  };

  const restoreAll = () => document.querySelectorAll("form[data-outbox]:not([data-restored])").forEach(restore);
  const sendAll = () => new Set(baton.store.names("outbox:").map((name) => stored(name).chat)).forEach((chat) => send(chat));

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-outbox]")) return;
    event.preventDefault();
    post(event.target);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("form[data-outbox]");
    if (!form || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-outbox]");
    if (!form) return;
    if (event.target.value) baton.store.set(draftOf(form), event.target.value);
    else baton.store.remove(draftOf(form));
  });
  document.addEventListener("click", (event) => {
    const entry = event.target.closest("[data-retry]")?.closest(".entry");
    if (entry) send(stored(`outbox:${entry.id.replace("message_", "")}`).chat);
  });
  document.addEventListener("baton:line", () => document.body.dataset.line === "ok" && sendAll());
  document.addEventListener("baton:placed", restoreAll);
  document.addEventListener("baton:store", () => { restoreAll(); sendAll(); });
  window.addEventListener("online", sendAll);
  document.addEventListener("DOMContentLoaded", () => { restoreAll(); sendAll(); });
})();
