// Makes pages that work without scripts quicker to use: menus, the dialog, messages, hints.
(() => {
  "use strict";

  // Menus are <details class="menu">: only one is open, and Escape, a click elsewhere or leaving it closes it.
  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    openMenus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("focusin", (event) => {
    openMenus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // A hint goes away with Escape without moving the focus (WCAG 1.4.13), and comes back with the next visit.
  const bringBack = (event) => event.currentTarget.classList.remove("is-dismissed");
  const dismissHints = () => {
    document.querySelectorAll(".instant:hover, .instant:focus").forEach((hinted) => {
      hinted.classList.add("is-dismissed");
      hinted.addEventListener("mouseleave", bringBack, { once: true });
      hinted.addEventListener("blur", bringBack, { once: true });
    });
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    openMenus().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    dismissHints();
  });

  // A hint near the right edge is moved back into the window.
  const keepInside = (event) => {
    const hint = event.target instanceof Element && event.target.closest(".instant")?.querySelector(".hint");
    if (!hint) return;
    hint.style.translate = "none";
    const beyond = hint.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    hint.style.translate = beyond > 0 ? `${-beyond}px` : "none";
  };
  document.addEventListener("mouseover", keepInside);
  document.addEventListener("focusin", keepInside);

  // The dialog: htmx puts a page's content into it, then it opens. Closing empties it and gives the focus back.
  const dialog = document.getElementById("dialog");
  const content = document.getElementById("dialog-content");
  let opener = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === content && !dialog.open) opener = event.detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === content && !dialog.open) dialog.showModal();
    if (event.detail.target.id === "messages") showMessages(event.detail.target);
  });
  dialog?.addEventListener("close", () => {
    content.replaceChildren();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-closes-dialog]") && dialog?.open) {
      event.preventDefault();
      dialog.close();
    }
  });

  // A message that htmx brings (a refusal) is shown in front of everything and read out.
  const showMessages = (region) => {
    opener = null; // the focus goes to the message, not back
    if (dialog?.open) dialog.close();
    region.scrollIntoView({ block: "nearest" });
    region.querySelector("[tabindex='-1']")?.focus();
  };

  // Screen readers announce what changes in a live region, not what it held from the start: put it in again.
  const region = document.getElementById("messages");
  if (region?.childElementCount) {
    const nodes = [...region.childNodes];
    window.setTimeout(() => region.replaceChildren(...nodes), 150);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dismisses]");
    if (!button) return;
    button.closest(".alert").remove();
    document.getElementById("content").focus();
  });

  // A product key that is shown goes before its masked form is fetched, so that no failed request leaves it standing.
  const removeSecrets = (within) => within.querySelectorAll("[data-secret]").forEach((secret) => secret.remove());
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("[data-hides]")) removeSecrets(event.detail.elt);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-hides-now]")) htmx.trigger(event.target.closest("[data-hides]"), "hide");
  });
  window.addEventListener("pagehide", () => removeSecrets(document));

  // No connection, or no answer from the server: say so instead of doing nothing.
  const offline = document.getElementById("offline");
  const tellOffline = (isOffline) => { if (offline) offline.hidden = !isOffline; };
  document.addEventListener("htmx:sendError", () => tellOffline(true));
  document.addEventListener("htmx:afterOnLoad", () => tellOffline(false));
  window.addEventListener("offline", () => tellOffline(true));
  window.addEventListener("online", () => tellOffline(false));
})();
