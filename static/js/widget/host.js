// What the host's page says and asks (docs/javascript.md), and what it hears in turn.
(() => {
  const url = `/widget/${document.body.dataset.bot}/identity`;
  const RETRY = 5000;
  const EVENTS = { chat_handed_off: "handoff", chat_resolved: "resolved", chat_ended: "ended" };
  // Not by itself: its referrer, by which it knows the host, would be its own address then.
  const again = () => baton.tellHost("again");
  const say = (name, detail) => baton.tellHost("event", { name, detail });

  // Who the customer is

  const parsed = (attributes = {}) => {
    try {
      return typeof attributes === "string" ? JSON.parse(attributes) : attributes;
    } catch {
      return {};
    }
  };

  const refused = (message) => {
    console.warn(`Baton: ${message}`);
    say("error", { message });
  };

  // A browser that becomes somebody gets a new token: one that was seen before must not open what is theirs.
  const take = (token) => {
    const another = baton.store.get("identified") !== null;
    if (another) baton.forgetCustomer();
    baton.takeToken(token);
    baton.store.set("identified", 1);
    // Of another customer nothing stays, not even what was typed.
    if (another) again();
    else document.dispatchEvent(new Event("baton:customer"));
  };

  // While it is being settled whose token this is, nothing else is asked with it.
  const { request } = baton;
  const asked = new Set();
  baton.request = async (...what) => {
    await baton.identified;
    const answer = request(...what);
    asked.add(answer);
    answer.finally(() => asked.delete(answer));
    return answer;
  };

  const identify = async (signed) => {
    await Promise.all(asked);
    const token = baton.newToken();
    const headers = baton.store.get("token") ? baton.headers() : {};
    const form = { method: "POST", headers, body: new URLSearchParams({ signed, token }), signal: AbortSignal.timeout(5000) };
    const answer = await fetch(url, form).catch(() => ({ status: 0 }));
    if (answer.status === 201) take(token);
    else if (answer.status === 0 || answer.status >= 500) setTimeout(() => last === signed && identify(signed), RETRY);
    else if (!answer.ok) refused(await answer.text());
  };

  const leave = async (token) => {
    // At once: who is identified in the same breath must not bring the chat of who leaves.
    baton.forgetCustomer();
    await fetch(url, { method: "DELETE", headers: { Authorization: `Bearer ${token}` }, keepalive: true }).catch(() => {});
    again();
  };

  const ready = new Promise((done) => document.addEventListener("baton:ready", done));

  const start = async (text) => {
    await ready;
    if (document.querySelector("[data-closed]")) await baton.startOver();
    baton.say(text);
  };

  let last;
  document.addEventListener("baton:host", ({ detail: { customer, first, leaving } }) => {
    const { name = "", email = "", attributes, more, signed } = customer;
    const claims = { name, email, attributes: JSON.stringify({ ...parsed(attributes), ...more }) };
    const differs = baton.claims && JSON.stringify(claims) !== JSON.stringify(baton.claims);
    baton.claims = claims;
    if (leaving) return leave(leaving);
    if (signed !== undefined && signed !== last) baton.identified = identify((last = signed));
    if (differs) document.dispatchEvent(new Event("baton:page"));
    if (first) start(first);
  });
  // Logged out in another tab.
  document.addEventListener("baton:kept", ({ detail: { name, value } }) => {
    if (name === "token" && value === null) again();
  });

  // What is new

  let chat, told;
  const tellNews = () => {
    const section = document.querySelector("[data-live=chat]");
    const entries = [...(section?.querySelectorAll("[data-seq]") ?? [])];
    const number = (entry) => Number(entry.dataset.seq);
    if (section?.dataset.chat !== chat) [chat, told] = [section?.dataset.chat, 0];
    const before = told;
    told = Math.max(told, ...entries.map(number));
    if (!baton.loading) entries.filter((entry) => number(entry) > before).forEach(tell);
  };

  const tell = (entry) => {
    const { action, author } = entry.dataset;
    if (EVENTS[action]) say(EVENTS[action]);
    if (author !== "system") say("message", { author, text: entry.querySelector(".entry__body").textContent });
  };
  document.addEventListener("baton:placed", tellNews);
})();
