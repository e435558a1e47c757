// Who is refused goes on at the first field that is marked: on a phone it may be a long way down the page.
(() => {
  const wrong = document.querySelector("main [aria-invalid=true]");
  (wrong?.matches("fieldset") ? wrong.querySelector("input") : wrong)?.focus();
})();
