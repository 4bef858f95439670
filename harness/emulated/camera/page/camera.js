"use strict";

const el = (id) => document.getElementById(id);
let timer = 0;
let isOwner = false;
let token = sessionStorage.getItem("token") || "";

async function ask(method, path, body, more) {
  const headers = { ...more, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const file = body instanceof Blob;
  if (body) headers["Content-Type"] = file ? "application/octet-stream" : "application/json";
  const response = await fetch(path, { method, headers, body: file ? body : body && JSON.stringify(body) });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw Object.assign(new Error(problem.error || `Error ${response.status}`), { status: response.status, warning: problem.warning });
}

const answer = async (...question) => (await ask(...question)).json();
const say = (text) => { el("message").textContent = text; };

function show(id) {
  for (const part of ["setup", "login", "camera"]) el(part).hidden = part !== id;
}

function keep(newToken) {
  token = newToken;
  if (token) sessionStorage.setItem("token", token);
  else sessionStorage.removeItem("token");
}

async function start() {
  const { state } = await answer("GET", "/api/state");
  if (state === "factory") return show("setup");
  if (!token) return show("login");
  await open();
}

async function open() {
  const who = await answer("GET", "/api/session");
  const device = await answer("GET", "/api/device");
  el("owner-of-password").value = who.user;
  el("who").textContent = `${who.user} (${who.role})`;
  el("device").textContent = `${device.model}, serial ${device.serial}, firmware ${device.firmware}`;
  const owners = ["viewer", "remove", "place", "settings", "log", "service", "upload", "export", "import", "diagnostics", "reset"];
  for (const part of owners) el(part).hidden = who.role !== "owner";
  show("camera");
  isOwner = who.role === "owner";
  await listRecordings();
  el("privacy-switch").hidden = who.role !== "owner";
  tellPrivacy((await answer("GET", "/api/privacy")).on);
  if (who.role === "owner") {
    await listAccounts();
    el("place-name").value = (await answer("GET", "/api/place")).name;
    await listSettings();
    await listEvents();
    await tellService();
  }
  clearTimeout(timer);
  refresh();
}

function tellPrivacy(on) {
  const button = el("privacy-switch");
  el("privacy-state").textContent = on
    ? "On: no picture and no sound leaves the camera, and nothing is recorded. Only the owner can end it."
    : "Off: picture and sound can be seen and heard by everybody with an account.";
  button.value = String(!on);
  button.textContent = on ? "End privacy mode" : "Begin privacy mode";
}

async function listAccounts() {
  const { accounts } = await answer("GET", "/api/accounts");
  el("accounts").replaceChildren(...accounts.map((one) => {
    const line = make("li", `${one.user} (${one.role}) `);
    if (one.role !== "owner") line.append(Object.assign(make("button", "Remove"), { name: "user", value: one.user }));
    return line;
  }));
}

const make = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });

async function listSettings() {
  const { settings, words } = await answer("GET", "/api/settings");
  el("switches").replaceChildren(...Object.entries(settings).map(([name, on]) => {
    const line = make("label", ` ${words[name]}`);
    line.prepend(Object.assign(document.createElement("input"), { type: "checkbox", name, defaultChecked: on }));
    return line;
  }));
}

async function listEvents() {
  const { events } = await answer("GET", "/api/log");
  el("events").replaceChildren(...events.slice(-30).reverse().map((one) => {
    const row = document.createElement("tr");
    const when = new Date(one.time * 1000).toLocaleString();
    row.append(...[when, one.event, one.actor, one.source, one.result, one.detail].map((text) => make("td", text)));
    return row;
  }));
}

async function listRecordings() {
  const { recordings } = await answer("GET", "/api/recordings");
  el("no-recordings").hidden = recordings.length > 0;
  el("recorded").replaceChildren(...recordings.map((one) => {
    const line = document.createElement("li");
    const when = new Date(one.time * 1000).toLocaleString();
    line.append(Object.assign(new Image(160, 90), { src: one.picture, alt: `Picture of ${when}`, loading: "lazy" }), ` ${when} `);
    const press = (text, action) => line.append(act(make("button", text), action), " ");
    press("Watch", () => watch(one.clip));
    press("Keep as a file", () => download(one.file, "GET", `/api/recordings/file?name=${one.file}`));
    if (isOwner) press("Delete", () => forget(one));
    return line;
  }));
}

function act(button, action) {
  button.type = "button";
  button.addEventListener("click", () => {
    say("");
    action().catch((problem) => (problem.status === 401 && token ? leave("Your session has ended.") : say(problem.message)));
  });
  return button;
}

async function watch(clip) {
  const player = el("player");
  player.hidden = false;
  player.onerror = () => listRecordings().then(() => say("Its link was too old, or it is gone. Choose it again."), () => {});
  player.src = clip;
  await player.play().catch(() => {});
  player.scrollIntoView({ block: "nearest" });
}

async function forget(one) {
  if (!confirm("Delete this recording from the card?")) return;
  await answer("POST", "/api/recordings/delete", { name: one.name });
  stopPlayer();
  await listRecordings();
  await listEvents();
  say("The recording was deleted.");
}

