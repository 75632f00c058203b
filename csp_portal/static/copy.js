// Copy buttons: what is copied stands in the button (partials/copy.html), or is the answer to its form (copy_key.html).
(() => {
  "use strict";
  const TOLD_FOR = 3000; // milliseconds; a failure stays
  const timers = new WeakMap();

  // The way of browsers without a clipboard for pages: over http, or where it is refused.
  const copyBySelecting = (text, beside) => {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.className = "copy-field";
    beside.append(field); // inside an open dialog: nothing else can be selected then
    field.select();
    try {
      return document.execCommand("copy");
    } finally {
      field.remove();
    }
  };

  const copy = async (text, beside) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelecting(text, beside);
    }
  };

  const tell = (status, words, stays) => {
    window.clearTimeout(timers.get(status));
    status.textContent = words;
    if (!stays) timers.set(status, window.setTimeout(() => { status.textContent = ""; }, TOLD_FOR));
  };

  // A key is asked for when its button is pressed, so that the log knows of it before the page has it (K2).
  const answerOf = async (form) => {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" });
    if (!answer.ok) throw new Error(`refused with ${answer.status}`);
    return answer.text();
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-copies-answer]");
    if (!form) return;
    event.preventDefault();
    const status = form.nextElementSibling;
    tell(status, "", true);
    let text;
    try {
      text = await answerOf(form);
    } catch {
      tell(status, status.dataset.refused, true);
      return;
    }
    const done = await copy(text, form);
    form.querySelector("button").focus();
    tell(status, done ? status.dataset.done : status.dataset.failed, !done);
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const status = button.nextElementSibling;
    tell(status, "", true); // so that a second copy is announced too
    const done = await copy(button.dataset.copies, button.parentElement);
    button.focus();
    tell(status, done ? status.dataset.done : status.dataset.failed, !done);
  });
})();
