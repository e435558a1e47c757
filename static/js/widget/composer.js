// The box grows with its text; a suggestion is sent as if it had been typed; a notice leaves after a while.
(() => {
  const STAYS = 12000;
  const box = () => document.getElementById("message_box");

  const grow = () => {
    if (CSS.supports("field-sizing", "content")) return;
    box().style.height = "auto";
    box().style.height = `${box().scrollHeight}px`;
  };

  baton.say = (text) => {
    const draft = box().value;
    box().value = text;
    box().form.requestSubmit();
    if (!draft) return;
    box().value = draft;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("click", ({ target }) => {
    const reply = target.closest("[data-quick-reply]");
    if (!reply) return;
    baton.say(reply.textContent);
    // On a touch screen, focus in the box would raise the keyboard over the answer.
    if (!matchMedia("(pointer: coarse)").matches) box().focus();
  });
  for (const event of ["input", "baton:sent", "baton:store"]) document.addEventListener(event, grow);

  const notice = document.getElementById("notice");
  let leaving;
  new MutationObserver(() => {
    clearTimeout(leaving);
    if (notice.hasChildNodes()) leaving = setTimeout(() => notice.replaceChildren(), STAYS);
  }).observe(notice, { childList: true });
})();
