// Renews a page that is whole without this. The server makes every page; here the parts of it that
// live are exchanged when the event stream says that there is something newer.

const page = document.body;
const say = page.dataset;
const moving = !matchMedia("(prefers-reduced-motion: reduce)").matches;
const store = {
  get(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* private */ } },
};

let paused = false;
let waiting = false;
let announced = "";  // the version that the event stream named last
let connected = null;  // not known yet
let renewedAt = Date.now();
let failed = false;  // the page of another moment was asked for, and not given
let busy = null;

const element = (id) => document.getElementById(id);
const past = () => new URL(location.href).searchParams.has("at");
const reading = () => {
  const rows = element("rows");
  return Boolean(rows && rows.contains(document.activeElement));
};

function state() {
  const line = element("state");
  if (!line || line.closest("[data-stale]")) return;
  let [kind, text] = connected ? ["live", say.live] : ["lost", say.lost];
  if (connected === null) [kind, text] = ["paused", say.connecting];
  if (past()) [kind, text] = failed ? ["lost", say.lost] : ["paused", say.past];
  else if (paused) [kind, text] = ["paused", waiting ? say.waiting : say.paused];
  else if (waiting && reading()) [kind, text] = ["paused", say.reading];
  line.dataset.kind = kind;
  if (line.textContent !== text) line.textContent = text;
}

// The same page, as it is now; what lives in it is exchanged.
async function renew(address = location.href) {
  busy?.abort();
  const asked = busy = new AbortController();
  // The browser's own copy may be the page of before.
  const answer = await fetch(address, { signal: asked.signal, cache: "no-cache", headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (asked.signal.aborted) return;
  for (const id of ["now", "rows", "live-part"]) {
    const [old, fresh] = [element(id), next.getElementById(id)];
    if (old && fresh) id === "rows" ? exchangeRows(old, fresh) : old.replaceWith(document.adoptNode(fresh));
  }
  page.dataset.version = next.body.dataset.version ?? "";
  renewedAt = Date.now();
  // A cache on the way may have answered with it, too: then the newer one is asked for again.
  waiting = announced !== "" && page.dataset.version !== announced;
  state();
}

const rowsOf = (root) => new Map([...root.querySelectorAll("tr[data-id]")].map((row) => [row.dataset.id, row]));

// Rows keep their identity, so that each moves to its new place instead of jumping there.
function exchangeRows(old, fresh) {
  const before = new Map([...rowsOf(old)].map(([id, row]) => [id, { top: row.getBoundingClientRect().top, rank: row.dataset.rank, votes: row.dataset.votes }]));
  old.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
  compare();
  if (past()) return;
  for (const [id, row] of rowsOf(old)) {
    const was = before.get(id);
    if (!was) continue;
    const moved = was.top - row.getBoundingClientRect().top;
    if (was.votes !== row.dataset.votes) row.classList.add("flash");
    if (moving && moved) row.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], { duration: 600, easing: "ease-in-out" });
  }
}

// What has changed since this visitor looked last, an hour ago or a week.
const remembered = `seen:${say.key}`;
const lastVisit = say.key ? store.get(remembered) : null;

function compare() {
  if (!lastVisit || past()) return;
  const number = new Intl.NumberFormat(say.locale);
  for (const [id, row] of rowsOf(document)) {
    const was = lastVisit[id];
    const [moved, more] = [row.querySelector(".moved"), row.querySelector(".more")];
    const rank = Number(row.dataset.rank);
    if (!was) { if (Object.keys(lastVisit).length) moved.textContent = say.new; continue; }
    const [rankThen, votesThen] = was;
    if (rank && rankThen && rank !== rankThen) {
      const by = Math.abs(rankThen - rank);
      const up = rank < rankThen;
      moved.textContent = `${up ? "▲" : "▼"} ${number.format(by)}`;
      moved.setAttribute("aria-label", `${up ? say.up : say.down} ${by}`);
    }
    const votes = Number(row.dataset.votes) - votesThen;
    if (votes > 0) more.textContent = `+${number.format(votes)}`;
  }
}

function remember() {
  if (!say.key || past()) return;
  const seen = { ...lastVisit };
  for (const [id, row] of rowsOf(document)) seen[id] = [Number(row.dataset.rank), Number(row.dataset.votes)];
  store.set(remembered, Object.fromEntries(Object.entries(seen).slice(-1000)));
}

function due() {
  const rate = Number(element("rate")?.value ?? 0) * 1000;
  return Date.now() - renewedAt >= rate;
}

