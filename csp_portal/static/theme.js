// Runs in <head>, before anything is drawn. Without it the page is complete: times are in UTC.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // The theme that the reader chose is on the element already; without a choice the page follows the system.
  if (!root.dataset.bsTheme) {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
    follow();
    dark.addEventListener("change", follow);
  }

  // The server writes times in the reader's zone, which only the browser knows.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    const secure = window.location.protocol === "https:" ? "; secure" : "";
    document.cookie = `timezone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
})();
