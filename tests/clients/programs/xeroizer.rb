# Xeroizer, which writes and reads XML alone: lists, an invoice, its payment, a search, validation errors.
# Called with the server's address; prints what it saw as JSON. Only the address of the vendor is changed.
require 'json'
require 'bigdecimal'
require 'bigdecimal/util'
require 'xeroizer'

BASE, TENANT = ARGV
addresses = { xero_url: "#{BASE}/api.xro/2.0", site: BASE[%r{\Ahttp://[^/]+}] }
client = Xeroizer::OAuth2Application.new('ruby', 'secret', access_token: 'good-token', tenant_id: TENANT, **addresses)
seen = {}
seen[:organisation] = client.Organisation.first.name
seen[:banks] = client.Account.all(where: { type: 'BANK', status: 'ACTIVE' }).map(&:code)
seen[:contacts] = client.Contact.all(where: 'Name.StartsWith("Ridge")').map(&:name)
listed = client.Invoice.all(where: { status: 'AUTHORISED', type: 'ACCREC' }, page: 1)
seen[:listed] = listed.length > 2 && listed.all? { |one| one.status == 'AUTHORISED' && one.line_items.any? }

invoice = client.Invoice.build(type: 'ACCREC', date: Date.new(2019, 2, 22), due_date: Date.new(2019, 3, 22), status: 'AUTHORISED',
                               line_amount_types: 'NoTax', contact: { contact_id: client.Contact.all(where: 'Name.StartsWith("Ridge")')[0].id })
invoice.add_line_item(description: 'Consulting', quantity: 1, unit_amount: 100, account_code: 'SALES')
seen[:created] = [invoice.save, invoice.status, invoice.total.to_s('F'), invoice.date.to_s]
payment = client.Payment.build(invoice: { invoice_id: invoice.id }, account: { code: 'BANK1' }, date: Date.new(2019, 2, 22), amount: 40)
seen[:paid] = [payment.save, payment.payment_id.to_s.empty?]
seen[:due] = client.Invoice.find(invoice.id).amount_due.to_s('F')
much = client.Payment.build(invoice: { invoice_id: invoice.id }, account: { code: 'BANK1' }, date: Date.new(2019, 2, 22), amount: 400)
seen[:refused] = begin
  much.save!
rescue Xeroizer::ApiException => e
  [much.save, e.validation_errors]
end
several = [{ name: 'Cedar Works' }, { email_address: 'nobody' }].map { |one| client.Contact.build(one) }
seen[:several] = [client.Contact.save_records(several), several.map { |one| one.errors.to_a.length.positive? }]
seen[:missing] = begin
  client.Invoice.find('00000000-0000-4000-8000-00000000dead')
rescue StandardError => e
  e.class.name
end
puts JSON.generate(seen)
