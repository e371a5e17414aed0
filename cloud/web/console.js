// SPDX-License-Identifier: Apache-2.0
// The console: who is signed in, which page is shown, and the stream of events for it.

import { get, post, ApiError } from "/api.js";
import { h, notice, form, field, secret, attempt } from "/page.js";
import * as devices from "/devices.js";
import * as device from "/device.js";
import * as firmware from "/firmware.js";
import * as deploy from "/deploy.js";
import * as deployments from "/deployments.js";
import * as system from "/system.js";

const refreshEvery = 10000; // ms: what no event tells, such as who is on line

const pages = [
  [/^\/devices$/, devices.show, "Devices"],
  [/^\/devices\/(\d+)$/, device.show, "Device"],
  [/^\/firmware$/, firmware.show, "Firmware"],
  [/^\/deploy$/, deploy.show, "Deploy"],
  [/^\/deployments$/, deployments.show, "Deployments"],
  [/^\/deployments\/(\d+)$/, deployments.showOne, "Deployment"],
  [/^\/system$/, system.show, "System"],
];

const main = document.getElementById("main");
let person = null;
let page = null; // { onEvent, refresh } of the page that is shown
let shown = 0;
let stream = null;

function setWho(isLive) {
  const text = person ? `${person.name}, ${person.role} – ${isLive ? "live" : "not live"}` : "";
  document.getElementById("who").textContent = text;
}

async function showStopped() {
  const settings = await get("settings");
  document.getElementById("stopped").hidden = !settings.offers_stopped;
}

function openStream() {
  stream?.close();
  stream = new EventSource("/api/v1/events");
  const pass = (event) => page?.onEvent?.(JSON.parse(event.data), event.type);
  stream.addEventListener("timeline", pass);
  stream.addEventListener("progress", pass);
  stream.addEventListener("hello", () => {
    setWho(true);
    page?.refresh?.();
  });
  stream.addEventListener("error", () => setWho(false));
}

function frame(heading) {
  document.title = `${heading} – otter`;
  const title = h("h1", {}, heading);
  main.replaceChildren(title);
  return title;
}

// ---- signing in ----
async function signedIn(answer) {
  history.replaceState(null, "", "/#/devices");
  if (answer.token) {
    frame("This server is set up");
    main.append(
      secret("The first token of an administrator", answer.token,
        "It is shown once and kept nowhere. Keep it: it signs you in again when this session has ended, "
        + "and programs use it as “Authorization: Bearer”."),
      h("p", {}, h("a", { href: "#/system" }, "Make a claim code for devices"), " or ",
        h("a", { href: "#/firmware" }, "upload a firmware"), "."));
    await begin();
  } else {
    await begin();
    await route();
  }
}

function signIn(isSetUp) {
  person = null;
  stream?.close();
  setWho(false);
  document.getElementById("nav").hidden = true;
  frame("Sign in");
  if (!isSetUp) {
    main.append(h("p", {}, "This server has no administrator yet. Open the set-up link that it printed when it started."));
  }
  const token = h("input", { type: "password", required: true, autocomplete: "current-password", maxlength: 33, size: 36 });
  main.append(form("Sign in", [field("API token", token, "The one that was shown at set-up, or one that an administrator made.")],
    "Sign in", async () => signedIn(await post("session", { token: token.value }))));
}

function setUp(code) {
  frame("Set up this server");
  main.append(form("Set up", [h("p", {}, "This link makes you the first administrator. It is good once, for 15 minutes after the server’s start.")],
    "Set up", async () => signedIn(await post("session", { setup: code }))));
}

// ---- pages ----
async function route() {
  const code = location.hash.match(/^#setup=([0-9A-Za-z]+)$/);
  if (code) {
    setUp(code[1]);
    return;
  }
  if (location.hash === "#main") {
    return;
  }
  if (!person) {
    await begin();
    if (!person) {
      return;
    }
  }
  const [path, parameters] = location.hash.slice(1).split("?", 2);
  const found = pages.find(([pattern]) => pattern.test(path));
  if (!found) {
    location.replace("#/devices");
    return;
  }
  await show(found, path.match(found[0]).slice(1), new URLSearchParams(parameters));
}

async function show([, showPage, heading], ids, parameters) {
  const turn = ++shown;
  const title = frame(heading);
  page = null;
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = location.hash.slice(1).split(/[?/]/)[1] === link.hash.slice(2);
    link.toggleAttribute("aria-current", isHere);
    if (isHere) {
      link.setAttribute("aria-current", "page");
    }
  }
  main.focus();
  await guard(async () => {
    const made = await showPage({ main, title, ids, parameters, person, showStopped, signIn });
    if (turn === shown) {
      page = made;
    }
  });
}

// A session that has ended leads to the sign-in.
async function guard(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      signIn(true);
    } else {
      notice(error.message, true);
    }
  }
}

async function begin() {
  const session = await get("session");
  person = session.person;
  if (!person) {
    signIn(session.set_up);
    return;
  }
  document.getElementById("nav").hidden = false;
  setWho(false);
  openStream();
  await showStopped();
}

// A browser has six connections to a server, over all its tabs: a page that nobody sees holds
// none. "hello" brings it up to date again.
function setStream(isSeen) {
  if (!isSeen) {
    stream?.close();
    setWho(false);
  } else if (person) {
    openStream();
  }
}

document.addEventListener("visibilitychange", () => setStream(!document.hidden));
window.addEventListener("pagehide", () => setStream(false));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    setStream(true);
  }
});
window.addEventListener("hashchange", () => {
  notice("");
  attempt(null, route);
});
setInterval(() => {
  if (person && !document.hidden && page?.refresh) {
    guard(page.refresh);
  }
}, refreshEvery);
attempt(null, route);
