// The desk's own script: chooses how the mail is looked at, follows changes, jumps to what a check has found.
"use strict";

const frames = document.getElementById("frames");
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// --- how it is looked at: kept over reloads, never sent anywhere

const STORE = "digest.view";
const view = { part: "mail", width: innerWidth < 560 ? "360" : "800", scheme: "light", images: true, ...recalled() };

function recalled() {
  try { return JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { return {}; }
}

function look(changes) {
  Object.assign(view, changes);
  try { localStorage.setItem(STORE, JSON.stringify(view)); } catch { /* a private window keeps nothing */ }
  showSwitches();
  return showFrame();
}

function showSwitches() {
  for (const name of ["part", "width", "scheme"]) {
    const chosen = find(`input[name="${name}"][value="${view[name]}"]`);
    if (chosen) chosen.checked = true;
  }
  find("#images").checked = view.images;
  for (const input of all('input[name="scheme"], #images')) input.disabled = view.part !== "mail";
  frames.dataset.part = view.part;
  frames.dataset.width = view.width;
}

// --- the frame: the next one is loaded behind the one that is seen, and takes its place and scroll position

let current = null;
let loading = null;

function address() {
  const query = new URLSearchParams(location.search);
  if (view.part !== "mail") return `/lines/${view.part}?${query}`;
  query.set("scheme", view.scheme);
  query.set("images", view.images ? "on" : "off");
  return `/mail?${query}`;
}

function showFrame({ again = false } = {}) {
  find("#download").href = `/message.eml${location.search}`;
  frames.hidden = !frames.dataset.mail;
  if (!frames.dataset.mail) { frames.replaceChildren(); current = null; return Promise.resolve(null); }
  const src = address();
  if (current && current.dataset.src === src && !again) return Promise.resolve(current);
  loading?.remove();
  const next = document.createElement("iframe");
  next.className = "behind";
  next.title = view.part === "mail" ? "The mail" : `The mail's ${view.part}`;
  next.sandbox = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";
  next.dataset.src = src;
  loading = next;
  return new Promise((shown) => {
    next.addEventListener("load", () => {
      if (loading !== next) return;
      loading = null;
      const samePart = current && current.dataset.src.split("?")[0] === src.split("?")[0];
      const top = samePart ? (current.contentWindow?.scrollY ?? 0) : 0;
      next.contentWindow?.scrollTo(0, top);
      next.className = "";
      current?.remove();
      current = next;
      frames.dataset.shown = src;
      linksLeadOut(next);
      shown(next);
    }, { once: true });
    next.src = src;
    frames.append(next);
  });
}

// A link in the mail opens beside the desk, as it would open beside a mail program; one into the mail itself goes there.
function linksLeadOut(frame) {
  frame.contentDocument?.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link) return;
    event.preventDefault();
    const written = link.getAttribute("href");
    if (written.startsWith("#")) frame.contentDocument.getElementById(written.slice(1))?.scrollIntoView();
    else if (/^https?:/i.test(link.href)) open(link.href, "_blank", "noopener,noreferrer");
  });
  frame.contentDocument?.addEventListener("keydown", pressed);
}

// --- following: a new version is fetched, and what is other than before is taken over in place

let version = document.body.dataset.version;
let fetching = false;
let wanted = false;