function stopPlayer() {
  const player = el("player");
  player.onerror = null;
  player.removeAttribute("src");
  player.load();
  player.hidden = true;
}

async function tellService() {
  const service = await answer("GET", "/api/service");
  el("install").hidden = !service.newest;
  const when = (time) => (time ? new Date(time * 1000).toLocaleString() : "never");
  el("service-state").textContent = service.used
    ? `Last sign of life ${when(service.heartbeat)}, last look for newer software ${when(service.checked)}` +
      `, newest ${service.newest || "unknown"}, events told ${service.events_sent}, waiting ${service.events_waiting}.` +
      (service.update ? ` Update: ${service.update}.` : "")
    : "The producer's service is not used.";
}

async function refresh() {
  if (!token) return;
  try {
    const picture = await (await ask("GET", "/snapshot.jpg")).blob();
    const { on } = await answer("GET", "/api/privacy");
    const former = el("picture").src;
    el("picture").src = URL.createObjectURL(picture);
    if (former) URL.revokeObjectURL(former);
    tellPrivacy(on);
  } catch (problem) {
    if (problem.status === 401 && token) return leave("Your session has ended.");
  }
  if (token) timer = setTimeout(refresh, 500);
}

function leave(text) {
  keep("");
  stopPlayer();
  el("recorded").replaceChildren();
  for (const form of document.forms) form.reset();
  show("login");
  say(text);
}

function on(id, action) {
  el(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    say("");
    try {
      await action(Object.fromEntries(new FormData(form, event.submitter)));
      form.reset();
    } catch (problem) {
      if (problem.status === 401 && token) leave(problem.message);
      else say(problem.message);
    }
  });
}

async function logIn(fields) {
  keep((await answer("POST", "/api/login", fields)).token);
  await open();
}

on("setup", async (fields) => {
  await answer("POST", "/api/setup", fields);
  await logIn(fields);
});
on("login", logIn);
on("change", async (fields) => {
  await answer("POST", "/api/account/password", fields);
  leave("The password was changed. Log in with the new one.");
});
on("viewer", async (fields) => {
  await answer("POST", "/api/accounts", fields);
  await listAccounts();
  await listEvents();
  say("The viewer was added.");
});
on("remove", async (fields) => {
  await answer("POST", "/api/accounts/remove", fields);
  await listAccounts();
  await listEvents();
  say("The account was removed; it cannot look any more.");
});
on("settings", async (fields) => {
  const boxes = [...el("switches").querySelectorAll("input")];
  const wanted = Object.fromEntries(boxes.map((box) => [box.name, box.name in fields]));
  try {
    await answer("POST", "/api/settings", wanted);
  } catch (problem) {
    if (!problem.warning) throw problem;
    if (!confirm(problem.warning)) return listSettings();
    await answer("POST", "/api/settings", { ...wanted, confirmed: true });
  }
  await listSettings();
  await listEvents();
  say("The settings were saved.");
});
on("privacy", async ({ on }) => {
  tellPrivacy((await answer("POST", "/api/privacy", { on: on === "true" })).on);
  await listEvents();
  say(on === "true" ? "Privacy mode is on." : "Privacy mode has ended.");
});
on("place", async (fields) => {
  await answer("POST", "/api/place", fields);
  el("place-name").defaultValue = fields.name;
  await listEvents();
  say("The name was saved.");
});
on("reset", async ({ card }) => {
  await answer("POST", "/api/reset", card ? { card } : {});
  leave("The camera erases everything and starts again. Reload this page in a moment.");
});
const DONE = {
  "/api/event/test": "The camera behaves as if something had moved before it.",
  "/api/update/check": "The camera looks for newer software.",
  "/api/update/install": "The camera fetches the newer software, and restarts with it.",
};
on("service", async (fields) => {
  await answer("POST", fields.do, {});
  if (fields.do === "/api/restart") return leave("The camera restarts. Log in again in a moment.");
  say(DONE[fields.do]);
  if (fields.do === "/api/event/test") await listRecordings();
  setTimeout(() => tellService().catch(() => {}), 2000);
});
on("upload", async ({ file }) => {
  const { version } = await answer("POST", "/api/update/upload", file);
  leave(`Version ${version} is installed. The camera restarts. Log in again in a moment.`);
});
async function download(name, ...question) {
  const link = make("a", "");
  link.href = URL.createObjectURL(await (await ask(...question)).blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function save(...question) {
  await download(...question);
  await listEvents();
}

on("export", (fields) => save("camera-settings.bin", "POST", "/api/export", { key: fields.key }));
on("import", async ({ file, key }) => {
  await answer("POST", "/api/import", file, { "Export-Key": key });
  await listAccounts();
  await listSettings();
  await listEvents();
  say("The settings of the file are in force.");
});
on("diagnostics", () => save("camera-support.tar.gz", "GET", "/api/diagnostics"));
el("logout").addEventListener("click", async () => {
  await ask("POST", "/api/logout").catch(() => {});
  leave("You are logged out.");
});
start().catch((problem) => leave(problem.message));
