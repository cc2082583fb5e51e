// axios-retry as its README shows it: three retries with exponential back-off.
import { readFileSync } from "node:fs";
import { env } from "node:process";
import axios from "axios";
import axiosRetry from "axios-retry";

axiosRetry(axios, { retries: 3, retryDelay: axiosRetry.exponentialDelay });
const [method, url, ...files] = process.argv.slice(2);
for (const file of files) {
  const headers = { Authorization: `Bearer ${env.TOKEN}`, "xero-tenant-id": env.TENANT, "Content-Type": "application/json" };
  if (env.KEYS) headers["Idempotency-Key"] = file;
  await axios({ method, url, data: readFileSync(file), headers, timeout: 3000 });
}
