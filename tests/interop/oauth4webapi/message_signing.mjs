// FAPI 2.0 Message Signing: a signed request pushed, the answer as a JWT, private_key_jwt, DPoP, no rotation.

import assert from "node:assert";
import { importJWK } from "jose";
import * as oauth from "oauth4webapi";
import { visit } from "../stage.mjs";
import { discover, prepared, push, redeem, userinfo, withNonce } from "./party.mjs";

export default async ({ client: registered, redirect_uri }) => {
  const jwk = registered.jwks.keys[0];
  const key = { key: await importJWK(jwk, "PS256"), kid: jwk.kid };
  const client = {
    client_id: registered.client_id,
    id_token_signed_response_alg: "ES256",
    authorization_signed_response_alg: "PS256",
  };
  const party = { ...(await discover()), client, authentication: oauth.PrivateKeyJwt(key) };
  const { as, options } = party;
  const proof = { DPoP: oauth.DPoP(client, await oauth.generateKeyPair("PS256")) };

  const asked = await prepared(client, { redirect_uri, scope: "openid profile", response_mode: "jwt" });
  const request = await oauth.issueRequestObject(as, client, asked.parameters, key);
  const landed = await visit(await push(party, { client_id: client.client_id, request }, proof));
  assert.deepEqual([...landed.searchParams.keys()], ["response"]);
  const answer = await oauth.validateJwtAuthResponse(as, client, landed, asked.parameters.get("state"), options);
  const tokens = await redeem(party, asked, answer, proof);
  const person = await userinfo(party, tokens, proof);

  const fresh = await withNonce(async () => {
    const response = await oauth.refreshTokenGrantRequest(as, client, party.authentication, tokens.refresh_token, {
      ...options,
      ...proof,
    });
    return oauth.processRefreshTokenResponse(as, client, response);
  });
  assert.equal(fresh.refresh_token ?? tokens.refresh_token, tokens.refresh_token);
  return { person };
};
