/* Baton's loader draws the launcher; the chat is an iframe on the server this file is from.
   templates/widget/page.html describes the tag, what the two say to each other, and what is kept. */
(() => {
  if (window.Baton) return; // a second tag
  const tag = document.querySelector("script[data-bot]");
  const { bot, color, side, offset, openLabel = "Open chat", closeLabel = "Close chat" } = tag.dataset;
  const address = new URL(`widget/${encodeURIComponent(bot)}`, tag.src);
  const prefix = `baton:${bot}:`;
  const DAYS_30 = 30 * 24 * 3600 * 1000;

  // Where the browser refuses storage, it lasts as long as the page.
  const kept = {};
  const note = (name, value) => {
    if (value == null) delete kept[name];
    else kept[name] = value;
  };
  const tryStorage = (work) => {
    try {
      work(localStorage);
    } catch {}
  };
  const keep = (name, value) => {
    note(name, value);
    const key = prefix + name;
    tryStorage((storage) => (value == null ? storage.removeItem(key) : storage.setItem(key, value)));
  };
  const nameOf = (key) => key?.startsWith(prefix) && key.slice(prefix.length);
  tryStorage((storage) => {
    for (const key of Object.keys(storage)) if (nameOf(key)) note(nameOf(key), storage.getItem(key));
  });
  if (!(Date.now() - kept.used < DAYS_30)) Object.keys(kept).forEach((name) => keep(name, null));

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
    :host { all: initial; --accent: #0f766e; --on: #fff; --gap: 20px; --paper: #fff; --ink: #1c1b1a; --soft: #66625d;
      --shadow: 0 0 0 1px #1c1b1a0f, 0 8px 32px #1c1b1a40;
      position: fixed; right: var(--gap); bottom: var(--gap); z-index: 2147483000; font: 14px/1.45 system-ui, sans-serif }
    :host([data-side=left]) { right: auto; left: var(--gap) }
    @supports (color: oklch(from red l c h)) { :host { --on: color(from var(--accent) xyz
      clamp(0, (.179 - y) * 1e6, .95) clamp(0, (.179 - y) * 1e6, 1) clamp(0, (.179 - y) * 1e6, 1.09)) } }
    * { box-sizing: border-box }
    [hidden] { display: none !important }
    button { border: 0; padding: 0; background: none; color: inherit; font: inherit; cursor: pointer }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
    svg { width: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round }
    .launcher { position: relative; display: grid; place-items: center; width: 56px; height: 56px; border-radius: 50%;
      background: var(--accent); color: var(--on); box-shadow: var(--shadow); transition: transform .2s }
    .launcher:hover { transform: scale(1.06) }
    .launcher svg { grid-area: 1 / 1; transition: .2s }
    [aria-expanded=true] .talk, [aria-expanded=false] .down { opacity: 0; transform: rotate(-45deg) }
    .badge { position: absolute; inset: -4px -4px auto auto; pointer-events: none; min-width: 22px; padding: 0 5px;
      border: 2px solid var(--paper); border-radius: 11px; background: #c81e1e; color: #fff; font-size: 12px; font-weight: 600; line-height: 18px }
    .panel, .preview { position: absolute; right: 0; bottom: 72px; max-width: calc(100vw - 2 * var(--gap)); border-radius: 18px;
      background: var(--paper); color: var(--ink); box-shadow: var(--shadow) }
    :host([data-side=left]) :is(.panel, .preview) { right: auto; left: 0 }
    .panel { width: 392px; height: min(688px, 100vh - 92px - var(--gap)); overflow: hidden; transition: opacity .2s, transform .2s }
    .panel:not(.open) { visibility: hidden; opacity: 0; transform: translateY(16px); transition: .2s }
    iframe { width: 100%; height: 100%; border: 0 }
    .preview { display: flex; width: max-content; animation: rise .25s }
    .preview button { border-radius: 18px }
    .text { max-width: 280px; padding: 12px 4px 12px 16px; text-align: start; overflow-wrap: anywhere; }
    b, .dismiss { color: var(--soft) }
    b { display: block; font-size: 12px; font-weight: 500 }
    .dismiss { align-self: start; padding: 10px }
    .dismiss svg { display: block; width: 16px }
    :host(.full) { inset: 0 auto auto 0; width: 100% }
    :host(.full) .panel { inset: 0; width: 100%; max-width: none; height: 100dvh; border-radius: 0 }
    :host(.full) .launcher { z-index: 1; top: 14px; left: 8px; width: 44px; height: 44px; background: none; box-shadow: none }
    :host(.full) .launcher:focus-visible { outline-color: var(--on); outline-offset: -4px }
    @keyframes rise { from { opacity: 0; transform: translateY(8px) } }
    @media (prefers-color-scheme: dark) { :host { --paper: #1d1c1a; --ink: #f2f0ec; --soft: #aba69f } }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important } }`;

  const badge = make("span", { class: "badge", "aria-hidden": true, hidden: "" });
  const launcher = make("button", { class: "launcher", "aria-label": openLabel, "aria-expanded": false },
    icon("talk", "M21 12a8.5 8.5 0 0 1-12.5 7.5L3 21l1.5-5.5A8.5 8.5 0 1 1 21 12z"), icon("down", "m6 9 6 6 6-6"));
  const author = make("b");
  const words = make("span", { dir: "auto" });
  const dismiss = make("button", { class: "dismiss" }, icon("", "M18 6 6 18M6 6l12 12"));
  const message = make("button", { class: "text" }, author, words);
  const preview = make("div", { class: "preview", hidden: "" }, message, dismiss);
  const panel = make("div", { class: "panel" });
  const home = make("div", { id: "baton" });
  const root = home.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(launcher, badge, make("div", { role: "status" }, preview), panel);

  if (/^#[\da-f]{6}$/i.test(color)) home.style.setProperty("--accent", color);
  if (side === "left") home.dataset.side = side;
  if (/^\d+$/.test(offset)) home.style.setProperty("--gap", `${offset}px`);

  let frame;
  let up = false;
  let isOpen = false;
  const narrow = matchMedia("(max-width: 480px)");
  const tell = (baton, more) => up && frame.contentWindow.postMessage({ baton, ...more }, address.origin);
  const shape = () => ({ open: isOpen, fullscreen: isOpen && narrow.matches });
  const page = () => ({ page_url: location.href, page_title: document.title, referrer: document.referrer });

  const load = () => {
    if (frame) return;
    // From its referrer the iframe learns whom it may talk to.
    frame = make("iframe", { title: "Chat", src: address, referrerpolicy: "origin" });
    panel.append(frame);
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
    tell("shown", shape());
  };

  const show = (open) => {
    if (open === isOpen) return;
    isOpen = open;
    if (open) load();
    panel.classList.toggle("open", open);
    launcher.ariaExpanded = open;
    launcher.ariaLabel = open ? closeLabel : openLabel;
    preview.hidden = true;
    reshape();
    if (open) frame.focus();
    else launcher.focus();
  };

  const showUnread = ({ count, label, preview: last }) => {
    badge.hidden = !count;
    badge.textContent = count > 99 ? "99+" : count;
    launcher.ariaDescription = count ? label : null;
    preview.hidden = !last || isOpen;
    author.textContent = last?.author;
    words.textContent = last?.text;
    dismiss.ariaLabel = last?.dismiss;
  };

  const heard = {
    hello() {
      up = true;
      const { name = "", email = "", attributes = "{}" } = tag.dataset;
      tell("welcome", { kept, page: page(), customer: { name, email, attributes }, color, ...shape() });
    },
    keep: ({ name, value }) => keep(name, value),
    unread: showUnread,
    close: () => show(false),
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (frame && source === frame.contentWindow && origin === address.origin) heard[data?.baton]?.(data);
  });

  addEventListener("storage", ({ key, newValue: value }) => {
    const name = nameOf(key);
    if (!name) return;
    note(name, value);
    if (kept.chat) load();
    tell("kept", { name, value });
  });

  let here = location.href;
  const moved = () =>
    setTimeout(() => {
      if (here !== location.href) tell("page", { page: page() });
      here = location.href;
    }, 300); // for the new title
  for (const step of ["pushState", "replaceState"]) {
    const original = history[step];
    history[step] = function (...to) {
      original.apply(this, to);
      moved();
    };
  }
  addEventListener("popstate", moved);

  launcher.onclick = () => show(!isOpen);
  message.onclick = () => show(true);
  dismiss.onclick = () => (preview.hidden = true);
  root.addEventListener("keydown", ({ key }) => key === "Escape" && show(false));
  narrow.onchange = reshape;
  visualViewport.addEventListener("resize", fit);
  visualViewport.addEventListener("scroll", fit);

  window.Baton = { open: () => show(true), close: () => show(false) };

  // Beside the body: a page may swap it, and a phone makes it inert.
  const start = () => {
    document.documentElement.append(home);
    if (kept.token && kept.chat) load();
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
