// The iframe's half of the talk with the loader (templates/widget/page.html describes it), and what rests on it:
// the store, and who the customer is. Opened on its own, the page keeps its values itself.
(() => {
  const baton = (window.baton ??= {});
  const host = window.parent !== window && document.referrer && new URL(document.referrer).origin;
  const prefix = `baton:${document.body.dataset.bot}:`;
  const kept = new Map();

  baton.tellHost = (word, more) => host && window.parent.postMessage({ baton: word, ...more }, host);

  const keep = (name, value) => {
    if (host) return baton.tellHost("keep", { name, value });
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  };

  // Nothing is stored of somebody who only looks: without a token, values live as long as the page.
  const change = (name, value) => {
    if (value === null) kept.delete(name);
    else kept.set(name, value);
    if (kept.has("token")) keep(name, value);
  };

  baton.store = {
    get: (name) => kept.get(name) ?? null,
    set: (name, value) => change(name, String(value)),
    remove: (name) => change(name, null),
    names: (start) => [...kept.keys()].filter((name) => name.startsWith(start)),
  };

  baton.newToken = () => {
    const bytes = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)));
    return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
  };
  baton.takeToken = (token) => {
    kept.set("token", token);
    kept.set("used", String(Date.now()));
    kept.forEach((value, name) => keep(name, value));
  };

  // Every request needs a token, so the first one makes it.
  baton.headers = () => {
    if (!kept.has("token")) baton.takeToken(baton.newToken());
    return { Authorization: `Bearer ${kept.get("token")}` };
  };
  baton.protocols = () => ["baton", ...(kept.has("token") ? [kept.get("token")] : [])];
  baton.forgetCustomer = () => kept.forEach((_value, name) => { kept.delete(name); keep(name, null); });

  // Only once: later, what the loader knows may be older than what is here.
  const fill = (values) => {
    Object.entries(values).forEach(([name, value]) => kept.set(name, value));
    if (kept.has("token")) baton.store.set("used", Date.now());
  };

  const heard = {
    state({ kept: values, ...host }) {
      const before = baton.page;
      if (!before) fill(values);
      baton.page = host.page;
      if (host.color) paint(host.color);
      announce("host", host);
      announce("shown", host);
      if (!before) announce("store");
      else if (before.page_url !== host.page.page_url) announce("page");
    },
    kept({ name, value }) {
      if (value === null) kept.delete(name);
      else kept.set(name, value);
      announce("kept", { name, value });
    },
  };

  const paint = (accent) => document.documentElement.style.setProperty("--accent", accent);

  // Says "baton:store" when the store is filled, and what the loader tells: "baton:host" (all of it), "baton:shown"
  // (open or closed), "baton:page" (another one) and "baton:kept".
  const announce = (name, detail) => document.dispatchEvent(new CustomEvent(`baton:${name}`, { detail }));

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source === window.parent && origin === host) heard[data?.baton]?.(data);
  });

  paint(document.documentElement.dataset.accent);

  const alone = () => {
    const own = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
    const values = Object.fromEntries(own.map((name) => [name.slice(prefix.length), localStorage.getItem(name)]));
    const page = { page_url: location.href, page_title: document.title, referrer: document.referrer };
    heard.state({ kept: values, page, customer: {}, open: true, fullscreen: false });
  };
  document.addEventListener("DOMContentLoaded", () => (host ? baton.tellHost("hello") : alone()));
})();
