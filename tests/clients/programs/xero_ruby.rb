# The README's flow of xero-ruby: client credentials, the last connection, lists, a mixed batch, search, deletion.
# Called with the server's address; prints what it saw as JSON. Only the address of the vendor is changed.
require 'json'
require 'xero-ruby'

BASE = ARGV.fetch(0)

# The gem writes this one address into its own settings, where it cannot be set from outside.
class XeroRuby::Configuration
  def base_url=(url)
    @base_url = url.sub('https://api.xero.com', BASE)
  end
end

creds = { client_id: 'ruby', client_secret: 'secret', grant_type: 'client_credentials' }
config = { accounting_url: "#{BASE}/api.xro/2.0", token_url: "#{BASE}/connect" }
xero_client = XeroRuby::ApiClient.new(config: config, credentials: creds)
xero_client.get_client_credentials_token
tenant_id = xero_client.last_connection['tenantId']
api = xero_client.accounting_api
seen = { expired: xero_client.token_expired? }

seen[:tenant] = api.get_organisations(tenant_id).organisations.first.name
banks = api.get_accounts(tenant_id, where: { type: ['==', 'BANK'], status: ['==', 'ACTIVE'] }).accounts
seen[:banks] = banks.map(&:code)
account = { account_id: banks.find { |one| one.code == 'BANK1' }.account_id }
contacts = api.get_contacts(tenant_id, where: { name: ['StartsWith', 'Ridge'] }, order: 'UpdatedDateUtc DESC').contacts
seen[:contacts] = contacts.map(&:name)
opts = { page: 1, where: { type: ['=', XeroRuby::Accounting::Invoice::ACCREC], status: ['=', 'AUTHORISED'], amount_due: ['>', 0],
                           date: (DateTime.parse('2019-01-01')..DateTime.parse('2019-12-31')) } }
listed = api.get_invoices(tenant_id, opts).invoices
seen[:listed] = listed.length > 2 && listed.all? { |one| one.status == 'AUTHORISED' }

invoices = { invoices: [{ type: XeroRuby::Accounting::Invoice::ACCREC, contact: { contact_id: contacts[0].contact_id },
                          line_items: [{ description: 'Big Agency', quantity: BigDecimal('2.0'), unit_amount: BigDecimal('50.99'),
                                         account_code: 'SALES', tax_type: XeroRuby::Accounting::TaxType::NONE }],
                          date: '2019-01-01', due_date: '2019-01-10', reference: 'Website Design', status: 'AUTHORISED' }] }
invoice = api.create_invoices(tenant_id, invoices).invoices.first
seen[:created] = [invoice.to_attributes[:type], invoice.total.to_s('F'), invoice.status]

pay = lambda do |amount|
  { account: account, date: '2019-02-22', reference: "pays #{amount}", payments: [{ invoice: { invoice_id: invoice.invoice_id }, amount: amount }] }
end
paid = api.create_batch_payment(tenant_id, { batch_payments: [pay.call(40), pay.call(500)] }, { summarize_errors: false }).batch_payments
seen[:batches] = paid.map { |one| [one.status, one.total_amount&.to_s('F'), (one.validation_errors || []).map(&:message)] }
seen[:due] = api.get_invoice(tenant_id, invoice.invoice_id).invoices.first.amount_due.to_s('F')
gone = api.delete_batch_payment(tenant_id, { batch_payment_id: paid[0].batch_payment_id, status: 'DELETED' })
seen[:deleted] = gone.batch_payments.first.status
seen[:due_again] = api.get_invoices(tenant_id, where: { invoice_number: ['=', invoice.invoice_number] }).invoices.first.amount_due.to_s('F')

payment = api.get_payments(tenant_id).payments.first
history_records = { history_records: [{ details: 'This payment now has some History!' }] }
noted = api.create_payment_history(tenant_id, payment.payment_id, history_records)
seen[:noted] = noted.history_records.first.details
begin
  api.create_batch_payment(tenant_id, { batch_payments: [pay.call(500)] })
rescue XeroRuby::ApiError => e
  seen[:refused] = [e.code, e.response_body.to_s.empty? ? e.message : JSON.parse(e.response_body)['ErrorNumber']]
end
puts JSON.generate(seen)
