// The berths of tests/contract/foreign/harbour.yaml on Node alone. Prints its address, and ends with its input.

import http from "node:http";

const PASS = process.argv[2];
const CODE = /^[A-Z]{1,3}-[0-9]{1,9}$/;
const berths = new Map();

function fault(berth) {
  if (berth === null || typeof berth !== "object" || Array.isArray(berth)) return "this is no berth";
  const { code, metres, boat, note } = berth;
  if (typeof code !== "string" || !CODE.test(code)) return "code is wrong";
  if (!Number.isInteger(metres) || metres < 3 || metres > 120) return "metres are wrong";
  if (typeof boat !== "string" || boat.length < 1 || boat.length > 40) return "boat is wrong";
  if (note !== undefined && note !== null && typeof note !== "string") return "note is wrong";
  return "";
}

function file(text) {
  let listed;
  try {
    listed = JSON.parse(text).berths;
  } catch {
    return [400, { why: "there are no berths in this" }];
  }
  if (!Array.isArray(listed)) return [400, { why: "berths are a list" }];
  const lines = listed.map((berth, line) => {
    const why = fault(berth);
    if (why) return { line, code: typeof berth?.code === "string" ? berth.code : null, state: 422, why };
    const state = berths.has(berth.code) ? 200 : 201;
    const { code, metres, boat, note = null } = berth;
    berths.set(code, { code, metres, boat, note });
    return { line, code, state };
  });
  return [200, { filed: lines.filter((one) => one.state !== 422).length, lines }];
}

function list(query) {
  const [page, size] = [Number(query.get("page") ?? 1), Number(query.get("size") ?? 20)];
  if (!(page >= 1 && size >= 1 && size <= 100)) return [400, { why: "there is no such page" }];
  const rows = [...berths.keys()].sort().map((code) => berths.get(code));
  return [200, { berths: rows.slice((page - 1) * size, page * size), total: rows.length, page }];
}

function one(method, code) {
  if (!berths.has(code)) return [404, { why: "there is no such berth" }];
  if (method === "GET") return [200, berths.get(code)];
  berths.delete(code);
  return [204];
}

function answer(request, text) {
  const url = new URL(request.url, "http://harbour");
  const { method } = request;
  if (request.headers["x-harbour-pass"] !== PASS) return [401, { why: "show your pass" }];
  if (url.pathname === "/berths/batch" && method === "POST") return file(text);
  if (url.pathname === "/berths" && method === "GET") return list(url.searchParams);
  const [, first, code, ...rest] = url.pathname.split("/");
  if (first === "berths" && code && !rest.length && ["GET", "DELETE"].includes(method)) return one(method, code);
  return [404, { why: "nothing is here" }];
}

const server = http.createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const [status, document] = answer(request, Buffer.concat(pieces).toString());
  // Without a length, Node sends chunks.
  response.writeHead(status, [["Content-Type", "application/json"], ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]].flat());
  response.end(document === undefined ? undefined : JSON.stringify(document));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
