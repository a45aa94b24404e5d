// The board follows the data by itself and can be used from the keyboard. Without this script the
// page reads the same; it then changes when it is loaded again.
"use strict";

const LIVE = "live";
let at = -1;
let refreshing = false;
let again = false;

const rows = () => Array.from(document.querySelectorAll("tr[data-row]"));

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  at = Math.max(0, Math.min(all.length - 1, at + step));
  all.forEach((row, number) => row.classList.toggle("at", number === at));
  const link = all[at].querySelector("a");
  link.focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, button");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j" || event.key === "ArrowDown") { event.preventDefault(); move(1); }
  if (event.key === "k" || event.key === "ArrowUp") { event.preventDefault(); move(-1); }
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("input[name=member]").focus();
  }
});

function say(text) { document.getElementById(LIVE).textContent = text; }

async function refresh() {
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    do {
      again = false;
      const answer = await fetch(window.location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) { say("· not reachable"); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("board");
      const typing = document.activeElement && document.activeElement.matches("input, select");
      if (fresh && !typing) {
        const link = document.activeElement && document.activeElement.getAttribute("href");
        document.getElementById("board").replaceChildren(...fresh.childNodes);
        at = rows().findIndex((row) => row.querySelector("a").getAttribute("href") === link);
        if (at >= 0) move(0);
        say("· live");
      }
    } while (again);
  } finally {
    refreshing = false;
  }
}

const source = new EventSource(document.getElementById("board").dataset.live);
source.addEventListener("open", () => say("· live"));
source.addEventListener("changed", refresh);
source.addEventListener("away", () => say("· waiting for the data"));
source.addEventListener("error", () => say("· reconnecting"));
