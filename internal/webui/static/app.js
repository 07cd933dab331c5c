// The page is a plain client of /v1. It polls the list: a browser allows few connections to a host, so a stream for
// every presentation would soon leave none for the videos.

const $ = (id) => document.getElementById(id);
const list = $("list");
const cards = new Map(); // id of a presentation → its card
const asking = new Set(); // ids whose deletion waits for a second click
let limit = 20;
let timer = 0;
let polling = false;

const example = {
  title: "Meet Lectern",
  theme: "dark-purple",
  avatar: "mikhailo",
  slides: [
    { template: "title", props: { title: "Meet Lectern", subtitle: "From slides to a presented video" }, narration: "Hello! This is Lectern. It turns slides into a presented video." },
    { template: "bullet-points", props: { title: "What you give it", items: ["Slides, as plain data", "What to say on each", "Who says it"] }, narration: "You give it slides, what to say on each of them, and who says it." },
    { template: "big-numbers", props: { title: "What you get", items: [{ value: "1", label: "video, ready to share" }, { value: "30", label: "frames a second" }] }, narration: "You get one video, with captions and chapters, ready to share." },
  ],
  transitions: [{ type: "fade", duration: 0.5 }, { type: "fade", duration: 0.5 }],
};

// el builds an element. Strings become text, never markup.
function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name in e && name !== "list") e[name] = value;
    else e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c != null));
  return e;
}

class Refused extends Error {
  constructor(problem) {
    super(problem.detail || "The server refused the request.");
    this.problem = problem;
  }
}

// at returns an address below the page's own, which a proxy may have moved. Links of the server may be absolute.
const at = (path) => new URL(path.startsWith("/") ? `.${path}` : path, document.baseURI);

async function ask(path, options) {
  const res = await fetch(at(path), options);
  if (res.status === 204) return null;
  const body = await res.json().catch(() => ({}));
  if (res.status === 401 && !path.startsWith("/ui/")) lock();
  if (!res.ok) throw new Refused(body);
  return body;
}

// --- sign-in ---

// lock shows only the sign-in.
function lock() {
  clearTimeout(timer);
  view("sign-in");
  link("wait", "Signed out");
}

function view(name) {
  document.body.dataset.view = name;
  $("sign-in-view").hidden = name !== "sign-in";
  $("main").hidden = name !== "main";
  if (name === "sign-in") {
    $("player").close();
    $("key").focus();
  }
}

function greet(session) {
  $("sign-out").hidden = !session.signed_in;
  $("sign-out").title = session.signed_in ? `Signed in with the key “${session.name}”` : "";
  if (session.key_needed && !session.signed_in) {
    lock();
    return;
  }
  view("main");
  refresh();
}

async function arrive() {
  try {
    greet(await ask("/ui/session"));
  } catch (e) {
    link("down", e instanceof Refused ? e.message : "The server does not answer");
    view("main");
    setTimeout(arrive, 3000);
  }
}

// invalid shows what is wrong with the key; "" removes the sentence.
function invalid(text) {
  $("key-problem").textContent = text;
  $("key").ariaInvalid = text ? "true" : "false";
}

