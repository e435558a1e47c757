// One way to ask the server: fetch, then put the answered fragments on the page.
window.baton ??= {};

baton.headers ??= () => ({ "X-CSRFToken": document.querySelector("meta[name=csrf-token]")?.content ?? "" });

// A store that survives a reload; the widget brings its own, for it may not have one here. To each member their own:
// who signs in next must not send what another one wrote.
baton.own = (name) => `${document.body.dataset.member}:${name}`;
baton.store ??= {
  get: (name) => localStorage.getItem(baton.own(name)),
  set: (name, value) => localStorage.setItem(baton.own(name), value),
  remove: (name) => localStorage.removeItem(baton.own(name)),
  names: (prefix) => Object.keys(localStorage).filter((name) => name.startsWith(baton.own(prefix)))
    .map((name) => name.slice(baton.own("").length)),
};

// Swap in a text of <hx-partial>s.
baton.swap = (text, source = document.body) =>
  htmx.swap({ sourceElement: source, target: source, swap: "none swapEmpty:false", text });

// Answers {ok, status, headers}; status 0 means that the server was not reached.
// `headers` may carry Baton-After and Baton-Seq: the fragments are the entries between these numbers.
// `wants(headers)` may decline the fragments when they arrive; `nameless` does not say who asks.
baton.request = async (url, { method = "GET", form, source = document.body, wants = () => true, nameless } = {}) => {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...(!nameless && baton.headers()), "HX-Request": "true", "HX-Request-Type": "partial" },
      body: form && new URLSearchParams(form),
      signal: AbortSignal.timeout(15000),
    });
    const text = await response.text();
    const { ok, status, headers } = response;
    const isHtml = text && status < 500 && headers.get("Content-Type")?.startsWith("text/html");
    if (isHtml && wants(headers)) await baton.swap(text, source);
    return { ok, status, headers };
  } catch {
    return { ok: false, status: 0, headers: new Headers() };
  }
};
