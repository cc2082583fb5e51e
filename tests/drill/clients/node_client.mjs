// Send rows to a vendor's batch API with Node alone, right in every respect; one fault may be switched on.
// The rules are those of python_client.py, which says more of why.

import http from "node:http";
import https from "node:https";
import { readFileSync } from "node:fs";

const TIMEOUT_MS = 1500;
const ATTEMPTS = 5;
const UNSURE_ATTEMPTS = 3;
const MAX_LOGINS = 2;
const MAX_HOPS = 5;
const LONGEST_WAIT_S = 10;
const END_S = 14.5;
const PAGE_SIZE = 2;
const FOR_EVER = 40;
const TRANSIENT_WORDS =
  /could not be processed|rate limit|too many requests|timed out|in time|timeout|try again|an error occurred|another request/i;
const VALIDATION_WORDS =
  /must |can't be|cannot |can only|invalid|not valid|taken|too long|truncated|not included|no longer|more than|not be found|conflicted with|violation of/i;

class Stop extends Error {}
class Unreadable extends Error {}
class StartAgain extends Error {}
class Leave extends Error {} // a faulty client ends in the middle, with this code

// ---- values ---------------------------------------------------------------------------------------------------------

/** An amount in cents, exactly; null for what is none. */
function toCents(amount) {
  const found = /^(\d+)(?:\.(\d{1,2})0*)?$/.exec(String(amount));
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
}

