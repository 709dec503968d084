// The data gateway: what is wanted stands in the request (RFC 9396), the token is bound and says it again, the data
// come for it. The same token is checked by oauth4webapi as a resource server of its own would.

import assert from "node:assert";
import { createHash } from "node:crypto";
import { importJWK } from "jose";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { heard, issuer, visit, wayTo } from "../stage.mjs";
import { prepared } from "./registered.mjs";

export default async ({ jobs, gateway, wanted, own }) => {
  const authentication = client.PrivateKeyJwt({ key: await importJWK(jobs.key, "ES256"), kid: jobs.key.kid });
  const way = wayTo();
  const config = await client.discovery(
    new URL(issuer),
    jobs.client_id,
    { id_token_signed_response_alg: "ES256" },
    authentication,
    { [client.customFetch]: way, execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  );
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const ask = (token, method, path, body) =>
    client.fetchProtectedResource(
      config,
      token.access_token,
      new URL(path, gateway),
      method,
      body && JSON.stringify(body),
      new Headers({ "content-type": "application/json", "idempotency-key": crypto.randomUUID() }),
      { DPoP },
    );

  // what the agency may ask in its own name
  const token = await client.clientCredentialsGrant(config, { authorization_details: JSON.stringify(own) }, { DPoP });
  assert.equal(token.token_type, "dpop");
  const order = { dataset: own[0].dataset, format: "json", case: own[0].case };
  const pulled = await ask(token, "POST", "/pulls", order);
  const company = await pulled.json();
  assert.equal(pulled.status, 200, JSON.stringify(company));

  // what a citizen must allow
  const { parameters, checks } = await prepared({
    redirect_uri: jobs.redirect_uri,
    scope: "openid",
    authorization_details: JSON.stringify(wanted),
  });
  const landed = await visit(await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP }));
  const tokens = await client.authorizationCodeGrant(config, landed, checks, undefined, { DPoP });
  assert.deepEqual(
    tokens.authorization_details.map((detail) => detail.dataset),
    [wanted[0].dataset],
  );
  const released = await (await ask(tokens, "POST", "/pulls", { dataset: wanted[0].dataset, format: "both" })).json();
  const { request: headers } = heard.findLast((answer) => answer.path === "/pulls");
  const pdf = Buffer.from(await (await ask(tokens, "GET", released.document.uri)).arrayBuffer());
  assert.equal(createHash("sha256").update(pdf).digest("hex"), released.document.sha256);
  assert.equal((await ask(tokens, "POST", "/pulls", { dataset: own[0].dataset, format: "json" })).status, 403);

  // the token as a resource server sees it: RFC 9068, its key by RFC 9449
  const as = config.serverMetadata();
  const request = new Request(new URL("/pulls", gateway), { method: "POST", headers });
  const claims = await oauth.validateJwtAccessToken(as, request, gateway, {
    [oauth.customFetch]: way,
    [oauth.allowInsecureRequests]: true,
    requireDPoP: true,
  });
  const found = await client.tokenIntrospection(config, tokens.access_token);
  assert.deepEqual(found.authorization_details, claims.authorization_details);
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  assert.equal((await ask(fresh, "POST", "/pulls", { dataset: wanted[0].dataset, format: "json" })).status, 200);
  return { company, released, claims, sub: tokens.claims().sub, pdf: pdf.subarray(0, 5).toString() };
};
