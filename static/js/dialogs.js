// <button data-opens="#some_dialog">, <button data-closes>, and <form data-request> inside a dialog, which is
// sent without leaving the page and closes the dialog when the server agreed.
(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.querySelector(opener.dataset.opens)?.showModal();
    event.target.closest("[data-closes]")?.closest("dialog")?.close();
    if (event.target.matches("dialog")) event.target.close(); // the backdrop
  });

  // The opener may be gone by then: a resolved chat has no Resolve Chat, an ended one no End chat.
  const goOn = () => {
    if (document.activeElement !== document.body) return;
    const place = document.querySelector("[data-closed] [data-start-over]") ?? document.querySelector("[role=log]");
    place?.focus({ preventScroll: true });
  };
  document.addEventListener("close", () => setTimeout(goOn), true);

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-request]")) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "true";
    const fields = new FormData(form, event.submitter);
    const { ok, status } = await baton.request(form.getAttribute("action"), { method: "POST", form: fields, source: form });
    delete form.dataset.busy;
    const line = form.querySelector("[data-unreached]");
    if (line) line.hidden = status !== 0 && status < 500;
    // A refusal leaves the dialog open only where it has something to say inside of it (422).
    if (ok || (status >= 400 && status < 500 && status !== 422 && status !== 429)) form.closest("dialog")?.close();
  });
})();
