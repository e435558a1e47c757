/* Baton's loader. It draws the launcher on the host's page; the chat is an iframe on the server this file is from.
   templates/widget/page.html describes the tag's attributes, what the two say to each other, and what is kept. */
(() => {
  "use strict";
  if (window.Baton) return; // a second tag on the same page
  const tag = document.currentScript ?? document.querySelector("script[data-bot]");
  const { bot, color, side, offset, openLabel = "Open chat", closeLabel = "Close chat" } = tag.dataset;
  const address = new URL(`widget/${encodeURIComponent(bot)}`, tag.src);
  const prefix = `baton:${bot}:`;
  const LASTS = 30 * 24 * 3600 * 1000;

  // What is kept. A browser that refuses storage keeps it for as long as the page is open.
  const kept = {};
  const stored = (work) => {
    try {
      return work(localStorage);
    } catch {
      return undefined;
    }
  };
  const keep = (name, value) => {
    if (value == null) delete kept[name];
    else kept[name] = value;
    stored((storage) => (value == null ? storage.removeItem(prefix + name) : storage.setItem(prefix + name, value)));
  };
  stored((storage) => {
    for (const name of Object.keys(storage)) {
      if (name.startsWith(prefix)) kept[name.slice(prefix.length)] = storage.getItem(name);
    }
  });
  if (!(Date.now() - kept.used < LASTS)) Object.keys(kept).forEach((name) => keep(name, null));

  const make = (name, attributes, ...children) => {
    const svg = name === "svg" || name === "path";
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    element.append(...children);
    return element;
  };
  const icon = (name, path) => make("svg", { class: name, viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: path }));

  // A shadow root keeps the host's styles out; a constructed sheet needs no style-src.
  const STYLE = `
    :host { all: initial; --accent: #0f766e; --on: #fff; --gap: 20px; --paper: #fff; --ink: #1c1b1a; --soft: #66625d;
      --shadow: 0 0 0 1px #1c1b1a0f, 0 12px 40px -8px #1c1b1a47, 0 4px 12px #1c1b1a14;
      position: fixed; right: var(--gap); bottom: var(--gap); z-index: 2147483000; font: 14px/1.45 system-ui, sans-serif }
    :host([data-side=left]) { right: auto; left: var(--gap) }
    @supports (color: oklch(from red l c h)) { :host { --on: oklch(from var(--accent) clamp(0, (.565 - l) * 999, 1) 0 0) } }
    * { box-sizing: border-box }
    [hidden] { display: none !important }
    button { border: 0; padding: 0; background: none; color: inherit; font: inherit; cursor: pointer }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
    svg { width: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
    .launcher { position: relative; display: grid; place-items: center; width: 56px; height: 56px; border-radius: 50%;
      background: var(--accent); color: var(--on); box-shadow: var(--shadow); transition: transform .2s }
    .launcher:hover { transform: scale(1.06) }
    .launcher svg { grid-area: 1 / 1; transition: transform .25s, opacity .2s }
    [aria-expanded=true] .talk, [aria-expanded=false] .down { opacity: 0; transform: scale(.5) rotate(-40deg) }
    .badge { position: absolute; top: -4px; right: -4px; min-width: 22px; padding: 0 5px; border: 2px solid var(--paper);
      border-radius: 11px; background: #c81e1e; color: #fff; font-size: 12px; font-weight: 600; line-height: 18px }
    .panel, .preview { position: absolute; right: 0; bottom: 72px; max-width: calc(100vw - 2 * var(--gap)); border-radius: 18px;
      background: var(--paper); color: var(--ink); box-shadow: var(--shadow) }
    :host([data-side=left]) :is(.panel, .preview) { right: auto; left: 0 }
    .panel { width: 392px; height: min(688px, 100vh - 92px - var(--gap)); overflow: hidden; transition: opacity .2s, transform .25s }
    .panel:not(.open) { visibility: hidden; opacity: 0; transform: translateY(16px); transition: .2s }
    iframe { width: 100%; height: 100%; border: 0; opacity: 0; transition: opacity .2s }
    .up { opacity: 1 }
    .preview { display: flex; width: max-content; animation: rise .25s }
    .preview button { border-radius: 18px }
    .text { max-width: 280px; padding: 12px 4px 12px 16px; text-align: start; overflow-wrap: anywhere }
    b, .dismiss { color: var(--soft) }
    b { display: block; font-size: 12px; font-weight: 500 }
    .text span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden }
    .dismiss { align-self: start; padding: 10px }
    .dismiss svg { display: block; width: 16px }
    :host(.full) { inset: 0 auto auto 0; width: 100% }
    :host(.full) .panel { inset: 0; width: 100%; max-width: none; height: 100dvh; border-radius: 0 }
    :host(.full) .launcher { z-index: 1; top: 14px; left: 8px; width: 44px; height: 44px; box-shadow: none }
    :host(.full) .launcher:focus-visible { outline-color: var(--on); outline-offset: -4px }
    @keyframes rise { from { opacity: 0; transform: translateY(8px) } }
    @media (prefers-color-scheme: dark) { :host { --paper: #1d1c1a; --ink: #f2f0ec; --soft: #aba69f } }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important } }`;

  const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: "" });
  const launcher = make("button", { class: "launcher", type: "button", "aria-label": openLabel, "aria-expanded": "false", "aria-describedby": "unread" },
    icon("talk", "M21 12a8.5 8.5 0 0 1-12.5 7.5L3 21l1.5-5.5A8.5 8.5 0 1 1 21 12z"),
    icon("down", "m6 9 6 6 6-6"), badge);
  const unread = make("span", { id: "unread", hidden: "" });
  const author = make("b", {});
  const words = make("span", {});
  const dismiss = make("button", { class: "dismiss", type: "button" }, icon("", "M18 6 6 18M6 6l12 12"));
  const text = make("button", { class: "text", type: "button" }, author, words);
  const preview = make("div", { class: "preview", hidden: "" }, text, dismiss);
  const panel = make("div", { class: "panel" });
  const home = make("div", { id: "baton" });
  const root = home.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(launcher, unread, make("div", { role: "status" }, preview), panel);

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
    // The iframe learns from its referrer whom it may talk to, whatever policy the page has.
    frame ??= make("iframe", { title: "Chat", src: address, referrerpolicy: "origin" });
    if (!frame.isConnected) panel.append(frame);
  };

  // On a phone the chat covers the page, and ends where the keyboard begins.
  let scrolling;
  const fit = () => {
    const full = isOpen && narrow.matches;
    const view = window.visualViewport;
    if (full !== home.classList.contains("full")) {
      const { style } = document.documentElement;
      if (full) scrolling = style.overflow;
      style.overflow = full ? "hidden" : scrolling;
      document.body.inert = full;
      home.classList.toggle("full", full);
    }
    home.style.top = full && view ? `${view.offsetTop}px` : "";
    panel.style.height = full && view ? `${view.height}px` : "";
  };

  const show = (open) => {
    if (open === isOpen) return;
    isOpen = open;
    if (open) load();
    panel.classList.toggle("open", open);
    launcher.setAttribute("aria-expanded", open);
    launcher.setAttribute("aria-label", open ? closeLabel : openLabel);
    preview.hidden = true;
    fit();
    tell("shown", shape());
    if (open) frame.focus();
    else launcher.focus();
  };

  const showUnread = ({ count, label, preview: last }) => {
    badge.hidden = !count;
    badge.textContent = count > 99 ? "99+" : count;
    unread.textContent = count ? label : "";
    preview.hidden = !last || isOpen;
    if (!last) return;
    author.textContent = last.author;
    words.textContent = last.text;
    dismiss.setAttribute("aria-label", last.dismiss);
  };

  const heard = {
    hello() {
      up = true;
      frame.classList.add("up");
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

  addEventListener("storage", ({ key, newValue }) => {
    if (!key?.startsWith(prefix)) return;
    const name = key.slice(prefix.length);
    if (newValue == null) delete kept[name];
    else kept[name] = newValue;
    if (kept.chat) load();
    tell("kept", { name, value: newValue });
  });

  let here = location.href;
  const moved = () =>
    setTimeout(() => {
      if (here !== location.href) tell("page", { page: page() });
      here = location.href;
    }, 300); // by then most pages have set their new title
  for (const step of ["pushState", "replaceState"]) {
    const original = history[step];
    history[step] = function (...to) {
      original.apply(this, to);
      moved();
    };
  }
  addEventListener("popstate", moved);

  launcher.addEventListener("click", () => show(!isOpen));
  text.addEventListener("click", () => show(true));
  dismiss.addEventListener("click", () => {
    preview.hidden = true;
    launcher.focus();
  });
  root.addEventListener("keydown", ({ key }) => key === "Escape" && show(false));
  narrow.addEventListener("change", () => {
    fit();
    tell("shown", shape());
  });
  visualViewport?.addEventListener("resize", fit);
  visualViewport?.addEventListener("scroll", fit);

  window.Baton = { open: () => show(true), close: () => show(false) };

  // Beside the body: it stays when the page swaps its body, and a phone can make the whole body inert.
  const start = () => {
    document.documentElement.append(home);
    if (kept.token && kept.chat) load();
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
