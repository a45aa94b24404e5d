// A page (the board, the events, the flow) follows the data by itself; its list can be used from
// the keyboard.
// Without this script the page reads the same; it then changes when it is loaded again.
"use strict";

const PARTS = ["known", "buckets", "decide", "list"].filter((id) => document.getElementById(id));
const AGAIN_MS = 3000;
let chosen = null; // the row that somebody is on, by the address that it opens
let at = -1;
let connected = false;
let refreshing = false;
let again = false;

const rows = () => Array.from(document.querySelectorAll("tr[data-row]"));
const address = (row) => row.querySelector("a").getAttribute("href");

function mark() {
  rows().forEach((row) => row.classList.toggle("at", address(row) === chosen));
}

function choose(number) {
  const all = rows();
  if (all.length === 0) return;
  at = Math.max(0, Math.min(all.length - 1, number));
  chosen = address(all[at]);
  mark();
  all[at].querySelector("a").focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, button")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  if (event.key in steps) {
    event.preventDefault();
    choose(at + steps[event.key]);
  } else if (event.key === "/") {
    event.preventDefault();
    const filter = document.querySelector("input[name=member]");
    if (filter) filter.focus();
  }
});

function say(text) { document.getElementById("live").textContent = text; }

// Put in what is new, part by part: what somebody types or has chosen stays as it is.
function show(page) {
  for (const id of PARTS) {
    const part = document.getElementById(id);
    const fresh = page.getElementById(id);
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceChildren(...fresh.childNodes);
    const link = focused && focused.getAttribute("href");
    const same = link && part.querySelector(`a[href="${CSS.escape(link)}"]`);
    if (same) same.focus({ preventScroll: true });
  }
  if (chosen === null) return;
  const now = rows().findIndex((row) => address(row) === chosen);
  if (now >= 0) at = now;
  else if (document.activeElement === document.body) choose(at); // its row is gone: the next one
  mark();
}

// Ask for the page anew; says whether somebody is still signed in.
async function refresh() {
  if (refreshing) { again = true; return true; }
  refreshing = true;
  try {
    do {
      again = false;
      const answer = await fetch(window.location.href, { headers: { accept: "text/html" } });
      const signedOut = answer.status === 401 || answer.redirected;
      if (signedOut) { say("· signed out: sign in again"); return false; }
      if (!answer.ok) { say("· not reachable"); return true; }
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (connected) say("· live");
    } while (again);
  } catch {
    say("· not reachable");
  } finally {
    refreshing = false;
  }
  return true;
}

function follow(address) {
  const source = new EventSource(address);
  source.addEventListener("open", () => { connected = true; say("· live"); });
  source.addEventListener("changed", refresh);
  source.addEventListener("away", () => say("· waiting for the data"));
  source.addEventListener("error", async () => {
    connected = false;
    say("· reconnecting");
    // Refused (a session that has ended, a server that starts): a browser does not ask again.
    if (source.readyState === EventSource.CLOSED && await refresh()) {
      setTimeout(() => follow(address), AGAIN_MS);
    }
  });
}

const live = document.querySelector("[data-live]");
if (live) follow(live.dataset.live); // an earlier page of a list stays as it is
