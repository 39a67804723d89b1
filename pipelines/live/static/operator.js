// Renews the operator page, which is whole without this: when the event stream says that there is
// something newer, the same page is fetched and the sections that differ are exchanged.

const page = document.body;
const say = page.dataset;
const element = (id) => document.getElementById(id);
const sections = ["as-of", "alarms", "figures", "consultations", "countries", "sources", "signals", "boards", "letters", "stages", "moderation", "services", "reads"];

let connected = null;  // not known yet
let paused = false;
let waiting = false;
let busy = false;
let renewedAt = Date.now();

function state() {
  const line = element("state");
  let [kind, text] = connected ? ["live", say.live] : ["lost", say.lost];
  if (connected === null) [kind, text] = ["paused", say.connecting];
  if (connected && element("as-of").dataset.old) [kind, text] = ["lost", say.old];
  if (paused) [kind, text] = ["paused", say.paused];
  line.dataset.kind = kind;
  if (line.textContent !== text) line.textContent = text;
}

// What a visitor has opened, scrolled or reached with the keyboard stays so.
function exchange(old, fresh) {
  if (old.outerHTML === fresh.outerHTML) return;
  for (const details of fresh.querySelectorAll("details[id]")) {
    const before = element(details.id);
    if (before) details.open = before.open;
  }
  const scrolled = [...old.querySelectorAll(".wide")].map((box) => box.scrollLeft);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const places = [...old.querySelectorAll("a, button, summary, [tabindex]")];
  const place = focused ? places.indexOf(focused) : -1;
  document.adoptNode(fresh);
  old.replaceWith(fresh);
  [...fresh.querySelectorAll(".wide")].forEach((box, n) => { box.scrollLeft = scrolled[n] ?? 0; });
  if (place < 0) return;
  const named = focused.id && element(focused.id);
  const next = named || [...fresh.querySelectorAll("a, button, summary, [tabindex]")][place];
  next?.focus({ preventScroll: true });
}

async function renew() {
  if (busy) return;
  busy = true;
  waiting = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of sections) {
      const [old, fresh] = [element(id), next.getElementById(id)];
      if (old && fresh) exchange(old, fresh);
    }
    document.title = next.title;
    page.dataset.version = next.body.dataset.version ?? "";
    renewedAt = Date.now();
  } catch { waiting = true; } finally { busy = false; state(); }
}

const due = () => Date.now() - renewedAt >= Number(element("rate").value) * 1000;
const changed = () => { if (waiting && !paused && !document.hidden && due()) renew(); };

function follow() {
  const events = new EventSource(say.events);
  events.addEventListener("operator", (event) => {
    connected = true;
    if (event.lastEventId !== page.dataset.version) { waiting = true; changed(); }
    state();
  });
  events.onopen = () => { connected = true; state(); };
  events.onerror = () => {
    connected = false;
    state();
    if (events.readyState !== EventSource.CLOSED) return;  // the browser comes again by itself
    events.close();
    // The session may have ended: then the page says so.
    setTimeout(() => { waiting = true; renew(); follow(); }, 2000 + Math.random() * 2000);
  };
}

if (say.events) {
  for (const each of document.querySelectorAll(".script-only")) each.hidden = false;
  const pause = element("pause");
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? say.resume : say.pause;
    changed();
    state();
  });
  document.addEventListener("visibilitychange", changed);
  setInterval(changed, 1000);
  state();
  follow();
}