async function follow() {
  wanted = true;
  if (fetching) return;
  fetching = true;
  try {
    while (wanted) {
      wanted = false;
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw new Error(`the preview answered ${answer.status}; see the terminal`);
      takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch (error) {
    say(error instanceof TypeError ? "the preview has ended" : error.message, "lost");
  } finally {
    fetching = false;
  }
}

function takeOver(fresh) {
  for (const part of all("[data-live]")) {
    const next = find(`#${part.id}`, fresh);
    if (!next || next.outerHTML === part.outerHTML) continue;
    if (part.matches("form") && part.contains(document.activeElement) && document.activeElement.id === "for") continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    for (const details of all("details[id]", next)) {
      const before = document.getElementById(details.id);
      if (before) details.open = before.open;
    }
    part.replaceWith(next);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  document.title = fresh.title;
  version = fresh.body.dataset.version;
  document.body.dataset.version = version;
  const { mail } = find("#frames", fresh).dataset;
  const again = mail !== frames.dataset.mail;
  frames.dataset.mail = mail;
  showFrame({ again });
  const time = new Date().toLocaleTimeString();
  say(find("#fault .banner") ? `cannot be printed, ${time}` : `updated ${time}`, find("#fault .banner") ? "lost" : "");
}

function say(words, state = "") {
  find("#news-words").textContent = words;
  find("#news").dataset.state = state;
}

// A browser has six connections to a server, and a page that nobody sees needs none of them.
let events = null;

function listen() {
  events?.close();
  events = null;
  if (document.hidden) return;
  events = new EventSource("/events");
  events.addEventListener("version", (event) => { if (event.data !== version) follow(); else say("live"); });
  events.addEventListener("error", () => { version = ""; say("the preview has ended", "lost"); });
}

document.addEventListener("visibilitychange", listen);

// --- choosing

function choose(form, changed) {
  const chosen = new URLSearchParams(new FormData(form));
  if (changed?.name === "digest") for (const name of ["period", "category"]) chosen.delete(name);
  if (changed?.name === "period") chosen.delete("category");
  for (const [name, value] of [...chosen]) if (!value) chosen.delete(name, value);
  history.pushState(null, "", `/?${chosen}`);
  if (!changed && document.activeElement?.id === "for") document.activeElement.blur();
  follow();
}

document.addEventListener("change", (event) => {
  const { name, value, id, form } = event.target;
  if (form?.id === "choice") choose(form, event.target);
  else if (["part", "width", "scheme"].includes(name)) look({ [name]: value });
  else if (id === "images") look({ images: event.target.checked });
});

document.addEventListener("submit", async (event) => {
  if (event.target.id === "choice") { event.preventDefault(); choose(event.target); }
  if (event.target.id !== "test") return;
  event.preventDefault();
  const button = find("button", event.target);
  const form = new URLSearchParams(new FormData(event.target));
  for (const [name, value] of new URLSearchParams(location.search)) form.append(name, value);
  button.disabled = true;
  find("#answers").textContent = "Sending …";
  try {
    const answer = await fetch("/test", { method: "POST", body: form });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    find("#answers").replaceChildren(...fresh.body.childNodes);
  } catch {
    find("#answers").textContent = "The preview has ended.";
  } finally {
    button.disabled = false;
  }
});

window.addEventListener("popstate", follow);

// --- jumping to what a check has found

const MARK = { outline: "3px solid #d6336c", outlineOffset: "2px" };

async function jump(finding) {
  all(".finding[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  finding.setAttribute("aria-current", "true");
  const { part, line, path } = finding.dataset;
  if (path && part === "html") {
    const frame = await look({ part: "mail" });
    const place = visible(element(frame?.contentDocument, path));
    if (place) return mark(frame.contentDocument, place, (it) => Object.assign(it.style, MARK), { outline: "" });
  }
  if (!Number(line)) return look({ part: part === "html" ? "mail" : part });
  const frame = await look({ part });
  const place = frame?.contentDocument.getElementById(`L${line}`);
  if (place) mark(frame.contentDocument, place, (it) => it.classList.add("marked"));
}

// Browsers put a tbody into every table that has none; whoever counted in the mail as it is written did not.
function element(page, path) {
  if (!page) return null;
  for (const way of [path, path.replace(/(\/table(?:\[\d+\])?)(?=\/tr)/g, "$1/tbody")]) {
    try {
      const found = page.evaluate(way, page, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
      if (found) return found.nodeType === Node.ELEMENT_NODE ? found : found.parentElement;
    } catch { /* not an XPath: then there is only the line */ }
  }
  return null;
}

function visible(place) {
  while (place && place.tagName !== "BODY" && place.tagName !== "HTML" && !place.getClientRects().length) place = place.parentElement;
  return place && place.tagName !== "HTML" && place.tagName !== "BODY" ? place : null;
}

let unmark = null;

function mark(page, place, how) {
  unmark?.();
  how(place);
  unmark = () => { place.style.outline = ""; place.classList.remove("marked"); };
  place.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

document.addEventListener("click", (event) => {
  const finding = event.target.closest?.(".finding");
  if (finding) jump(finding);
  if (event.target.closest?.("#keys-button")) find("#keys").showModal();
  const menu = find("#categories[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

// --- keys

const KEYS = {
  m: () => look({ part: "mail" }), t: () => look({ part: "text" }), h: () => look({ part: "html" }), r: () => look({ part: "message" }),
  1: () => look({ width: "360" }), 2: () => look({ width: "600" }), 3: () => look({ width: "800" }),
  l: () => look({ part: "mail", scheme: "light" }), d: () => look({ part: "mail", scheme: "dark" }), f: () => look({ part: "mail", scheme: "forced" }),
  i: () => look({ part: "mail", images: !view.images }),
  n: () => step(1), p: () => step(-1),
  "?": () => find("#keys").showModal(),
};

function step(by) {
  const findings = all(".finding");
  if (!findings.length) return;
  const at = findings.findIndex((finding) => finding.hasAttribute("aria-current"));
  const next = findings[at < 0 ? (by > 0 ? 0 : findings.length - 1) : (at + by + findings.length) % findings.length];
  next.focus();
  jump(next);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { const menu = find("#categories[open]"); if (menu) { menu.open = false; find("summary", menu).focus(); } }
  if (event.target.closest?.('input:not([type="radio"], [type="checkbox"]), select, textarea, dialog')) return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
}

document.addEventListener("keydown", pressed);

showSwitches();
showFrame();
listen();
