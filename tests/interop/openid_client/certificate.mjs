// Tokens bound to the certificate of a real TLS handshake; without it, or with another, they are of no use.

import assert from "node:assert";
import { importJWK } from "jose";
import * as client from "openid-client";
import { visit, wayTo } from "../stage.mjs";
import { known, prepared } from "./registered.mjs";

export default async (given) => {
  const jwk = given.client.jwks.keys[0];
  const authentication =
    given.method === "private_key_jwt"
      ? client.PrivateKeyJwt({ key: await importJWK(jwk, "PS256"), kid: jwk.kid })
      : client.TlsClientAuth();
  const metadata = { id_token_signed_response_alg: "ES256" };
  const config = await known(given.client.client_id, authentication, metadata, given.certificate);
  const { parameters, checks } = await prepared({ redirect_uri: given.redirect_uri });
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
  const tokens = await client.authorizationCodeGrant(config, await visit(url), checks);
  const { sub } = tokens.claims();
  const person = await client.fetchUserInfo(config, tokens.access_token, sub);

  config[client.customFetch] = wayTo();
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub), { status: 401 });
  return { sub: person.sub, type: tokens.token_type };
};
