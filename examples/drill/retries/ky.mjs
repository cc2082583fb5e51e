// ky, a layer over fetch, which sends again by default: twice, and no POST.
import { readFileSync } from "node:fs";
import { env } from "node:process";
import ky from "ky";

const [method, url, ...files] = process.argv.slice(2);
for (const file of files) {
  const headers = { Authorization: `Bearer ${env.TOKEN}`, "xero-tenant-id": env.TENANT, "Content-Type": "application/json" };
  if (env.KEYS) headers["Idempotency-Key"] = file;
  await ky(url, { method, body: readFileSync(file), headers, timeout: 3000 });
}