function total(row, fault) {
  if (fault === "float-sums") return String(row.lines.reduce((sum, line) => sum + Number(line), 0));
  let cents = row.lines.reduce((sum, line) => sum + toCents(line), 0);
  if (fault === "truncates-amounts" && row.tries > 1) cents -= cents % 100;
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

/** A member by name, in whatever letter case a later version writes it. */
function member(document, name) {
  if (document === null || typeof document !== "object" || Array.isArray(document)) return undefined;
  if (name in document) return document[name];
  const plain = (text) => text.toLowerCase().replaceAll("_", "");
  return Object.entries(document).find(([key]) => plain(key) === plain(name))?.[1];
}

function listed(document) {
  if (!Array.isArray(document)) throw new Unreadable("the answer has no list of items");
  return document;
}

const STORED = { fate: "stored", why: "" };
const outcome = (fate, why) => ({ fate, why });

function byStatus(status, text) {
  const code = Number(status) || 0;
  if (code >= 200 && code < 300) return STORED;
  // VBA has 500 for whatever its database refuses.
  if (code === 500 && VALIDATION_WORDS.test(text)) return outcome("refused", `${code} ${text}`);
  if ([408, 425, 429].includes(code) || code >= 500) return outcome("again", `${code} ${text}`);
  return outcome(code ? "refused" : "unsure", `${code} ${text}`);
}

/** Judge a failure that has nothing but a text; an unknown text may be either kind. */
function byWords(text) {
  if (TRANSIENT_WORDS.test(text)) return outcome("again", text);
  return outcome(VALIDATION_WORDS.test(text) ? "refused" : "unsure", text);
}

function document(reply) {
  const kind = reply.headers["content-type"] ?? "application/json";
  if (!/json|text\/plain/.test(kind)) throw new Unreadable(`the answer is ${kind}`);
  try {
    return JSON.parse(reply.body);
  } catch {
    throw new Unreadable("the answer is no JSON");
  }
}

class Results {
  outcomes = new Map();
  warnings = [];
  inOrder = [];
  count = null;
  strange = "";
  #torn = new Set();

  /** Note an outcome; two that differ for one key are as good as none. */
  add(key, one) {
    this.inOrder.push(one);
    const known = this.outcomes.get(key) ?? one;
    if (this.#torn.has(key) || known.fate !== one.fate) {
      this.#torn.add(key);
      this.outcomes.delete(key);
    } else if (key) {
      this.outcomes.set(key, one);
    }
  }

  expect(found, names) {
    for (const name of Object.keys(found ?? {})) {
      if (!names.split(" ").includes(name)) this.strange ||= name;
    }
  }
}

// ---- vendors --------------------------------------------------------------------------------------------------------

const basic = (user) => ({ authorization: `Basic ${Buffer.from(user).toString("base64")}` });
const FORM = { "content-type": "application/x-www-form-urlencoded" };

const vba = {
  method: "PUT",
  path: "/claim-invoice-batch",
  firstPage: `/claim-invoice?page=1&pageSize=${PAGE_SIZE}`,
  headers: { "vbasoftware-database": "sandbox", "x-api-key": "good-key" },
  login: {
    path: "/user-authentication",
    headers: { ...basic("jdoe:harbor-42"), "vbasoftware-client-id": "c1", "vbasoftware-client-code": "c1" },
    form: "",
    token: (found) => member(member(member(found, "data"), "authenticationResult"), "idToken"),
  },
  body: (rows, fault) =>
    rows.map((row) => ({
      invoice_Key: Number(row.key),
      description: `${row.name}: ${total(row, fault)}`,
      invoice_Number: `N-${row.key}`,
      invoice_Status: "Open",
      payee_ID: "P100",
    })),
  read(reply) {
    const results = new Results();
    const found = document(reply);
    results.expect(found, "data error debug");
    for (const one of listed(member(found, "data"))) {
      results.expect(one, "id status body");
      const text = String(member(one, "body") ?? "");
      const judged = byStatus(member(one, "status"), text);
      if (judged === STORED && !["Created", "Updated"].includes(text)) results.strange ||= text;
      results.add(String(member(member(one, "id")?.[0], "value") ?? ""), judged);
    }
    return results;
  },
  page(found, number) {
    const shown = listed(member(found, "data")).map((one) => [
      String(member(one, "invoice_Key")),
      toCents(String(member(one, "description")).split(": ").at(-1)),
    ]);
    return [shown, shown.length ? `/claim-invoice?page=${number + 1}&pageSize=${PAGE_SIZE}` : ""];
  },
};

/** A map of texts; an empty map of some languages is an empty list. */
function texts(found) {
  if (Array.isArray(found) && found.length === 0) return [];
  if (found === null || typeof found !== "object") throw new Unreadable("the answer has no map of errors");
  return Object.entries(found).map(([key, value]) => [key, [value].flat().join("; ")]);
}

const payt = {
  method: "POST",
  path: "/v1/invoices",
  firstPage: `/v1/invoices?administration_id=81&per_page=${PAGE_SIZE}`,
  headers: {},
  login: {
    path: "/oauth/token",
    headers: { ...basic("sandbox-client:sandbox-secret"), ...FORM },
    form: "grant_type=client_credentials",
    token: (found) => member(found, "access_token"),
  },
  body: (rows, fault) => ({
    administration_id: "81",
    invoices: rows.map((row) => ({
      invoice_number: row.key,
      invoice_date: "2026-06-01",
      due_date: "2026-07-01",
      description: row.name,
      currency_code: "EUR",
      debtor_number: "D-1",
      amount_total: total(row, fault),
      book_amount_total: total(row, fault),
      amount_open: total(row, fault),
      book_amount_open: total(row, fault),
    })),
  }),
  /** Only errors have keys; the others are stored if the count says so. */
  read(reply, rows) {
    const results = new Results();
    const found = document(reply);
    results.expect(found, "success count errors warnings");
    const failed = new Map(texts(member(found, "errors")));
    const count = String(member(found, "count"));
    results.count = /^\d+$/.test(count) ? Number(count) : null;
    const good = rows.filter((row) => !failed.has(row.key)).length;
    for (const row of rows) {
      if (failed.has(row.key)) results.add(row.key, byWords(failed.get(row.key)));
      else if (results.count === good) results.add(row.key, STORED);
    }
    results.warnings = texts(member(found, "warnings") ?? []);
    return results;
  },
  page(found) {
    const shown = listed(member(found, "data")).map((one) => [
      String(member(one, "invoice_number")),
      toCents(member(one, "total_amount")),
    ]);
    const cursor = member(member(found, "pagination"), "cursor");
    return [shown, cursor && shown.length ? `${payt.firstPage}&cursor=${cursor}` : ""];
  },
};

const messages = (found) =>
  Array.isArray(found) ? found.map((one) => member(one, "Message") ?? one).join("; ") : String(found ?? "refused");

const xero = {
  method: "PUT",
  path: "/api.xro/2.0/BatchPayments?summarizeErrors=false",
  keyHeader: "idempotency-key",
  firstPage: "/api.xro/2.0/BatchPayments",
  headers: { "xero-tenant-id": "00000000-0000-4000-8000-000000000001" },
  login: {
    path: "/connect/token",
    headers: { ...basic("drill:drill"), ...FORM },
    form: "grant_type=client_credentials",
    token: (found) => member(found, "access_token"),
  },
  body: (rows, fault) => ({
    BatchPayments: rows.map((row) => ({
      Account: { Code: "BANK1" },
      Reference: row.key,
      Date: "2026-01-05",
      // A double of two decimals is written with just these, so that the cents arrive exactly.
      Payments: [{ Invoice: { InvoiceNumber: row.invoice }, Amount: Number(total(row, fault)) }],
    })),
  }),
  read(reply) {
    const results = new Results();
    const found = document(reply);
    results.expect(found, "Id Status ProviderName DateTimeUTC BatchPayments");
    for (const one of listed(member(found, "BatchPayments"))) {
      const key = String(member(one, "Reference") ?? "");
      const errors = member(one, "ValidationErrors");
      const warnings = member(one, "Warnings");
      if (errors?.length || member(one, "StatusAttributeString") === "ERROR") {
        results.add(key, byWords(messages(errors)));
        continue;
      }
      if (![undefined, "AUTHORISED"].includes(member(one, "Status"))) results.strange ||= member(one, "Status");
      results.add(key, STORED);
      if (warnings?.length) results.warnings.push([key, messages(warnings)]);
    }
    return results;
  },
  page(found) {
    const kept = listed(member(found, "BatchPayments")).filter((one) => member(one, "Status") !== "DELETED");
    return [kept.map((one) => [String(member(one, "Reference")), toCents(member(one, "TotalAmount"))]), ""];
  },
};

const VENDORS = { vba, payt, xero };

// ---- the client -----------------------------------------------------------------------------------------------------

class Client {
  failed = new Map();
  unsettled = [];
  postponed = [];
  began = performance.now();
  logins = 0;
  keys = 0;
  retried = false;
  unsure = false;

  constructor(given) {
    Object.assign(this, given); // vendor, url, token, rows, chunk, fault
    this.base = this.url.replace(/\/+$/, "");
  }

  /** One call on a connection of its own; the timeout is for the whole answer. */
  exchange(method, url, headers, body) {
    return new Promise((resolve) => {
      let late = false;
      let timer = null;
      const lost = (why, empty = false) => {
        clearTimeout(timer);
        resolve({ status: 0, headers: {}, body: "", lost: late ? "no whole answer in time" : why, empty });
      };
      const send = url.startsWith("https:") ? https.request : http.request;
      const request = send(url, { method, headers, agent: false }, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("error", (problem) => lost(problem.message));
        answer.on("close", () => {
          clearTimeout(timer);
          if (!answer.complete) lost("half an answer");
          const text = Buffer.concat(parts).toString();
          resolve({ status: answer.statusCode, headers: answer.headers, body: text, lost: "" });
        });
      });
      request.on("error", (problem) => lost(problem.message, problem.message === "socket hang up"));
      if (this.fault !== "no-timeout") {
        timer = setTimeout(() => {
          late = true;
          request.destroy();
        }, TIMEOUT_MS);
      }
      request.end(body);
    });
  }

  /** A call that the vendor has let in: follow redirects, log in, wait where it says so. */
  async call(method, path, content, key) {
    const body = content === undefined ? undefined : JSON.stringify(content);
    let url = this.base + path;
    let hops = 0;
    let throttled = 0;
    let refused = 0;
    for (;;) {
      const headers = { accept: "application/json", "user-agent": "drill-client/1", ...this.vendor.headers };
      headers.authorization = `Bearer ${this.token}`;
      if (key) headers[this.vendor.keyHeader] = key;
      if (body !== undefined) {
        headers["content-type"] = "application/json";
        headers["content-length"] = Buffer.byteLength(body);
      }
      const reply = await this.exchange(method, url, headers, body);
      if ([307, 308].includes(reply.status) && hops < MAX_HOPS && reply.headers.location) {
        hops += 1;
        url = new URL(reply.headers.location, url).href;
      } else if (reply.status === 401) {
        refused += 1;
        await this.renewToken(refused);
      } else if (reply.status === 429) {
        throttled += 1;
        if (throttled >= ATTEMPTS) return reply;
        await this.waitAsTold(reply, throttled);
        if (this.fault === "resends-accepted-on-429" && method !== "GET") throw new StartAgain();
      } else {
        return this.weigh(reply, url);
      }
    }
  }

  /** Say whether an answer leaves open what was done. */
  async weigh(reply, url) {
    const moved = [301, 302, 303].includes(reply.status);
    if (moved && this.fault === "follows-302-as-get") {
      const headers = { accept: "application/json", "user-agent": "drill-client/1", ...this.vendor.headers };
      headers.authorization = `Bearer ${this.token}`;
      const answer = await this.exchange("GET", new URL(reply.headers.location ?? url, url).href, headers);
      return { ...answer, followed: true };
    }
    if (reply.status === 503 && reply.headers["retry-after"]) await this.waitAsTold(reply, 1);
    if (reply.status >= 500 || moved || [408, 425].includes(reply.status)) reply.lost = `answered by ${reply.status}`;
    return reply;
  }

  async waitAsTold(reply, attempt) {
    const told = reply.headers["retry-after"];
    const digits = /^\s*\d+\s*$/.test(told ?? "");
    if (this.fault === "ignores-retry-after") await this.sleep(0.05);
    else if (told === undefined || (this.fault === "reads-no-date" && !digits)) await this.backOff(attempt);
    else if (digits) await this.sleep(Number(told));
    else {
      const now = Date.parse(reply.headers.date ?? "") || Date.now();
      await this.sleep(Math.max(0, ((Date.parse(told) || now + 1000) - now) / 1000));
    }
  }

  async backOff(attempt) {
    if (this.fault !== "retries-at-once") await this.sleep(0.1 * 2 ** (Math.min(attempt, ATTEMPTS) - 1));
  }

  async sleep(seconds) {
    if (seconds > LONGEST_WAIT_S) throw new Stop(`the vendor asks to wait ${Math.round(seconds)} s`);
    if ((performance.now() - this.began) / 1000 + seconds > END_S) throw new Stop("out of time");
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  /** Log in; a token that was refused is never used again. */
  async renewToken(refused) {
    if (this.fault === "refreshes-no-token" && refused < ATTEMPTS) return this.backOff(refused);
    const most = this.fault === "logs-in-for-ever" ? FOR_EVER : MAX_LOGINS;
    if (this.logins >= most || this.fault === "refreshes-no-token") throw new Stop("the token is refused");
    this.logins += 1;
    const { path, headers, form, token } = this.vendor.login;
    const common = { accept: "application/json", "user-agent": "drill-client/1", ...this.vendor.headers };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const size = { "content-length": Buffer.byteLength(form) };
      const reply = await this.exchange("POST", this.base + path, { ...common, ...headers, ...size }, form);
      if (reply.status === 200) {
        this.token = token(document(reply));
        return;
      }
      if (reply.status > 0 && reply.status < 500 && reply.status !== 429) break;
      if (attempt < ATTEMPTS) await this.backOff(attempt);
    }
    throw new Stop("the login fails");
  }

  /** Those that the vendor does not have as they were sent. */
  async missing(rows) {
    const shown = new Map();
    const isThere = (row) => shown.has(row.key) && shown.get(row.key) === toCents(total(row, this.fault));
    let path = this.vendor.firstPage;
    this.unsure = true;
    for (let number = 1; path && !rows.every(isThere); number += 1) {
      const [page, next] = this.vendor.page(await this.readPage(path), number);
      for (const [key, cents] of page) shown.set(key, cents);
      path = this.fault === "page-read-once" ? "" : next;
    }
    this.unsure = false;
    return rows.filter((row) => !isThere(row));
  }

  async readPage(path) {
    let why = "";
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const reply = await this.call("GET", path);
      why = reply.lost || (reply.status === 200 ? "" : String(reply.status));
      if (!reply.lost && reply.status !== 200) break;
      if (!why) {
        try {
          const found = document(reply);
          this.vendor.page(found, 1);
          return found;
        } catch (problem) {
          if (!(problem instanceof Unreadable)) throw problem;
          why = problem.message;
        }
      }
      if (attempt < ATTEMPTS) await this.backOff(attempt);
    }
    throw new Stop(`the list cannot be read (${why})`);
  }

  newKey() {
    this.keys += 1;
    if (!this.vendor.keyHeader || this.fault === "retries-lost-without-looking") return "";
    return `${process.pid}-${Math.round(performance.timeOrigin)}-${this.fault === "reuses-key" ? 1 : this.keys}`;
  }

  /** Send rows until each is stored or given up. */
  async deliver(rows) {
    const forEver = ["retries-4xx-for-ever", "retries-for-ever"].includes(this.fault);
    let todo = [...rows];
    let key = this.newKey();
    let last = 0;
    let reply = null;
    this.unsettled = todo;
    this.unsure = false;
    for (let attempt = 1; attempt <= (forEver ? FOR_EVER : ATTEMPTS); attempt += 1) {
      if (attempt > 1) {
        this.retried = true;
        await (forEver ? this.sleep(0.02) : this.backOff(attempt - 1));
      }
      for (const row of todo) row.tries += 1;
      reply = await this.call(this.vendor.method, this.vendor.path, this.vendor.body(todo, this.fault), key);
      const results = this.read(reply, todo);
      this.unsure = Boolean(reply.lost);
      if (reply.lost && reply.status >= 300 && reply.status < 400 && last === reply.status) {
        this.giveUp(todo, reply.lost); // sent where it came from twice: no use in a third time
        return;
      }
      if (results) {
        todo = await this.settle(results, todo, rows);
        key = this.newKey();
      } else if (reply.lost) {
        [todo, key] = await this.afterLoss(todo, key, reply, last, rows);
      } else {
        todo = this.afterRefusal(reply, todo);
      }
      last = reply.status;
      this.unsettled = todo;
      if (todo.length === 0) return;
    }
    if (reply.lost && this.vendor.keyHeader) todo = await this.missing(todo);
    if (this.fault !== "gives-up-silently") {
      for (const row of todo) this.giveUp([row], row.why || reply.lost || "not stored");
    }
  }

  /** What an answer says of the items; null if it says nothing. */
  read(reply, todo) {
    if (this.believesBlindly(reply)) {
      const results = new Results();
      for (const row of todo) results.add(row.key, STORED);
      return results;
    }
    if (reply.lost || reply.status < 200 || reply.status >= 300) return null;
    let results = null;
    try {
      results = this.vendor.read(reply, todo);
    } catch (problem) {
      if (!(problem instanceof Unreadable)) throw problem;
      reply.lost = problem.message;
      return null;
    }
    if (results.strange && this.fault === "crashes-on-unknown") {
      process.stderr.write(`unexpected ${results.strange}\n`);
      throw new Leave(1);
    }
    this.misread(results, todo);
    return results;
  }

  believesBlindly(reply) {
    const good = reply.status >= 200 && reply.status < 300;
    switch (this.fault) {
      case "status-line-only":
        return good;
      case "200-is-success":
        return reply.status === 200;
      case "follows-302-as-get":
        return good && reply.followed === true;
      case "treats-lost-as-success":
        return Boolean(reply.lost);
      case "empty-is-success":
        return reply.empty === true;
      case "html-is-success":
        return (reply.headers["content-type"] ?? "").includes("html");
      case "unreadable-is-success":
        try {
          document(reply);
          return false;
        } catch {
          return good;
        }
      default:
        return false;
    }
  }

  /** Join outcomes to items as a faulty client does. */
  misread(results, todo) {
    const good = results.inOrder.filter((one) => one === STORED).length;
    if (this.fault === "matches-by-position") {
      results.outcomes = new Map(todo.slice(0, results.inOrder.length).map((row, at) => [row.key, results.inOrder[at]]));
    } else if (this.fault === "counts-phantoms" && good >= todo.length) {
      results.outcomes = new Map(todo.map((row) => [row.key, STORED]));
    } else if (this.fault === "trusts-count" && results.count !== null) {
      const fate = (at) => (at < results.count ? STORED : outcome("refused", "not counted"));
      results.outcomes = new Map(todo.map((row, at) => [row.key, fate(at)]));
    } else if (this.fault === "omitted-is-success") {
      for (const row of todo) if (!results.outcomes.has(row.key)) results.outcomes.set(row.key, STORED);
    } else if (this.fault === "warning-is-failure") {
      for (const [key, text] of results.warnings) results.outcomes.set(key, outcome("again", text));
    }
  }

  /** Note what is known of the items, look up the others; return those to send again. */
  async settle(results, todo, rows) {
    for (const [key, text] of results.warnings) {
      if (this.fault !== "swallows-warnings" && todo.some((row) => row.key === key)) {
        process.stdout.write(`warning: ${key}: ${text}\n`);
      }
    }
    const blank = todo.filter((row) => !results.outcomes.has(row.key));
    if (blank.length && this.fault !== "omitted-is-failure") {
      const absent = await this.missing(blank);
      for (const row of blank) {
        results.outcomes.set(row.key, absent.includes(row) ? outcome("again", "no outcome, and not stored") : STORED);
      }
    }
    const again = [];
    for (const row of todo) {
      const { fate, why } = results.outcomes.get(row.key) ?? outcome("again", "no outcome");
      row.why = why;
      if (fate === "stored") this.failed.delete(row.key);
      else if (this.fault === "stops-at-first-error") throw new Leave(0);
      else if (this.isFinal(fate, row)) this.giveUp([row], why);
      else again.push(row);
    }
    this.unsettled = again;
    return this.misroute(again, rows);
  }

  isFinal(fate, row) {
    if (this.fault === "retries-4xx-for-ever") return false;
    return fate === "refused" || (fate === "unsure" && row.tries >= UNSURE_ATTEMPTS);
  }

  /** The items to send again, in order; a faulty client takes others, or puts them off. */
  async misroute(again, rows) {
    if (again.length === 0) return again;
    const throttled = again.some((row) => /^429|rate limit|too many requests/i.test(row.why));
    if (this.fault === "resends-all") return [...rows];
    if (this.fault === "retries-whole-batch-on-item-throttle" && throttled) return [...rows];
    if (this.fault === "loses-order") {
      this.postponed.push(...again);
      return [];
    }
    const looks = !["omitted-is-failure", "retries-4xx-for-ever"].includes(this.fault);
    return this.vendor.keyHeader && looks ? this.missing(again) : again;
  }

  /** What to send after an answer that was lost, and under which key. */
  async afterLoss(todo, key, reply, last, rows) {
    this.retried = true;
    switch (this.fault) {
      case "stops-at-first-error":
        throw new Leave(0);
      case "treats-lost-as-failure-silently":
        return [[], key];
      case "resends-all":
        return [[...rows], this.newKey()];
      case "new-key-on-retry":
      case "retries-lost-without-looking":
        return [todo, this.newKey()];
      case "no-key-on-retry":
        return [todo, ""];
      default:
    }
    const brokenAgain = reply.status >= 500 && reply.status === last;
    if (this.vendor.keyHeader && !brokenAgain) return [todo, key];
    const left = await this.missing(todo);
    if (this.fault !== "loses-order") return [left, this.newKey()];
    this.postponed.push(...left);
    return [[], key];
  }

  /** Report a whole call that was refused. */
  afterRefusal(reply, todo) {
    if (this.fault === "retries-4xx-for-ever") return todo;
    if (this.fault === "stops-at-first-error") throw new Leave(0);
    const why = `refused: ${reply.status} ${reply.body.slice(0, 200)}`;
    if ([401, 403, 404, 405, 415, 429].includes(reply.status)) throw new Stop(why);
    if (reply.status === 409 && this.vendor.keyHeader) return todo; // the first call is still under way
    this.giveUp(todo, why);
    return [];
  }

  giveUp(rows, why) {
    for (const row of rows) this.failed.set(row.key, why);
  }

  /** Cut the rows; a key that comes again opens a chunk, as vendors refuse it twice in one call. */
  *chunks() {
    let part = [];
    for (const row of this.rows) {
      if (part.length === this.chunk || part.some((other) => other.key === row.key)) {
        yield part;
        part = this.fault === "overlaps-chunks" ? part.slice(-1) : [];
      }
      part.push(row);
    }
    const dropped = this.fault === "drops-last-chunk" && this.retried;
    if (part.length === this.chunk || !dropped) yield part;
  }

  async run() {
    try {
      for (const part of this.chunks()) {
        this.unsettled = part;
        await this.deliver(part);
      }
      while (this.postponed.length) {
        this.fault = "";
        await this.deliver([this.postponed.pop()]);
      }
    } catch (problem) {
      if (problem instanceof Leave) return Number(problem.message);
      if (problem instanceof StartAgain) {
        this.fault = ""; // once is enough
        return this.run();
      }
      if (!(problem instanceof Stop)) throw problem;
      const doubt = this.unsure ? "unknown whether it is stored, " : "";
      this.giveUp(this.unsettled, doubt + problem.message);
      const rest = this.rows.filter((row) => row.tries === 0 && !this.failed.has(row.key));
      this.giveUp(rest, `not sent, ${problem.message}`);
      if (this.fault === "gives-up-silently") return 0;
    }
    return this.report();
  }

  report() {
    if (this.fault === "forgets-failures") return 0;
    for (const [key, why] of this.failed) process.stderr.write(`not stored: ${key}: ${why.replace(/\s+/g, " ")}\n`);
    return this.failed.size ? 1 : 0;
  }
}

const [name, ...words] = process.argv.slice(2);
const given = { chunk: "2", fault: "" };
for (let at = 0; at + 1 < words.length; at += 2) given[words[at].replace(/^--/, "")] = words[at + 1];
if (!VENDORS[name] || !given.url || !given.token) {
  process.stderr.write("usage: node_client.mjs vba|payt|xero --url URL --token TOKEN [--rows FILE] [--chunk 2] [--fault NAME]\n");
  process.exit(2);
}
const rows = JSON.parse(readFileSync(given.rows ?? new URL(`rows/${name}.json`, import.meta.url), "utf8"));
for (const row of rows) row.tries = 0;
const client = new Client({ ...given, vendor: VENDORS[name], rows, chunk: Number(given.chunk) });
process.exitCode = await client.run();
