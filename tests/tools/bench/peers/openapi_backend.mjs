// openapi-backend behind node's own http server: it validates the call and answers the example of the contract.
// `node openapi_backend.mjs SPEC --port PORT`
import { createServer } from "node:http";
import { OpenAPIBackend } from "openapi-backend";

const [definition, , port] = process.argv.slice(2);
const refused = (_context, _request, response) => answer(response, 400, { title: "refused" });

const api = new OpenAPIBackend({
  definition,
  handlers: {
    notImplemented: (context, _request, response) => {
      const { operationId, responses } = context.operation;
      const { status, mock } = context.api.mockResponseForOperation(operationId, { code: Object.keys(responses)[0] });
      answer(response, status, mock);
    },
    validationFail: refused,
    unauthorizedHandler: refused,
    notFound: refused,
  },
});
api.registerSecurityHandler("token", (context) => Boolean(context.request.headers.authorization));

function answer(response, status, document) {
  const body = JSON.stringify(document);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return body.length && /json/.test(request.headers["content-type"]) ? JSON.parse(body.toString()) : body.toString();
}

await api.init();
createServer(async (request, response) => {
  const { method, url, headers } = request;
  await api.handleRequest({ method, path: url, headers, body: await read(request) }, request, response);
}).listen(Number(port), "127.0.0.1");
