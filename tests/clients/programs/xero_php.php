<?php
// calcinai/xero-php, which writes and reads XML: lists, an invoice, batch payments, a search, validation errors, limits.
// Called with the server's address, the tenant and Composer's autoload file; prints what it saw as JSON.
[, $base, $tenant, $autoload] = $argv;
require $autoload;

use XeroPHP\Application;
use XeroPHP\Models\Accounting\Account;
use XeroPHP\Models\Accounting\BatchPayment;
use XeroPHP\Models\Accounting\Contact;
use XeroPHP\Models\Accounting\Invoice;
use XeroPHP\Models\Accounting\LineItem;
use XeroPHP\Models\Accounting\Organisation;
use XeroPHP\Models\Accounting\Payment;
use XeroPHP\Remote\Exception\BadRequestException;
use XeroPHP\Remote\Exception\NotFoundException;

$xero = new Application('good-token', $tenant);
$xero->setConfig(['xero' => ['base_url' => $base]]);
$seen = ['organisation' => $xero->load(Organisation::class)->first()->getName()];

$codes = [];
foreach ($xero->load(Account::class)->where('Type', 'BANK')->where('Status', 'ACTIVE')->execute() as $account) {
    $codes[] = $account->getCode();
    if ($account->getCode() === 'BANK1') {
        $bank = $account;
    }
}
$seen['banks'] = $codes;
$contact = $xero->load(Contact::class)->where('Name.StartsWith("Ridge")')->first();
$seen['contact'] = $contact->getName();
$listed = $xero->load(Invoice::class)->where('Status', 'AUTHORISED')->page(1)->execute();
$seen['listed'] = count($listed) > 2 && count($listed[0]->getLineItems()) > 0;

$line = (new LineItem($xero))->setDescription('Consulting')->setQuantity(1)->setUnitAmount(100)->setAccountCode('SALES')->setTaxType('NONE');
$invoice = (new Invoice($xero))->setType('ACCREC')->setContact($contact)->setStatus('AUTHORISED')
    ->setDate(new DateTime('2019-02-22'))->setDueDate(new DateTime('2019-03-22'))->addLineItem($line);
$invoice->save();
$seen['created'] = [$invoice->getStatus(), (float) $invoice->getTotal(), $invoice->getDate()->format('Y-m-d')];

$pay = function (float $amount) use ($xero, $bank, $invoice) {
    $payment = (new Payment($xero))->setInvoice((new Invoice($xero))->setInvoiceID($invoice->getInvoiceID()))->setAmount($amount);
    return (new BatchPayment($xero))->setAccount((new Account($xero))->setAccountID($bank->getAccountID()))
        ->setDate(new DateTime('2019-02-22'))->setReference("pays $amount")->addPayments($payment);
};
$good = $pay(40);
$good->save();
$seen['batch'] = [$good->getStatus(), (float) $good->getTotalAmount()];
$seen['due'] = (float) $xero->loadByGUID(Invoice::class, $invoice->getInvoiceID())->getAmountDue();
try {
    $pay(500)->save();
} catch (BadRequestException $refused) {
    $seen['refused'] = $refused->getMessage();
}
try {
    $xero->loadByGUID(Invoice::class, '00000000-0000-4000-8000-00000000dead');
} catch (NotFoundException $missing) {
    $seen['missing'] = true;
}
$seen['remaining'] = $xero->getTenantDayLimitRemining() > 0 && $xero->getTenantMinLimitRemining() > 0;
echo json_encode($seen), "\n";
