// Open or closed: where the focus goes, what was read, and what the launcher should tell of what was not.
(() => {
  const { dataset } = document.body;
  const LONGEST = 160;
  const isLooking = () => dataset.open === "true" && !document.hidden;
  const section = () => document.querySelector("[data-live=chat]");
  const theirs = () => [...document.querySelectorAll(":is(.entry--bot, .entry--member)[data-seq]")];
  const number = (entry) => Number(entry.dataset.seq);

  const lastRead = (chat) => {
    const [of, seq] = (baton.store.get("read") ?? "").split(":");
    return of === chat ? Number(seq) : 0;
  };

  const previewOf = (entry) => ({
    author: entry.querySelector(".entry__author")?.textContent ?? "",
    text: entry.querySelector(".entry__body").textContent.slice(0, LONGEST),
    dismiss: dataset.dismissLabel,
  });

  let told;
  const tell = (unread) => {
    const last = unread.at(-1);
    const state = last ? `${unread.length} ${last.id}` : "";
    if (state === told) return;
    told = state;
    const label = `${dataset.unreadLabel} ${unread.length}`;
    baton.tellHost("unread", { count: unread.length, label, preview: last ? previewOf(last) : null });
  };

  const count = () => {
    const { chat } = section()?.dataset ?? {};
    if (!chat) return tell([]);
    const read = lastRead(chat);
    const unread = theirs().filter((entry) => number(entry) > read);
    if (!isLooking()) return tell(unread);
    if (unread.length) baton.store.set("read", `${chat}:${number(unread.at(-1))}`);
    tell([]);
  };

  // On a touch screen, focus in a box would raise the keyboard over what one has come to read.
  const next = () => matchMedia("(pointer: coarse)").matches ? document.getElementById("chat")
    : document.querySelector("[data-closed] [data-start-over]") ?? document.querySelector("#introduction :is(input, select)")
      ?? document.getElementById("message_box");
  const focus = () => next().focus();

  document.addEventListener("baton:shown", ({ detail: { open, fullscreen } }) => {
    const opened = open && dataset.open !== "true";
    dataset.open = open;
    document.documentElement.classList.toggle("fullscreen", fullscreen);
    if (!opened) return;
    document.dispatchEvent(new Event("baton:open"));
    focus();
    count();
  });
  document.addEventListener("baton:ready", () => isLooking() && focus());
  document.addEventListener("baton:placed", () => {
    count();
    // What had the focus is gone: a button that did its work, or a composer whose chat was closed under it. Who was
    // writing there must not press a button with the next Enter.
    const { activeElement } = document;
    if (!isLooking() || !document.hasFocus() || (activeElement !== document.body && activeElement?.checkVisibility())) return;
    if (activeElement?.id === "message_box") document.querySelector("[role=log]").focus({ preventScroll: true });
    else focus();
  });
  document.addEventListener("baton:kept", ({ detail }) => detail.name === "read" && count());
  document.addEventListener("visibilitychange", count);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog[open]")) return;
    baton.tellHost("close");
  });
})();