function changed() {
  if (past()) return;
  waiting = true;
  if (paused || reading() || !due()) { state(); return; }
  // Not all at once: a cache before the service then has it for most.
  setTimeout(() => { if (waiting && !paused && !reading()) renew().catch(again); }, Math.random() * 700);
}

// The server is busy, or has answered this address too often.
const later = () => new Promise((then) => setTimeout(then, 3000 + Math.random() * 4000));

async function again() {
  state();
  await later();
  if (waiting) changed();
}

// What a visitor waits for is asked for until it is there, or something else is wanted.
async function insist(ask, wanted) {
  for (;;) {
    try {
      const answer = await ask();
      failed = false;
      return answer;
    } catch (error) {
      if (error.name === "AbortError") return null;
    }
    failed = true;
    state();
    await later();
    if (!wanted()) return null;
  }
}

function follow(address) {
  const events = new EventSource(address);
  events.addEventListener("board", (event) => {
    connected = true;
    announced = event.lastEventId;
    if (event.lastEventId !== page.dataset.version) changed();
    state();
  });
  events.onopen = () => { connected = true; state(); };
  events.onerror = () => {
    connected = false;
    state();
    // The browser comes again by itself, unless the answer was an error.
    if (events.readyState === EventSource.CLOSED) { events.close(); setTimeout(() => follow(address), 3000 + Math.random() * 4000); }
  };
}

function tools() {
  for (const each of document.querySelectorAll(".script-only")) each.hidden = false;
  const pause = element("pause");
  pause?.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? say.resume : say.pause;
    if (!paused && waiting) renew().catch(state);
    state();
  });
  element("rows")?.addEventListener("focusout", () => setTimeout(() => { if (waiting && !paused && !reading()) changed(); state(); }, 100));
  setInterval(() => { if (waiting && !paused && !reading() && due()) changed(); }, 5000);
  const filter = element("filter");
  const select = filter?.querySelector("select");
  select?.addEventListener("change", () => filter.requestSubmit());
}

// The same page at any past publication, and all of them as a film.
const FRAMES = 60;

async function lookBack() {
  const [range, shown, play] = [element("moment"), element("shown"), element("play")];
  const ticks = await insist(async () => {
    const answer = await fetch(say.ticks);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return (await answer.json()).ticks;
  }, () => true);
  if (!ticks.length) return;
  const words = new Intl.DateTimeFormat(say.locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  range.max = ticks.length;  // the last place is now
  const at = new URL(location.href).searchParams.get("at");
  range.value = at ? Math.max(0, ticks.findLastIndex((tick) => new Date(tick) <= new Date(at))) : ticks.length;
  const name = () => {
    const tick = ticks[range.value];
    const text = tick ? `${words.format(new Date(tick))} UTC` : say.live;
    shown.textContent = text;
    range.setAttribute("aria-valuetext", text);
  };
  name();
  // The page of the slider's place; a newer place overtakes one that is still on its way.
  const go = async () => {
    const next = new URL(location.href);
    const tick = ticks[range.value];
    tick ? next.searchParams.set("at", tick) : next.searchParams.delete("at");
    history.replaceState(null, "", next);
    name();
    state();
    await insist(renew, () => location.href === next.href);
    state();
  };
  let film = 0;
  const stop = () => { film = 0; play.textContent = say.play; };
  const show = async () => {
    if (Number(range.value) >= ticks.length) range.value = 0;
    const step = Math.max(1, Math.ceil((ticks.length - range.value) / FRAMES));
    const mine = film = Math.random();
    play.textContent = say.pause;
    await go();
    while (film === mine && Number(range.value) < ticks.length) {
      await new Promise((then) => setTimeout(then, moving ? 900 : 2500));
      if (film !== mine) return;
      if (document.hidden) continue;
      range.value = Math.min(ticks.length, Number(range.value) + step);
      await go();
    }
    if (film === mine) stop();
  };
  range.addEventListener("input", () => { stop(); go(); });
  play.addEventListener("click", () => { film ? stop() : show(); });
  element("pause")?.addEventListener("click", stop);
}

if (say.events) {
  tools();
  compare();
  follow(say.events);
  state();
  if (say.ticks) {
    const details = element("past");
    if (details.open) lookBack().catch(state);
    else details.addEventListener("toggle", () => lookBack().catch(state), { once: true });
  }
  addEventListener("pagehide", remember);
} else if (page.classList.contains("list")) {
  setInterval(() => { if (!document.hidden) location.reload(); }, 60000);
}
