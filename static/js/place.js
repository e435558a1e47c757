// The swap style "place": put elements into a list in the order of their data-order, each id once in the page.
// An element that is there already is replaced, wherever it stands; pushing twice is therefore harmless.
// Other fragments are left out when they are on the page already: nobody's button goes from under their finger.
(() => {
  const order = (element) => Number(element.dataset.order ?? Infinity);

  const put = (list, element) => {
    let before = null;
    for (let last = list.lastElementChild; last && order(last) > order(element); last = last.previousElementSibling) {
      before = last;
    }
    list.insertBefore(element, before);
  };

  const staysWhereItIs = (element, list, fresh) =>
    element.parentElement === list && order(element) === order(fresh);

  const place = (list, fresh) => {
    const old = fresh.id && document.getElementById(fresh.id);
    const focused = old && old.contains(document.activeElement) && document.activeElement.id;
    if (old && staysWhereItIs(old, list, fresh)) {
      old.replaceWith(fresh);
    } else {
      if (old?.parentElement !== list) fresh.classList.add("is-new");
      old?.remove();
      put(list, fresh);
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    setTimeout(() => fresh.classList.remove("is-new"), 1200);
    return fresh;
  };

  const isThere = ({ target, swapSpec, fragment }) =>
    swapSpec?.style === "outerHTML" && target?.isEqualNode(fragment.firstElementChild);

  document.addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {
    tasks.splice(0, tasks.length, ...tasks.filter((task) => !isThere(task)));
  });

  htmx.registerExtension("place", {
    handle_swap: (style, list, fragment) =>
      style === "place" && [...fragment.children].map((element) => place(list, element)),
    htmx_after_swap: () => document.dispatchEvent(new Event("baton:placed")),
  });
})();
