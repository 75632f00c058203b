// Keys of the queue and of a request's page: j and k move the row, Enter opens it (as on any link), c claims, r replies,
// ? tells of them. Never while somebody types.
(() => {
  "use strict";
  const help = document.getElementById("keys-help");
  const isTyping = (element) => element.closest("input:not([type='checkbox']), textarea, select, [contenteditable]");

  const rows = () => [...document.querySelectorAll("[data-queue] [data-opens]")];
  const currentRow = () => document.activeElement.closest("[data-queue] tbody tr");
  const move = (by) => {
    const links = rows();
    const at = links.indexOf(currentRow()?.querySelector("[data-opens]"));
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1);
    links[next]?.focus();
    links[next]?.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const claim = () => {
    const within = document.querySelector("[data-queue]") ? currentRow() : document;
    within?.querySelector("[data-claims] button")?.click();
  };
  const reply = () => document.querySelector("[data-replies] textarea")?.focus();
  const showHelp = () => help?.showModal();

  const keys = { j: () => move(1), k: () => move(-1), c: claim, r: reply, "?": showHelp };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.querySelector("[data-shows-keys]")?.addEventListener("click", showHelp);
})();
