// <input type="file" data-largest="5242880" data-too-large="…" data-together="26214400" data-too-much="…"> says under
// itself that a file, or all of them together, have too many bytes. Its form is not sent: the server would hang up.
(() => {
  const wrong = (field) => {
    const sizes = [...field.files].map((file) => file.size);
    if (sizes.some((size) => size > field.dataset.largest)) return field.dataset.tooLarge;
    return sizes.reduce((sum, size) => sum + size, 0) > field.dataset.together ? field.dataset.tooMuch : "";
  };

  const say = (field, sentence) => {
    const id = `${field.id}_error`;
    let line = document.getElementById(id);
    if (!line) {
      line = Object.assign(document.createElement("span"), { id, className: "field__error" });
      line.setAttribute("role", "alert");
      field.after(line);
      field.setAttribute("aria-describedby", `${id} ${field.getAttribute("aria-describedby") ?? ""}`.trim());
    }
    line.textContent = sentence;
    if (sentence) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  };

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-largest]")) say(target, wrong(target));
  });

  document.addEventListener("submit", (event) => {
    const field = [...event.target.querySelectorAll("[data-largest]")].find(wrong);
    if (!field) return;
    event.preventDefault();
    field.focus();
  });
})();
