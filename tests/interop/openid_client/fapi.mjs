// FAPI 2.0 with DPoP: requests pushed, signed or not; private_key_jwt or a certificate; answers as a JWT; no rotation.

import assert from "node:assert";
import { importJWK } from "jose";
import * as client from "openid-client";
import { visit } from "../stage.mjs";
import { isRefused, known, prepared } from "./registered.mjs";

export default async (given) => {
  const jwk = given.client.jwks.keys[0];
  const signing = { key: await importJWK(jwk, "PS256"), kid: jwk.kid };
  const { signed, certificate } = given;
  const authentication = certificate ? client.TlsClientAuth() : client.PrivateKeyJwt(signing);
  const metadata = { id_token_signed_response_alg: "ES256", authorization_signed_response_alg: "PS256" };
  const config = await known(given.client.client_id, authentication, metadata, certificate);
  if (signed) client.useJwtResponseMode(config);
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const { parameters, checks } = await prepared({ redirect_uri: given.redirect_uri, scope: "openid profile" });
  if (signed) {
    // the request object, as the library makes it, goes into the pushed request
    const jar = await client.buildAuthorizationUrlWithJAR(config, parameters, signing);
    for (const name of Object.keys(parameters)) delete parameters[name];
    parameters.request = jar.searchParams.get("request");
  }
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
  const landed = await visit(url);
  const names = [...landed.searchParams.keys()];
  const tokens = await client.authorizationCodeGrant(config, landed, checks, undefined, { DPoP });
  assert.equal(tokens.token_type, "dpop");
  const { sub } = tokens.claims();
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  // FAPI 2.0 §5.3.2.1: "shall not use refresh token rotation"
  assert.equal(fresh.refresh_token ?? tokens.refresh_token, tokens.refresh_token);
  const person = await client.fetchUserInfo(config, fresh.access_token, sub, { DPoP });
  assert(await isRefused(client.authorizationCodeGrant(config, landed, checks, undefined, { DPoP }), "invalid_grant"));
  return { names, person };
};
