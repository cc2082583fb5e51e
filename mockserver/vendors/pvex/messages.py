"""Messages from the framework's public source, and one table of assumed ones.

Source: docs/vendors/pvex.md#credentials, #errors, #refusals, #modelstate.
"""

from __future__ import annotations

from mockserver.model import Value

GENERAL_ERROR = "An error has occurred."
INVALID_REQUEST = "The request is invalid."
DENIED = "Authorization has been denied for this request."
NOT_FOUND = "No HTTP resource was found that matches the request URI '{uri}'."
NO_CONTROLLER = "No type was found that matches the controller named '{name}'."
NO_METHOD = "The requested resource does not support http method '{method}'."
NO_MEDIA_TYPE = (
    "The request contains an entity body but no Content-Type header. "
    "The inferred media type 'application/octet-stream' is not supported for this resource."
)
UNSUPPORTED_MEDIA_TYPE = "The request entity's media type '{media_type}' is not supported for this resource."

REQUIRED = "The {name} field is required."
TOO_LONG = "The field {name} must be a string with a maximum length of 50."
PROPERTY_REQUIRED = "The {name} property is required."
VALUE_REQUIRED = "A value is required."
TOO_FEW = "The field {name} must be a string or array type with a minimum length of '1'."
NOT_VALID = "The value '{found}' is not valid for {name}."


class ExceptionTexts(Value, frozen=True):
    """An exception of the vendor's, as a local caller is shown it."""

    message: str
    type: str
    trace: str = "   at PVExWebApi.Controllers.InvoiceBatchController.Post(List`1 invoices)"


class ErrorPage(Value, frozen=True):
    """Answer of the web server itself."""

    status: int
    html: str


class AssumedMessages(Value, frozen=True):
    """Assumed messages without any source, by occasion."""

    conflict: str = "An invoice with this Id is already stored."
    row_key_taken: str = "Another invoice with this RowKey is already stored."
    changed_meanwhile: str = "The invoice has been changed by another request."
    locked: str = "The invoice can no longer be changed."
    owes_too_much: str = "The field BalanceDue must not be greater than Amount."
    too_many: str = "Too many requests were sent."
    no_route: str = "No route data was found for this request."
    too_large: str = "Maximum request length exceeded."
    headers_too_large: str = "Request header fields too large."
    control_character: str = "The text holds a character that is not allowed."
    bad_password: str = "The user name or password is incorrect."  # noqa: S105 - a message
    single_parameter: str = "invoice"
    token_lifetime_s: int = 1209599
    outside_api: ErrorPage = ErrorPage(
        404, "<!DOCTYPE html><title>404</title><h1>404 - File or directory not found.</h1>"
    )
    too_large_404: ErrorPage = ErrorPage(
        404, "<!DOCTYPE html><title>404</title><h1>404.13 - Content length too large.</h1>"
    )
    too_large_500: ErrorPage = ErrorPage(
        500, "<!DOCTYPE html><title>500</title><h1>Maximum request length exceeded.</h1>"
    )
    offline: ErrorPage = ErrorPage(
        503,
        "<!DOCTYPE html><title>Service Unavailable</title><h2>Service Unavailable</h2>"
        "<p>HTTP Error 503. The service is unavailable.</p>",
    )
    null_reference: ExceptionTexts = ExceptionTexts(
        "Object reference not set to an instance of an object.", "System.NullReferenceException"
    )
    database: ExceptionTexts = ExceptionTexts(
        "An error occurred while updating the entries. See the inner exception for details.",
        "System.Data.Entity.Infrastructure.DbUpdateException",
    )
    out_of_calendar: ExceptionTexts = ExceptionTexts(
        "The conversion of a datetime2 data type to a datetime data type resulted in an out-of-range value.",
        "System.Data.SqlClient.SqlException",
    )
    internal: ExceptionTexts = ExceptionTexts(
        "Exception of type 'System.Exception' was thrown.", "System.Exception"
    )
    timeout: ExceptionTexts = ExceptionTexts(
        "Timeout expired. The timeout period elapsed prior to completion of the operation "
        "or the server is not responding.",
        "System.Data.SqlClient.SqlException",
    )
    no_connection: ExceptionTexts = ExceptionTexts(
        "Timeout expired. The timeout period elapsed prior to obtaining a connection from the pool.",
        "System.InvalidOperationException",
    )


ASSUMED = AssumedMessages()
"""The one table of assumed answers: what turns out otherwise is mended here. `one` names the parameter of
a single invoice; the texts of readers for local callers, which vary with the framework's version, stand in
`details`."""
