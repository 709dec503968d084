// What the programs here stand on: the person lent to them and the way to the issuer. Run by itself it is the stage:
// it takes one line of JSON for each program to play, and answers with one that says what the program saw.
//
// The issuer's name is known to no name server: connections for it go to the TLS proxy on this machine, which proves
// by its certificate that it speaks for that name. Names under `.localhost` are this machine (RFC 6761 §6.3).
// Everything else, the clients' libraries do by themselves.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Agent, buildConnector, fetch as undiciFetch } from "undici";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const { issuer, front } = await hear();
export { issuer };
export const REDIRECT_URI = "https://client.example/callback";
export const SCOPE = "openid profile email";

/** What the issuer answered in this program so far, for one that looks at more than its library tells. */
export const heard = [];

const ask = (message) => {
  say(message);
  return hear();
};

/** The person opens an address, signs in, decides; gives the answer as the program's web server would get it. */
export const visit = async (url, decision = "allow") => {
  const end = await ask({ ask: "visit", url: String(url), decision });
  if (end.page) throw new Error(`the browser stopped at ${end.error_code} (${end.page})`);
  if (!end.form) return new URL(end.url);
  return new Request(end.url, { method: "POST", body: new URLSearchParams(end.form) });
};

/** The person opens what a device shows, and allows it. */
export const enterCode = (url) => ask({ ask: "enter_code", url });

/** The person finds a waiting question in the account, and allows it. */
export const answerRequest = () => ask({ ask: "answer_request" });

const connector = ({ cert, key } = {}) => {
  const open = buildConnector({ ca: front?.certificate, cert, key });
  return (options, callback) => {
    const here = { ...options, hostname: "127.0.0.1" };
    if (options.hostname.endsWith(".localhost")) {
      open(here, callback);
    } else if (front && options.hostname === new URL(issuer).hostname) {
      open({ ...here, servername: options.hostname, port: front.port }, callback);
    } else {
      callback(new Error(`there is nobody at ${options.hostname}`), null);
    }
  };
};

/** A `fetch` over connections of our own, with a client certificate (`cert` and `key`) or without. */
export const wayTo = (certificate) => {
  const dispatcher = new Agent({ connect: connector(certificate) });
  return async (url, options) => {
    const answer = await undiciFetch(url, { ...options, dispatcher });
    const proof = new Headers(options?.headers).get("dpop");
    heard.push({
      path: new URL(url).pathname,
      status: answer.status,
      type: answer.headers.get("content-type"),
      request: new Headers(options?.headers),
      proof: proof && JSON.parse(Buffer.from(proof.split(".")[1], "base64url")),
    });
    return answer;
  };
};

/** A web server of the program's own, which the issuer calls once: its address, and that call when it comes. */
export const listening = async () => {
  let came;
  const call = new Promise((resolve) => (came = resolve));
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    response.writeHead(204, { connection: "close" }).end();
    server.close();
    came({ path: request.url, authorization: request.headers.authorization, body });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, call };
};

const playAll = async () => {
  for (let next = await hear(); next !== null; next = await hear()) {
    heard.length = 0;
    try {
      const { default: program } = await import(next.play);
      say({ told: (await program(next.given)) ?? {} });
    } catch (error) {
      say({ failed: `${error.stack}\n${JSON.stringify(error.cause ?? null)}\n${JSON.stringify(heard, null, 1)}` });
    }
  }
  process.exit();
};
setImmediate(playAll);
