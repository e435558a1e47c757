/* Baton's loader draws the launcher; the chat is an iframe on the server this file is from.
   templates/widget/page.html describes the tag, what the two say to each other, and what is kept. */
// web/loader.py hands in what bots have set, by their keys; what the tag says goes first.
((BOTS) => {
  const queue = window.Baton?.q ?? [];
  if (window.Baton?.open) return; // a second tag
  const tag = document.querySelector("script[data-bot]");
  const said = tag.dataset;
  const { bot } = said;
  const { invitations = [], off } = BOTS[bot] ?? {};
  const address = new URL(`widget/${encodeURIComponent(bot)}`, tag.src);
  const prefix = `baton:${bot}:`;
  const DAYS_30 = 2592e6; // ms

  // Where the browser refuses storage, it lasts as long as the page.
  const kept = {};
  let storage;
  try {
    storage = localStorage;
  } catch {}
  storage ??= {};
  const put = (where, name, value) => {
    if (value == null) delete where[name];
    else where[name] = value;
  };
  const keep = (name, value) => {
    put(kept, name, value);
    try {
      put(storage, prefix + name, value);
    } catch {} // full
  };
  const nameOf = (key) => key?.startsWith(prefix) && key.slice(prefix.length);
  for (const key of Object.keys(storage)) if (nameOf(key)) kept[nameOf(key)] = storage[key];
  const forget = () => Object.keys(kept).forEach((name) => keep(name, null));
  if (!(Date.now() - kept.used < DAYS_30)) forget();

  const listeners = {};
  const say = (event, detail) => listeners[event]?.forEach((hear) => setTimeout(hear, 0, detail));

  const make = (name, attributes, ...children) => {
    const space = /svg|path/.test(name) ? "2000/svg" : "1999/xhtml";
    const element = document.createElementNS(`http://www.w3.org/${space}`, name);
    for (const attribute in attributes) element.setAttribute(attribute, attributes[attribute]);
    element.append(...children);
    return element;
  };
  const icon = (name, d) =>
    make("svg", { class: name, viewBox: "0 0 24 24", "aria-hidden": true }, make("path", { d }));

  // A constructed sheet in a shadow root: the host's styles and style-src do not reach it.
  const STYLE = `
    :host { all: initial; color-scheme: light dark; --accent: #0f766e; --on: #fff; --gap: 20px;
      --paper: light-dark(#fff, #1d1c1a); --ink: light-dark(#1c1b1a, #f2f0ec); --soft: light-dark(#66625d, #aba69f);
      --shadow: 0 0 0 1px light-dark(#1c1b1a0f, #fff2), 0 8px 32px #1c1b1a40;
      position: fixed; right: var(--gap); bottom: var(--gap); z-index: 2147483000; font: 14px/1.45 system-ui, sans-serif }
    :host(.left) { right: auto; left: var(--gap) }
    @supports (color: lab(from red l a b)) { :host { --on: lab(from var(--accent) clamp(0, (49.4 - l) * 1e6, 100) 0 0) } }
    * { box-sizing: border-box }
    [hidden] { display: none !important }
    button { border: 0; padding: 0; background: none; color: inherit; font: inherit; cursor: pointer }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
    svg { width: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
    .launcher { position: relative; display: grid; place-items: center; width: 56px; height: 56px; border-radius: 50%;
      background: var(--accent); color: var(--on); box-shadow: var(--shadow); transition: transform .2s }
    .launcher:hover { transform: scale(1.06) }
    .launcher svg { grid-area: 1 / 1; transition: .2s }
    [aria-expanded=true] .talk, [aria-expanded=false] .down { opacity: 0; transform: rotate(-45deg) }
    .badge { position: absolute; inset: -4px -4px auto auto; pointer-events: none; min-width: 22px; padding: 0 5px;
      border: 2px solid var(--paper); border-radius: 11px; background: #c81e1e; color: #fff; font-size: 12px; font-weight: 600; line-height: 18px }
    .panel, .preview { position: absolute; right: 0; bottom: 72px; max-width: calc(100vw - 2 * var(--gap)); border-radius: 18px;
      background: var(--paper); color: var(--ink); box-shadow: var(--shadow) }
    :host(.left) :is(.panel, .preview) { right: auto; left: 0 }
    .panel { width: 392px; height: min(688px, 100vh - 92px - var(--gap)); overflow: hidden; transition: opacity .2s, transform .2s }
    .panel:not(.open) { visibility: hidden; opacity: 0; transform: translateY(16px); transition: .2s }
    iframe { width: 100%; height: 100%; border: 0 }
    .preview { display: flex; width: max-content; animation: rise .25s }
    .preview button { border-radius: 18px }
    .text { max-width: 280px; padding: 12px 4px 12px 16px; text-align: start; overflow-wrap: anywhere; }
    b, .dismiss { color: var(--soft) }
    b { display: block; font-size: 12px; font-weight: 500 }
    .dismiss { align-self: start; padding: 10px 12px; font-size: 20px; line-height: 1 }
    :host(.full) { inset: 0 auto auto 0; width: 100% }
    :host(.full) .panel { inset: 0; width: 100%; max-width: none; height: 100dvh; border-radius: 0 }
    :host(.full) .launcher { z-index: 1; top: 14px; left: 8px; width: 44px; height: 44px; background: none; box-shadow: none }
    :host(.bare) :is([aria-expanded=false], .badge, .preview) { display: none }
    :host(.full) .launcher:focus-visible { outline-color: var(--on); outline-offset: -4px }
    @keyframes rise { from { opacity: 0; transform: translateY(8px) } }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important } }`;

  const badge = make("span", { class: "badge", "aria-hidden": true, hidden: "" });
  const launcher = make("button", { class: "launcher", "aria-expanded": false },
    icon("talk", ""), icon("down", "m6 9 6 6 6-6"));
  const author = make("b");
  const words = make("span", { dir: "auto" });
  const dismiss = make("button", { class: "dismiss" }, "×");
  const message = make("button", { class: "text" }, author, words);
  const preview = make("div", { class: "preview", hidden: "" }, message, dismiss);
  const panel = make("div", { class: "panel" });
  const home = make("div", { id: "baton" });
  const root = home.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(launcher, badge, make("div", { role: "status" }, preview), panel);

  let frame;
  let up = false;
  let isOpen = false;
  let labels;
  const label = () => (launcher.ariaLabel = labels[+isOpen]);
  const paint = (its) => {
    const { color, on = "", side, offset, theme = "", openLabel = "Open chat", closeLabel = "Close chat",
      icon: talk = "M21 12a8.5 8.5 0 0 1-12.5 7.5L3 21l1.5-5.5A8.5 8.5 0 1 1 21 12z" } = { ...its, ...said };
    const { style } = home;
    style.setProperty("--accent", /^#[\da-f]{6}$/i.test(color) ? color : "");
    style.setProperty("--on", said.color ? "" : on);
    style.setProperty("--gap", offset >= 0 ? `${+offset}px` : "");
    style.colorScheme = theme;
    home.classList.toggle("left", side === "left");
    launcher.querySelector("path").setAttribute("d", talk);
    labels = [openLabel, closeLabel];
    label();
  };
  paint(BOTS[bot]);
  const narrow = matchMedia("(max-width: 480px)");
  const tell = (baton, more) => up && frame.contentWindow.postMessage({ baton, ...more }, address.origin);

  // What the host's page says of its customer, and what is to be done as soon as the iframe is there.
  const { name, email, attributes } = said;
  let customer = { name, email, attributes };
  let first, leaving;
  const tellAll = () => {
    const page = { page_url: location.href, page_title: document.title, referrer: document.referrer };
    const shape = { open: isOpen, fullscreen: isOpen && narrow.matches };
    tell("state", { kept, page, customer, first, leaving, color: said.color, ...shape });
    if (up) first = leaving = null;
  };

  // Looked at, for a page that goes on without a reload tells nobody; changing its history would be meddling.
  let here, watching, arrived;
  const watch = () => {
    if (here !== location.href) {
      here = location.href;
      arrived = Date.now();
      setTimeout(tellAll, 300); // for the new title
    }
    invite?.();
    watching ??= setInterval(watch, 500);
  };

  const load = () => {
    watch();
    if (frame) return;
    // From its referrer the iframe learns whom it may talk to.
    frame = make("iframe", { title: "Chat", src: address, referrerpolicy: "origin" });
    panel.append(frame);
  };

  const reload = () => {
    if (!kept.token) forget(); // what came while somebody was logged out elsewhere
    up = false;
    if (frame) frame.src = address;
  };

  // On a phone the chat covers the page, and ends where the keyboard begins.
  let scrolling;
  const fit = () => {
    const full = isOpen && narrow.matches;
    const view = full && visualViewport;
    if (full !== home.classList.contains("full")) {
      const { style } = document.documentElement;
      if (full) scrolling = style.overflow;
      style.overflow = full ? "hidden" : scrolling;
      document.body.inert = full;
      home.classList.toggle("full", full);
    }
    home.style.top = view ? `${view.offsetTop}px` : "";
    panel.style.height = view ? `${view.height}px` : "";
  };

  const reshape = () => {
    fit();
    tellAll();
  };

  const show = (open) => {
    if (open === isOpen) return;
    isOpen = open;
    say(open ? "open" : "close");
    if (open) load();
    panel.classList.toggle("open", open);
    launcher.ariaExpanded = open;
    label();
    preview.hidden = true;
    reshape();
    if (open) frame.focus();
    else launcher.focus();
  };

  const showPreview = (last) => {
    preview.hidden = !last || isOpen;
    author.textContent = last?.author;
    words.textContent = last?.text;
    dismiss.ariaLabel = last?.dismiss;
  };

  const showUnread = ({ count, label, preview: last }) => {
    badge.hidden = !count;
    badge.textContent = count > 99 ? "99+" : count;
    launcher.ariaDescription = count ? label : null;
    showPreview(last);
    say("unread", { count });
  };

  let invite;
  // Sent only where a bot has invitations (web/loader.py).
  // Each invitation at most once. Who never wrote leaves no trace: it lasts as long as the page then.
  const invited = () => kept.invited?.split(",") ?? [];
  const scrolled = () => (100 * (scrollY + innerHeight)) / document.documentElement.scrollHeight;
  const suits = ({ id, path, seconds, scroll, returning }) =>
    !invited().includes(`${id}`) && RegExp(path).test(location.pathname) && Date.now() - arrived >= seconds * 1000 &&
    scrolled() >= scroll && (!returning || kept.token);
  invite = () => {
    const found = !frame && preview.hidden && invitations.find(suits);
    if (!found) return;
    const ids = [...invited(), found.id].join();
    if (kept.token) keep("invited", ids);
    else kept.invited = ids;
    address.searchParams.set("invitation", found.id);
    showPreview(found);
  };
  // End of invitations.

  const heard = {
    hello() {
      up = true;
      tellAll();
    },
    keep: ({ name, value }) => keep(name, value),
    unread: showUnread,
    close: () => show(false),
    again: reload,
    look: ({ its }) => paint(its),
    event: ({ name, detail }) => say(name, detail),
  };

  const claim = (more) => {
    customer = { ...customer, ...more };
    tellAll();
  };

  const commands = {
    open: () => show(true),
    close: () => show(false),
    toggle: () => show(!isOpen),
    show: () => home.classList.remove("bare"),
    hide: () => home.classList.add("bare"),
    identify: (who) => claim(typeof who === "string" ? { signed: who } : who),
    attributes: (more) => claim({ more: { ...customer.more, ...more } }),
    start(text) {
      first = text;
      show(true);
      tellAll();
    },
    locale(language) {
      address.searchParams.set("language", language);
      reload();
    },
    logout() {
      leaving = kept.token;
      forget();
      customer = {};
      showUnread({ count: 0 });
      if (leaving) load();
      tellAll();
    },
    on(event, hear) {
      (listeners[event] ??= new Set()).add(hear);
      if (event === "ready" && home.isConnected) hear();
    },
    off: (event, hear) => listeners[event]?.delete(hear),
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (frame && source === frame.contentWindow && origin === address.origin) heard[data?.baton]?.(data);
  });

  addEventListener("storage", ({ key, newValue: value }) => {
    const name = nameOf(key);
    if (!name) return;
    put(kept, name, value);
    if (name === "token" && value === null) customer = {}; // logged out in another tab
    if (kept.chat) load();
    tell("kept", { name, value });
  });

  launcher.onclick = commands.toggle;
  message.onclick = commands.open;
  dismiss.onclick = () => (preview.hidden = true);
  root.addEventListener("keydown", ({ key }) => key === "Escape" && show(false));
  narrow.onchange = reshape;
  visualViewport.addEventListener("resize", fit);
  visualViewport.addEventListener("scroll", fit);

  const run = (command, ...rest) => commands[command]?.(...rest);
  window.Baton = Object.assign(run, commands);

  // Beside the body: a page may swap it, and a phone makes it inert.
  const start = () => {
    // A bot that is switched off still shows a chat that goes on.
    if (!off || kept.chat) document.documentElement.append(home);
    if (kept.token && kept.chat) load();
    if (invitations.length) watch();
    say("ready"); // who asks for it in the queue is told at once
    for (const call of queue) run(...call);
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})({});
