// <button data-copies="#what" data-copied="Copied"> puts a text, or a field's value, on the clipboard.
(() => {
  const SHOWN = 2000;

  const say = (button) => {
    const label = button.querySelector("[data-copy-label]");
    button.dataset.label ??= label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => (label.textContent = button.dataset.label), SHOWN);
  };

  const copy = async (button) => {
    const source = document.querySelector(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      say(button);
    } catch {
      // There is no clipboard without https: select the text, so that one key press copies it.
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copies]");
    if (button) copy(button);
  });
})();
