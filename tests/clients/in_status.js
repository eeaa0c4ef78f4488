// The status page in Chromium, driven over its debugging protocol: real sizes, both themes, and answers of the feed that
// one node alone does not give. Prints one JSON object a line; what it means is for the test to say.
//
// node in_status.js DEBUGGER_URL PAGE_URL WIDTH THEME [SCREENSHOT]
//   opens the page against the live feed, waits for figures, and prints what is seen.
// node in_status.js DEBUGGER_URL PAGE_URL answers < STEPS
//   STEPS: [{"status": 200, "body": ...}, {"fail": true}, ...]: gives the page these answers, one for each question, and
//   prints what is seen after each.
"use strict";
const fs = require("fs");
const WebSocket = require("ws");

const [url, page, mode, theme, screenshot] = process.argv.slice(2);
const patience = 60000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class Browser {
  static async open(url) {
    const browser = new Browser();
    browser.socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 });
    browser.waiting = new Map();
    browser.heard = [];
    browser.last = 0;
    browser.socket.on("message", (text) => {
      const message = JSON.parse(text);
      const done = browser.waiting.get(message.id);
      if (!done) return browser.heard.forEach((hear) => hear(message));
      browser.waiting.delete(message.id);
      done(message);
    });
    await new Promise((done, failed) => browser.socket.once("open", done).once("error", failed));
    return browser;
  }

  async send(method, params = {}) {
    const id = ++this.last;
    this.socket.send(JSON.stringify({ id, method, params, sessionId: this.session }));
    const { result, error } = await new Promise((done) => this.waiting.set(id, done));
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  // A tab of its own; what goes wrong in it is collected.
  async tab() {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    this.faults = [];
    this.heard.push(({ method, params }) => {
      if (method === "Runtime.exceptionThrown") this.faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === "Log.entryAdded" && params.entry.level === "error" && params.entry.source !== "network") this.faults.push(params.entry.text);
    });
    for (const domain of ["Page", "Runtime", "Log"]) await this.send(`${domain}.enable`);
  }

  async look(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception.description);
    return result.value;
  }

  async until(expression) {
    for (const end = Date.now() + patience; Date.now() < end; await pause(50)) {
      if (await this.look(expression)) return;
    }
    throw new Error(`never: ${expression}`);
  }
}

// What somebody who looks at the page sees of it.
const seen = `(() => {
  const text = (selector) => [...document.querySelectorAll(selector)].map((e) => e.innerText.replace(/\\s+/g, " ").trim());
  const visible = (selector) => { const e = document.querySelector(selector); return !!e && e.getClientRects().length > 0; };
  return {
    width: innerWidth, content: document.documentElement.scrollWidth,
    dark: getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every((part) => part < 100),
    issues: text("#issues li, #issues p"),
    tiles: Object.fromEntries([...document.querySelectorAll("#tiles dl")].map((e) => [e.querySelector("dt").innerText, e.querySelector("dd").innerText.replace(/\\s/g, "")])),
    curves: document.querySelectorAll("#tiles path, #traffic path").length,
    nodes: text("#nodes tr.node"), listeners: text("#nodes tr.detail tbody tr"), matrix: text("#matrix tbody tr"),
    lost: visible("#lost") ? document.querySelector("#lost").innerText : null,
    asks: visible("#ask"), wrong: visible("#wrong"), main: visible("main"), pulse: text("#pulse")[0],
  };
})()`;

const shoot = async (browser, file) => {
  const { data } = await browser.send("Page.captureScreenshot", { captureBeyondViewport: true });
  fs.writeFileSync(file, Buffer.from(data, "base64"));
};

const told = (browser, facts) => console.log(JSON.stringify({ ...facts, faults: browser.faults }));

const live = async (browser) => {
  const width = Number(mode);
  await browser.send("Emulation.setDeviceMetricsOverride", { width, height: 844, deviceScaleFactor: screenshot ? 2 : 1, mobile: width < 600 });
  await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
  await browser.send("Page.navigate", { url: page });
  await browser.until(`document.querySelectorAll("#nodes tr.node").length > 0`);
  if (screenshot) await pause(Number(process.env.LOOK_MS || 1000));
  await browser.look(`document.querySelector(".name").click()`);
  told(browser, await browser.look(seen));
  if (screenshot) await shoot(browser, screenshot);
};

const answers = async (browser) => {
  const steps = JSON.parse(fs.readFileSync(0, "utf8"));
  const questions = [];
  let asked;
  browser.heard.push(({ method, params }) => {
    if (method !== "Fetch.requestPaused") return;
    questions.push(params);
    if (asked) asked();
  });
  await browser.send("Fetch.enable", { patterns: [{ urlPattern: "*/status.json" }] });
  await browser.send("Page.navigate", { url: page });
  for (const step of steps) {
    if (questions.length === 0) await new Promise((done) => (asked = done));
    const { requestId, request } = questions.shift();
    if (step.fail) await browser.send("Fetch.failRequest", { requestId, errorReason: "ConnectionRefused" });
    else {
      const body = Buffer.from(JSON.stringify(step.body ?? "")).toString("base64");
      await browser.send("Fetch.fulfillRequest", { requestId, responseCode: step.status, body });
    }
    const shown = step.fail ? `!document.querySelector("#lost").hidden` : step.status === 401 ? `!document.querySelector("#ask").hidden` : `document.title.includes("online") && document.querySelector("#lost").hidden`;
    await browser.until(shown);
    await pause(100);
    if (step.click) await browser.look(`document.querySelector(${JSON.stringify(step.click)}).click()`);
    told(browser, { ...(await browser.look(seen)), key: request.headers["x-api-key"] ?? null });
    if (step.screenshot) await shoot(browser, step.screenshot);
    if (step.type) {
      await browser.look(`document.querySelector("#key").value = ${JSON.stringify(step.type)}; document.querySelector("#ask button").click()`);
    }
  }
};

(async () => {
  const browser = await Browser.open(url);
  await browser.tab();
  await (mode === "answers" ? answers(browser) : live(browser));
  browser.socket.close();
})().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
