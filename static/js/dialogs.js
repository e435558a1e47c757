// <button data-opens="#some_dialog">, <button data-closes>, and <form data-request>, which is sent without leaving the
// page and closes the dialog that it is in when the server agreed. <form data-request="insist"> is sent until it was
// answered: for what may safely be done twice, and is not to be pressed again.
(() => {
  const RETRY = 2000;

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.querySelector(opener.dataset.opens)?.showModal();
    event.target.closest("[data-closes]")?.closest("dialog")?.close();
    if (event.target.matches("dialog")) event.target.close(); // the backdrop
  });

  // The opener may be gone by then: a resolved chat has no Resolve Chat, an ended one no End chat. Who has left for
  // the website around the chat is not called back.
  const goOn = () => {
    if (document.activeElement !== document.body || !document.hasFocus()) return;
    const place = document.querySelector("[data-closed] [data-start-over]") ?? document.querySelector("[role=log]");
    place?.focus({ preventScroll: true });
  };
  document.addEventListener("close", () => setTimeout(goOn), true);

  // What cannot have been done, or may not have been.
  const isUnreached = ({ status }) => status === 0 || status >= 500;
  const isOffered = (action) => document.querySelector(`form[data-request=insist][action="${action}"]`);

  const send = async (form, fields) => {
    const action = form.getAttribute("action");
    const ask = () => baton.request(action, { method: "POST", form: fields, source: form });
    let answer = await ask();
    while (form.dataset.request === "insist" && isUnreached(answer)) {
      baton.heard(false);
      await new Promise((again) => setTimeout(again, RETRY));
      if (!isOffered(action)) return answer; // another tab has got through
      answer = await ask();
    }
    if (!isUnreached(answer)) baton.heard(true);
    return answer;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-request]")) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "true";
    const answer = await send(form, new FormData(form, event.submitter));
    delete form.dataset.busy;
    const dialog = form.closest("dialog");
    const line = (dialog ?? form).querySelector("[data-unreached]");
    if (line) line.hidden = !isUnreached(answer);
    // A refusal leaves the dialog open only where it has something to say inside of it (422).
    const { ok, status } = answer;
    if (ok || (status >= 400 && status < 500 && status !== 422 && status !== 429)) dialog?.close();
  });
})();
