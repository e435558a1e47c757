/* <button data-copies="#what" data-copied="Copied"> puts the text (or a field's value) on the clipboard. */
(() => {
  const SHOWN = 2000;

  async function copy(button) {
    const source = document.querySelector(button.dataset.copies);
    const label = button.querySelector("[data-copy-label]");
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      // Without a secure connection there is no clipboard: select the text, so that one key press copies it.
      return source.select ? source.select() : getSelection().selectAllChildren(source);
    }
    button.dataset.label ??= label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = button.dataset.label; }, SHOWN);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copies]");
    if (button) copy(button);
  });
})();