$("sign-in").addEventListener("submit", async (e) => {
  e.preventDefault();
  const key = $("key").value.trim();
  if (!key) {
    invalid("Paste your key first.");
    $("key").focus();
    return;
  }
  invalid("");
  $("enter").disabled = true;
  try {
    const session = await ask("/ui/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }) });
    $("key").value = "";
    greet(session);
    deck.focus({ preventScroll: true });
  } catch (err) {
    invalid(err instanceof Refused ? err.message : "The server does not answer. Try again in a moment.");
    $("key").select();
  } finally {
    $("enter").disabled = false;
  }
});

$("sign-out").addEventListener("click", async () => {
  await ask("/ui/session", { method: "DELETE" }).catch(() => {});
  $("sign-out").hidden = true;
  show([]);
  lock();
});

// --- the list ---

async function refresh() {
  clearTimeout(timer);
  if (polling) return;
  polling = true;
  let busy = false;
  try {
    const page = await ask(`/v1/presentations?limit=${limit}`);
    link("up", "Connected");
    show(page.presentations);
    $("more").hidden = !page.next_cursor || limit >= 200;
    busy = page.presentations.some((p) => !ended(p));
  } catch (e) {
    if (document.body.dataset.view === "sign-in") return;
    link("down", e instanceof Refused ? e.message : "The server does not answer");
    if (!cards.size && list.querySelector(".ghost")) list.setAttribute("aria-busy", "true");
  } finally {
    polling = false;
  }
  if (!document.hidden && document.body.dataset.view === "main") timer = setTimeout(refresh, busy ? 700 : 3000);
}

function link(state, text) {
  $("link").dataset.state = state;
  $("link").lastElementChild.textContent = text;
}

const ended = (p) => ["completed", "failed", "canceled"].includes(p.status);

function show(all) {
  list.removeAttribute("aria-busy");
  list.querySelectorAll(".ghost").forEach((g) => g.remove());
  const seen = new Set(all.map((p) => p.id));
  for (const [id, card] of cards) {
    if (!seen.has(id)) {
      card.root.remove();
      cards.delete(id);
    }
  }
  all.forEach((p, i) => {
    let card = cards.get(p.id);
    if (!card) cards.set(p.id, (card = newCard()));
    fill(card, p);
    if (list.children[i] !== card.root) list.insertBefore(card.root, list.children[i] || null);
  });
  $("empty").hidden = all.length > 0;
  const busy = all.filter((p) => !ended(p)).length;
  $("count").textContent = all.length ? `${all.length}${$("more").hidden ? "" : "+"}${busy ? ` · ${busy} in progress` : ""}` : "";
}

function newCard() {
  const c = { key: "", root: el("li"), face: null, title: el("h3"), say: el("p", { className: "say" }), fill: el("i"), bar: null, extra: el("div"), when: el("span", { className: "when" }), foot: null };
  c.bar = el("div", { className: "bar", role: "progressbar", ariaValueMin: "0", ariaValueMax: "100" }, c.fill);
  c.actions = el("span", { className: "acts" });
  c.foot = el("div", { className: "foot" }, c.when, c.actions);
  c.slot = el("div", { className: "face" });
  c.root.append(c.slot, el("div", { className: "info" }, c.title, c.say, c.bar, c.extra, c.foot));
  return c;
}

// fill updates a card. It rebuilds elements that users interact with only when they change.
function fill(c, p) {
  c.root.className = `job ${p.status}`;
  c.title.textContent = p.title || "Untitled";
  c.title.title = p.id;
  c.say.textContent = sentence(p);
  c.when.textContent = figures(p);
  c.bar.hidden = ended(p);
  c.bar.ariaValueNow = p.progress;
  c.bar.ariaLabel = `Progress of ${p.title || "the presentation"}`;
  c.bar.classList.toggle("wait", p.status === "queued");
  c.fill.style.width = `${p.progress}%`;
  const key = [p.status, p.attempt, p.cancel_requested, asking.has(p.id), p.status === "processing" ? Math.floor(p.progress) : ""].join();
  if (key === c.key) return;
  c.key = key;
  const face = newFace(p);
  c.slot.replaceWith(face);
  c.slot = face;
  c.extra.replaceChildren(...details(p));
  c.actions.replaceChildren(...actions(p));
}

function sentence(p) {
  if (p.status === "failed") return p.error ? (p.error.slide ? `Slide ${p.error.slide}: ` : "") + p.error.message : "It failed.";
  if (p.status === "completed") return p.warnings.length ? `Ready, with ${p.warnings.length === 1 ? "a warning" : p.warnings.length + " warnings"}` : "Ready";
  return p.message;
}

function figures(p) {
  const slides = `${p.slides_total} ${p.slides_total === 1 ? "slide" : "slides"}`;
  if (p.status === "processing" && !p.cancel_requested) return p.eta_seconds ? `${slides} · ${span(p.eta_seconds)} left` : slides;
  const parts = [slides, ago(p.completed_at || p.created_at)];
  if (p.duration_seconds) parts.splice(1, 0, length(p.duration_seconds));
  if (p.expires_at) parts.push(`deleted ${when(p.expires_at)}`);
  return parts.join(" · ");
}

// length returns the length of a video as players show it.
function length(s) {
  const n = Math.round(s), two = (x) => String(x).padStart(2, "0");
  return n < 3600 ? `${Math.floor(n / 60)}:${two(n % 60)}` : `${Math.floor(n / 3600)}:${two(Math.floor(n / 60) % 60)}:${two(n % 60)}`;
}

// when returns how long it is until a time.
function when(time) {
  const s = (new Date(time) - Date.now()) / 1000;
  if (s < 60) return "soon";
  return s < 172800 ? `in ${span(s)}` : `in ${Math.floor(s / 86400)} days`;
}

function span(s) {
  if (s < 60) return `${Math.max(1, Math.round(s))} s`;
  return s < 5400 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;
}

function ago(time) {
  const s = (Date.now() - new Date(time)) / 1000;
  if (s < 45) return "just now";
  if (s < 3600) return `${Math.max(1, Math.round(s / 60))} min ago`;
  if (s < 86400) return `${Math.round(s / 3600)} h ago`;
  return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

const marks = {
  queued: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4.500V12l3 2",
  failed: "M12 3.500 2.800 19.500h18.400zM12 10v4.500m0 2.500v.01",
  canceled: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.500 12h7",
};

function mark(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", marks[name]);
  svg.append(path);
  return svg;
}

function newFace(p) {
  if (p.status === "completed") {
    const img = el("img", { src: at(p.links.thumbnail).href, alt: "", loading: "lazy", onerror: () => img.remove() });
    return el("button", { className: "face", ariaLabel: `Play ${p.title || "the video"}`, onclick: () => play(p) }, img, el("span", { className: "play" }));
  }
  if (p.status === "processing") return el("div", { className: "face" }, el("span", { className: "big" }, String(Math.floor(p.progress)), el("small", {}, " %")));
  return el("div", { className: "face" }, mark(p.status));
}

function details(p) {
  const out = [];
  if (p.status === "failed" && p.error?.detail) out.push(el("details", {}, el("summary", {}, "Technical cause"), el("pre", {}, p.error.detail)));
  if (ended(p) && p.warnings.length) {
    const text = p.warnings.map((w) => (w.slide ? `Slide ${w.slide}: ` : "") + w.message).join("\n");
    out.push(el("details", {}, el("summary", {}, p.warnings.length === 1 ? "1 warning" : `${p.warnings.length} warnings`), el("pre", {}, text)));
  }
  return out;
}

function actions(p) {
  const out = [];
  if (p.links.cancel) out.push(el("button", { disabled: p.cancel_requested, onclick: () => change(p.links.cancel, "POST") }, p.cancel_requested ? "Canceling" : "Cancel"));
  if (p.links.retry) out.push(el("button", { onclick: () => change(p.links.retry, "POST") }, "Try again"));
  if (p.status === "completed") out.push(el("a", { href: at(`${p.links.video}?download=true`).href }, "Download"));
  if (ended(p)) {
    const sure = asking.has(p.id);
    out.push(el("button", { className: sure ? "sure" : "", onclick: () => remove(p, sure) }, sure ? "Delete for good" : "Delete"));
  }
  return out;
}

function remove(p, sure) {
  if (sure) {
    asking.delete(p.id);
    change(p.links.self, "DELETE");
    return;
  }
  asking.add(p.id);
  fill(cards.get(p.id), p);
  setTimeout(() => asking.delete(p.id) && refresh(), 4000);
}

async function change(path, method) {
  try {
    await ask(path, { method });
  } catch (e) {
    notify("bad", e.message);
  }
  refresh();
}

function play(p) {
  $("player-title").textContent = p.title || "Untitled";
  const video = $("video");
  video.replaceChildren(
    el("track", { kind: "captions", label: "Captions", src: at(p.links.captions_vtt).href }),
    el("track", { kind: "chapters", label: "Chapters", src: at(p.links.chapters).href }),
  );
  video.src = at(p.links.video).href;
  const files = [["video", "Video"], ["captions_srt", "Captions, SRT"], ["captions_vtt", "Captions, WebVTT"], ["chapters", "Chapters"], ["transcript", "Transcript"], ["manifest", "Timings"]];
  $("player-links").replaceChildren(...files.filter(([key]) => p.links[key]).map(([key, name]) => el("a", { href: at(`${p.links[key]}?download=true`).href }, name)));
  $("player").showModal();
  video.play().catch(() => {}); // a browser may ask for a click first
}

$("player").addEventListener("close", () => {
  $("video").pause();
  $("video").removeAttribute("src");
  $("video").load();
});
$("player").addEventListener("click", (e) => e.target === $("player") && $("player").close());
$("player-close").addEventListener("click", () => $("player").close());
$("more").addEventListener("click", () => {
  limit = Math.min(limit + 60, 200);
  refresh();
});

// --- new presentation ---

const deck = $("deck");
let sending = false;

function notify(kind, title, ...more) {
  $("message").replaceChildren(el("div", { className: kind }, el("b", {}, title), ...more));
  $("message").scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function armed() {
  $("start").disabled = sending || !deck.value.trim();
}

async function start() {
  sending = true;
  $("start").textContent = "Checking the deck";
  armed();
  $("message").replaceChildren();
  try {
    const p = await ask("/v1/presentations", { method: "POST", headers: { "Content-Type": "application/json" }, body: deck.value });
    const said = p.warnings.map((w) => el("li", {}, (w.slide ? `Slide ${w.slide}: ` : "") + w.message));
    notify("", "Started", ...(said.length ? [el("ul", {}, ...said)] : []));
    await refresh();
    cards.get(p.id)?.root.scrollIntoView({ block: "nearest", behavior: "smooth" });
  } catch (e) {
    refusal(e);
  } finally {
    sending = false;
    $("start").textContent = "Make the video";
    armed();
  }
}

function refusal(e) {
  if (!(e instanceof Refused)) {
    notify("bad", "The server did not answer. If the presentation is not in the list, try again.");
    return;
  }
  const all = e.problem.errors || [];
  if (e.problem.code === "invalid_json") {
    notify("bad", e.message, ...(e.problem.cause ? [el("pre", {}, e.problem.cause)] : []));
  } else if (all.length > 1) {
    notify("bad", `${all.length} problems to fix`, el("ul", {}, ...all.map((f) => el("li", {}, (f.slide ? `Slide ${f.slide}: ` : "") + f.message, f.param ? el("code", {}, f.param) : null))));
  } else {
    notify("bad", e.message, ...(e.problem.param ? [el("code", {}, e.problem.param)] : []));
  }
}

async function load(file) {
  if (!file) return;
  if (file.size > 32 << 20) {
    notify("bad", "This file is larger than 32 MB, the limit for a deck.");
    return;
  }
  deck.value = await file.text();
  $("message").replaceChildren();
  armed();
}

function useExample() {
  deck.value = JSON.stringify(example, null, 2);
  $("message").replaceChildren();
  armed();
  $("start").focus();
}

deck.addEventListener("input", armed);
deck.addEventListener("keydown", (e) => (e.ctrlKey || e.metaKey) && e.key === "Enter" && !$("start").disabled && start());
$("start").addEventListener("click", start);
$("file").addEventListener("change", (e) => load(e.target.files[0]).then(() => (e.target.value = "")));
$("example").addEventListener("click", useExample);
$("example-2").addEventListener("click", useExample);
const drop = $("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (e) => {
    e.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (e) => {
  e.preventDefault();
  load(e.dataTransfer.files[0]);
});

// --- missing tools of the server ---

async function readiness() {
  try {
    const res = await fetch(at("/readyz"));
    const body = await res.json();
    const missing = body.missing || [];
    $("missing").hidden = !missing.length;
    $("missing").replaceChildren(
      el("b", {}, "This server is not ready to make videos yet."),
      el("ul", {}, ...missing.map((m) => el("li", {}, m.message, m.detail ? el("span", {}, " ", m.detail) : null))),
    );
    if (missing.length) setTimeout(readiness, 10000);
  } catch {
    setTimeout(readiness, 5000);
  }
}

document.addEventListener("visibilitychange", () => !document.hidden && document.body.dataset.view === "main" && refresh());
arrive();
readiness();
