"use strict";
(() => {
  // What is asked for, how often, and how much of it is kept.
  const options = new URLSearchParams(location.search);
  const every = Math.min(60, Math.max(1, Number(options.get("refresh")) || 10));
  const keptMs = 30 * 60 * 1000;

  const $ = (selector) => document.querySelector(selector);
  const number = new Intl.NumberFormat("en");
  const short = new Intl.NumberFormat("en", { notation: "compact", minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const svgName = "http://www.w3.org/2000/svg";

  // A node of the document; text is text, whatever a client or an operator has called things.
  const make = (tag, props = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name === "class") node.className = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  const state = { nodes: new Map(), history: [], open: new Set(), sort: ["name", 1], seen: 0, key: null, failed: 0 };

  // --- what the feed says -------------------------------------------------------------------------------------------

  const amount = (value) => (Number.isFinite(value) ? value : 0);
  const has = (value) => Number.isFinite(value);

  // Every value of a node that is shown, from this answer and the one before it.
  const facts = (name, now, before, seconds) => {
    const rate = (key, known) => {
      if (before && seconds > 0 && has(now[key]) && has(before[key])) {
        return Math.max(0, Math.round((now[key] - before[key]) / seconds));
      }
      const told = known && now.rates && now.rates[known];
      return Array.isArray(told) ? Math.round(amount(told[1])) : 0;
    };
    const queued = amount(now.queue_in) - (amount(now.queue_out) + amount(now.queue_drop) + amount(now.queue_unhandled));
    const local = rate("matches_local");
    const remote = rate("matches_remote");
    const share = (part) => (local + remote > 0 ? Math.floor((100 * part) / (local + remote)) : 0);
    const peers = Object.entries((now.mystatus && now.mystatus[0]) || {});
    const listeners = Array.isArray(now.listeners) ? now.listeners : [];
    return {
      name, peers, listeners,
      version: String(now.version || "?"),
      online: amount(now.num_online),
      offline: Math.max(0, amount(now.num_offline)),
      connects: has(now.connect_received) ? rate("connect_received", "connect_received") : rate("num_online"),
      in: rate("msg_in", "msg_in"),
      out: rate("msg_out", "msg_out"),
      drops: rate("queue_drop", "queue_drop"),
      queued: Math.max(0, queued),
      subscriptions: amount(now.num_subscriptions),
      retained: amount(now.num_retained),
      routing: `${share(local)} / ${share(remote)}`,
      uptime: now.uptime_ms, memory: now.memory_bytes, cpu: now.cpu_percent,
      protocols: listeners.filter((l) => isMqtt(l) && l.status === "running").map((l) => String(l.type).toUpperCase()),
    };
  };

  const isMqtt = (listener) => String(listener.type).startsWith("mqtt");

  const issuesOf = (nodes) => {
    const issues = [];
    for (const node of nodes) {
      for (const [peer, ready] of node.peers) {
        if (ready !== true) issues.push([node.name, "danger", `${peer} is not reachable.`]);
      }
      for (const { type, ip, port, status } of node.listeners) {
        if (String(type).startsWith("mqtt") && status !== "running") {
          issues.push([node.name, "info", `${String(type).toUpperCase()} listener (${ip}:${port}) is ${status}`]);
        }
        if (String(type).startsWith("vmq") && status === "running" && ip === "0.0.0.0") {
          issues.push([node.name, "warning", "Cluster communication is using the 0.0.0.0 interface."]);
        }
      }
    }
    const versions = [...new Set(nodes.map((node) => node.version))].sort();
    if (versions.length > 1) {
      issues.push(["all", "warning", `Different VerneMQ versions <${versions.join(" ")}> running in the same cluster`]);
    }
    return issues;
  };

  // --- how it is written --------------------------------------------------------------------------------------------

  // In places with little room.
  const brief = (value) => (value < 1e6 ? number : short).format(value);

  const duration = (ms) => {
    const minutes = Math.floor(ms / 60000);
    if (minutes < 1) return `${Math.floor(ms / 1000)}s`;
    if (minutes < 60) return `${minutes}m ${Math.floor(ms / 1000) % 60}s`;
    const hours = Math.floor(minutes / 60);
    return hours < 24 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
  };

  const bytes = (count) => {
    const units = ["B", "KB", "MB", "GB", "TB"];
    let at = 0;
    for (; count >= 1024 && at < units.length - 1; at += 1) count /= 1024;
    return `${count >= 100 || at === 0 ? Math.round(count) : count.toFixed(1)} ${units[at]}`;
  };

  // A curve and the area between it and the line at `zero`; `sign` -1 hangs it below that line.
  const curve = (points, { from, to, width, zero, height, max, sign = 1, name }) => {
    const x = (at) => (((at - from) / (to - from)) * width).toFixed(1);
    const y = (value) => (zero - sign * (value / max) * height).toFixed(1);
    const line = points.map(([at, value]) => `${x(at)} ${y(value)}`).join("L");
    const path = (kind, d) => {
      const node = document.createElementNS(svgName, "path");
      node.setAttribute("class", `${name} ${kind}`);
      node.setAttribute("d", d);
      return node;
    };
    const [first, last] = [points[0][0], points[points.length - 1][0]];
    return [path("area", `M${x(first)} ${zero}L${line}L${x(last)} ${zero}`), path("line", `M${line}`)];
  };

  // The curves start at the left edge and fill half an hour.
  const range = () => {
    const { history } = state;
    const to = history[history.length - 1].at;
    return { from: Math.min(history[0].at, to - 2 * every * 1000), to };
  };

  const drawTraffic = () => {
    const svg = $("#traffic svg");
    const { history } = state;
    const both = { ...range(), width: 1000, zero: 60, height: 54 };
    both.max = Math.max(1, ...history.map((point) => Math.max(point.in, point.out)));
    const water = document.createElementNS(svgName, "line");
    for (const [name, value] of [["class", "water"], ["x1", 0], ["x2", 1000], ["y1", 60], ["y2", 60]]) {
      water.setAttribute(name, value);
    }
    const of = (key) => history.map((point) => [point.at, point[key]]);
    svg.setAttribute("viewBox", "0 0 1000 120");
    svg.replaceChildren(
      ...curve(of("in"), { ...both, name: "in" }),
      ...curve(of("out"), { ...both, sign: -1, name: "out" }),
      water,
    );
    const last = history[history.length - 1];
    $("#in-now").textContent = number.format(last.in);
    $("#out-now").textContent = number.format(last.out);
    const span = last.at - history[0].at;
    const peak = number.format(both.max);
    $("#span").textContent = span < 1000 ? "collecting" : `last ${duration(span)}, peak ${peak}`;
  };

  const tiles = [
    ["size", "Cluster size", ""],
    ["online", "Clients online", ""],
    ["offline", "Clients offline", ""],
    ["connects", "Connect rate", "/s"],
    ["in", "Publish in rate", "/s"],
    ["out", "Publish out rate", "/s"],
    ["drops", "Msg drop rate", "/s"],
    ["queued", "Msg queued", ""],
  ];

  const drawTiles = () => {
    const box = $("#tiles");
    const { history } = state;
    const last = history[history.length - 1];
    if (!box.firstChild) {
      for (const [key, label] of tiles) {
        const svg = document.createElementNS(svgName, "svg");
        svg.setAttribute("viewBox", "0 0 200 34");
        svg.setAttribute("preserveAspectRatio", "none");
        svg.setAttribute("aria-hidden", "true");
        box.append(make("dl", { class: "tile", id: `tile-${key}` }, make("dt", {}, label), make("dd"), svg));
      }
    }
    for (const [key, , unit] of tiles) {
      const tile = $(`#tile-${key}`);
      tile.title = number.format(last[key]);
      tile.querySelector("dd").replaceChildren(brief(last[key]), unit && make("small", {}, unit));
      tile.classList.toggle("alarm", key === "drops" && last.drops > 0);
      const max = Math.max(1, ...history.map((point) => point[key]));
      const points = history.map((point) => [point.at, point[key]]);
      const shape = { ...range(), width: 200, zero: 33, height: 28, max, name: "in" };
      tile.querySelector("svg").replaceChildren(...curve(points, shape));
    }
  };

  const drawIssues = (nodes) => {
    const issues = issuesOf(nodes);
    const item = ([node, severity, text]) =>
      make("li", { class: severity }, make("span", { class: "tag" }, severity), make("b", {}, node), make("span", {}, text));
    $("#issues").replaceChildren(
      issues.length === 0
        ? make("p", { class: "good" }, "All good! No cluster issues found!")
        : make("ul", {}, ...issues.map(item)),
    );
  };

  // Name, label, and how the cell is written; what a 2.x node does not tell has no column unless another one does.
  const columns = [
    ["name", "Node", null],
    ["online", "Online"], ["offline", "Offline"], ["connects", "Connects/s"],
    ["in", "In/s"], ["out", "Out/s"], ["drops", "Drops/s"], ["queued", "Queued"],
    ["subscriptions", "Subs"], ["retained", "Retained"], ["routing", "Routing L / R", String],
    ["uptime", "Uptime", duration], ["memory", "Memory", bytes], ["cpu", "CPU", (percent) => `${percent.toFixed(1)} %`],
  ];

  const cell = (node, [key, label, write]) => {
    const value = node[key];
    const text = value === undefined || value === null ? "–" : (write || brief)(value);
    return make("td", { "data-label": label, class: key === "drops" && value > 0 ? "no" : "" }, text);
  };

  const nameCell = (node) => {
    const reachable = node.peers.filter(([, ready]) => ready === true).length;
    const isOpen = state.open.has(node.name);
    const toggle = () => {
      if (!state.open.delete(node.name)) state.open.add(node.name);
      drawNodes();
      for (const button of document.querySelectorAll(".name")) {
        if (button.textContent === node.name) button.focus();
      }
    };
    const protocols = node.protocols.length > 0
      ? `Protocols: ${[...new Set(node.protocols)].join(", ")}`
      : make("span", { class: "maybe" }, "No MQTT listener");
    return make("td", {},
      make("button", { class: "name", type: "button", "aria-expanded": String(isOpen), onclick: toggle }, node.name),
      " ", make("span", { class: "tag" }, node.version),
      make("span", { class: "sub" }, protocols),
      make("span", { class: `sub ${reachable === node.peers.length ? "ok" : "maybe"}` },
        `Reachable peers: ${reachable} of ${node.peers.length}`));
  };

  const detail = (node, span) => {
    const row = (listener) => make("tr", {},
      make("td", {}, String(listener.type)),
      make("td", {}, listener.port ? `${listener.ip}:${listener.port}` : String(listener.ip)),
      make("td", { class: listener.status === "running" ? "ok" : "maybe" }, String(listener.status)),
      make("td", { "data-label": "mountpoint" }, mountpoint(listener.mountpoint) || "–"),
      make("td", { "data-label": "max" }, typeof listener.max_conns === "number" ? number.format(listener.max_conns) : String(listener.max_conns)));
    const head = ["Type", "Address", "Status", "Mountpoint", "Max connections"].map((text) => make("th", {}, text));
    return make("tr", { class: "detail" }, make("td", { colspan: span },
      make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...node.listeners.map(row)))));
  };

  // 2.x writes text as a list of characters.
  const mountpoint = (value) => (Array.isArray(value) ? String.fromCharCode(...value) : String(value ?? ""));

  const sortBy = (key) => {
    state.sort = state.sort[0] === key ? [key, -state.sort[1]] : [key, key === "name" ? 1 : -1];
    drawNodes();
  };

  const drawNodes = () => {
    const nodes = [...state.nodes.values()].map((node) => node.facts);
    const shown = columns.filter(([key]) => nodes.some((node) => node[key] !== undefined && node[key] !== null));
    const [by, sign] = state.sort;
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a ?? "").localeCompare(String(b ?? "")));
    nodes.sort((a, b) => sign * compare(a[by], b[by]) || compare(a.name, b.name));
    const head = shown.map(([key, label]) => make("th",
      { scope: "col", "aria-sort": key === by ? (sign > 0 ? "ascending" : "descending") : null },
      make("button", { type: "button", onclick: () => sortBy(key) }, label)));
    $("#nodes > thead").replaceChildren(make("tr", {}, ...head));
    const rows = nodes.flatMap((node) => {
      const cells = shown.map((column) => (column[0] === "name" ? nameCell(node) : cell(node, column)));
      const row = make("tr", { class: "node" }, ...cells);
      return state.open.has(node.name) ? [row, detail(node, shown.length)] : [row];
    });
    $("#nodes > tbody").replaceChildren(...rows);
    const select = $("#sort");
    if (select.options.length !== shown.length) {
      select.replaceChildren(...shown.map(([key, label]) => make("option", { value: key }, label)));
    }
    select.value = by;
    drawMatrix(nodes);
  };

  const drawMatrix = (nodes) => {
    const peers = [...new Set(nodes.flatMap((node) => node.peers.map(([peer]) => peer)))].sort();
    $("#matrix").hidden = peers.length < 2;
    const mark = (ready) => (ready === undefined ? make("td", {}, "–")
      : make("td", { class: ready === true ? "ok" : "no" }, ready === true ? "yes" : "no"));
    const row = (node) => {
      const seen = Object.fromEntries(node.peers);
      return make("tr", {}, make("th", { scope: "row" }, node.name), ...peers.map((peer) => mark(seen[peer])));
    };
    $("#matrix table").replaceChildren(
      make("thead", {}, make("tr", {}, make("th", {}, "seen by"), ...peers.map((peer) => make("th", {}, peer)))),
      make("tbody", {}, ...nodes.map(row)));
  };

  // --- taking an answer in ------------------------------------------------------------------------------------------

  const take = (answer) => {
    const at = Date.now();
    const told = Object.entries((Array.isArray(answer) && answer[0]) || {});
    const before = state.nodes;
    state.nodes = new Map(told.filter(([, now]) => now && typeof now === "object").map(([name, now]) => {
      const last = before.get(name);
      const seconds = last ? (at - last.at) / 1000 : 0;
      return [name, { now, at, facts: facts(name, now, last && last.now, seconds) }];
    }));
    const nodes = [...state.nodes.values()].map((node) => node.facts);
    const sum = (key) => nodes.reduce((total, node) => total + node[key], 0);
    const point = { at, size: Math.max(0, ...nodes.map((node) => Math.max(1, node.peers.length))) };
    for (const [key] of tiles.slice(1)) point[key] = sum(key);
    state.history.push(point);
    state.history = state.history.filter((old) => old.at >= at - keptMs && old.at <= at);
    state.seen = at;
    $("main").hidden = false;
    drawIssues(nodes);
    drawTraffic();
    drawTiles();
    drawNodes();
    document.title = `${number.format(point.online)} online · VerneMQ status`;
  };

  // --- asking -------------------------------------------------------------------------------------------------------

  const kept = (action) => { try { return action(); } catch { return null; } };

  const lose = (why) => {
    state.failed += 1;
    const last = state.seen ? `The last figures are from ${new Date(state.seen).toLocaleTimeString()}.` : "";
    $("#lost").textContent = `Connection lost: ${why}. ${last} Trying again every ${every} s.`;
    $("#lost").hidden = false;
    document.body.classList.add("stale");
  };

  const ask = async () => {
    const headers = state.key ? { "x-api-key": state.key } : {};
    try {
      const reply = await fetch("status.json", { headers, cache: "no-store", signal: AbortSignal.timeout(8000) });
      $("#ask").hidden = reply.status !== 401;
      if (reply.status === 401) {
        $("#wrong").hidden = !state.key;
        $("main").hidden = true;
        state.seen = 0;
        return;
      }
      if (!reply.ok) throw new Error(`the node answers ${reply.status}`);
      take(await reply.json());
      state.failed = 0;
      $("#lost").hidden = true;
      document.body.classList.remove("stale");
    } catch (error) {
      const known = { TimeoutError: "no answer within 8 s", TypeError: "the node cannot be reached" };
      lose(known[error.name] || error.message);
    }
  };

  const tick = () => {
    const pulse = $("#pulse");
    pulse.className = state.failed ? "lost" : state.seen ? "live" : "";
    const age = Math.max(0, Math.round((Date.now() - state.seen) / 1000));
    pulse.lastChild.textContent = state.seen ? `${state.failed ? "last update" : "updated"} ${age} s ago` : $("#ask").hidden ? "connecting" : "a key is needed";
  };

  // One question at a time, whatever happens to it.
  const loop = async () => {
    await ask();
    tick();
    setTimeout(loop, every * 1000);
  };

  const themes = ["system", "light", "dark"];
  const theme = (name) => {
    const chosen = themes.includes(name) ? name : "system";
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    $("#theme").textContent = { system: "◐ system", light: "○ light", dark: "● dark" }[chosen];
    return chosen;
  };

  let chosen = theme(options.get("theme") || kept(() => localStorage.getItem("vernemq-theme")));
  $("#theme").addEventListener("click", () => {
    chosen = theme(themes[(themes.indexOf(chosen) + 1) % themes.length]);
    kept(() => localStorage.setItem("vernemq-theme", chosen));
  });
  $("#sort").addEventListener("change", (event) => sortBy(event.target.value));
  $("#ask").addEventListener("submit", (event) => {
    event.preventDefault();
    state.key = $("#key").value.trim();
    kept(() => sessionStorage.setItem("vernemq-key", state.key));
    ask().then(tick);
  });
  state.key = kept(() => sessionStorage.getItem("vernemq-key"));
  $("#every").textContent = every;
  setInterval(tick, 1000);
  loop();
})();
