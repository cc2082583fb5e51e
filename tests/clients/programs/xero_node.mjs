// The README's flow of xero-node: client credentials, tenants, lists, a mixed batch, search, deletion.
// Called with the server's address; prints what it saw as JSON. Only the address of the vendor is changed.
import { createRequire } from "node:module";

const [base, modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const axios = require("axios");
const { XeroClient } = require("xero-node");

axios.interceptors.request.use((config) => {
  config.url = config.url.replace(/^https:\/\/(api|identity)\.xero\.com/, base);
  return config;
});

const xero = new XeroClient({ clientId: "node", clientSecret: "secret", grantType: "client_credentials" });
xero.accountingApi.basePath = `${base}/api.xro/2.0`;
await xero.getClientCredentialsToken();
const tenants = await xero.updateTenants();
const tenant = tenants[0].tenantId;
const api = xero.accountingApi;
const seen = { tenant: tenants[0].tenantName, organisation: tenants[0].orgData.name };

const accounts = (await api.getAccounts(tenant, undefined, 'Status=="ACTIVE" AND Type=="BANK"')).body.accounts;
seen.banks = accounts.map((one) => one.code);
const account = { accountID: accounts.find((one) => one.code === "BANK1").accountID };
const contacts = (await api.getContacts(tenant, undefined, 'Name.Contains("Ridgeway")')).body.contacts;
seen.contacts = contacts.map((one) => one.name);
const invoices = (await api.getInvoices(tenant, undefined, undefined, "Date DESC", undefined, undefined, undefined, ["AUTHORISED"], 1)).body.invoices;
seen.listed = invoices.length > 2 && invoices.every((one) => one.status === "AUTHORISED" && one.lineItems.length > 0);

const line = { description: "Consulting", quantity: 1, unitAmount: 100, accountCode: "SALES", taxType: "NONE" };
const invoice = { type: "ACCREC", contact: { contactID: contacts[0].contactID }, date: "2019-02-22", dueDate: "2019-03-22", status: "AUTHORISED", lineItems: [line] };
const created = (await api.createInvoices(tenant, { invoices: [invoice, { ...invoice, contact: {} }] }, false)).body.invoices;
seen.invoices = created.map((one) => [one.statusAttributeString, one.hasErrors, (one.validationErrors ?? []).length > 0]);
const target = { invoice: { invoiceID: created[0].invoiceID } };

const batches = { batchPayments: [40, 500].map((amount) => ({ account, date: "2019-02-22", reference: `pays ${amount}`, payments: [{ ...target, amount }] })) };
const paid = (await api.createBatchPayment(tenant, batches, false)).body.batchPayments;
seen.batches = paid.map((one) => [one.status ?? null, one.totalAmount ?? null, (one.validationErrors ?? []).map((error) => error.message)]);
seen.due = (await api.getInvoice(tenant, created[0].invoiceID)).body.invoices[0].amountDue;
const gone = await api.deleteBatchPayment(tenant, { batchPaymentID: paid[0].batchPaymentID, status: "DELETED" });
seen.deleted = gone.body.batchPayments[0].status;
seen.dueAgain = (await api.getInvoice(tenant, created[0].invoiceID)).body.invoices[0].amountDue;

const payment = (await api.createPayment(tenant, { ...target, account, date: "2019-02-22", amount: 10 })).body.payments[0];
seen.payment = [payment.status, payment.amount, payment.invoice.amountDue];
seen.undone = (await api.deletePayment(tenant, payment.paymentID, { status: "DELETED" })).body.payments[0].status;
seen.found = (await api.getInvoices(tenant, undefined, `InvoiceID==guid("${created[0].invoiceID}")`)).body.invoices.map((one) => one.amountDue);
try {
  await api.createBatchPayment(tenant, { batchPayments: [batches.batchPayments[1]] });
} catch (refused) {
  const { response } = JSON.parse(refused);
  seen.refused = [response.statusCode, response.body.ErrorNumber, response.body.Elements[0].ValidationErrors[0].Message];
}
seen.remaining = (await api.getAccounts(tenant)).response.headers["x-minlimit-remaining"] !== undefined;
console.log(JSON.stringify(seen));
