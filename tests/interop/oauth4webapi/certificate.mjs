// FAPI 2.0 with tokens bound to the certificate of a real TLS handshake.

import assert from "node:assert";
import { importJWK } from "jose";
import * as oauth from "oauth4webapi";
import { visit, wayTo } from "../stage.mjs";
import { discover, prepared, push, redeem, userinfo } from "./party.mjs";

export default async ({ client: registered, redirect_uri, certificate }) => {
  const jwk = registered.jwks.keys[0];
  const client = { client_id: registered.client_id, id_token_signed_response_alg: "ES256" };
  const authentication = oauth.PrivateKeyJwt({ key: await importJWK(jwk, "PS256"), kid: jwk.kid });
  const party = { ...(await discover(certificate)), client, authentication };
  assert.equal(party.as.tls_client_certificate_bound_access_tokens, true);
  const asked = await prepared(client, { redirect_uri });
  const landed = await visit(await push(party, asked.parameters));
  const answer = oauth.validateAuthResponse(party.as, client, landed, asked.parameters.get("state"));
  const tokens = await redeem(party, asked, answer);
  await userinfo(party, tokens);
  const without = { ...party, options: { [oauth.customFetch]: wayTo() } };
  await assert.rejects(userinfo(without, tokens), { status: 401 });
  return { type: tokens.token_type };
};
