// Where there is no room for a third column, the customer's details slide over the chat.
(() => {
  const show = (button, shown) => {
    const chat = button.closest(".open-chat");
    button.setAttribute("aria-expanded", shown);
    chat.toggleAttribute("data-details-shown", shown);
    (shown ? chat.querySelector(".details") : button).focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drawer]");
    if (button) show(button, button.getAttribute("aria-expanded") === "false");
  });

  document.addEventListener("keydown", (event) => {
    const button = document.querySelector('[data-drawer][aria-expanded="true"]');
    if (event.key === "Escape" && button && !document.querySelector("dialog[open]")) show(button, false);
  });
})();
