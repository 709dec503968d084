// Pushed requests of a client that proves itself by private_key_jwt, bound by DPoP from the first step on.

import assert from "node:assert";
import { exportJWK } from "jose";
import * as oauth from "oauth4webapi";
import { visit } from "../stage.mjs";
import { newcomer, prepared, push, redeem, userinfo } from "./party.mjs";

export default async ({ alg }) => {
  const key = await oauth.generateKeyPair(alg);
  const jwk = { ...(await exportJWK(key.publicKey)), kid: "own", use: "sig", alg };
  const party = await newcomer(
    {
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: alg,
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: true,
      jwks: { keys: [jwk] },
    },
    () => oauth.PrivateKeyJwt({ key: key.privateKey, kid: "own" }),
  );
  const proof = { DPoP: oauth.DPoP(party.client, await oauth.generateKeyPair("ES256")) };
  const asked = await prepared(party.client);
  const landed = await visit(await push(party, asked.parameters, proof));
  const answer = oauth.validateAuthResponse(party.as, party.client, landed, asked.parameters.get("state"));
  // RFC 9449 §10: a code asked for with one key cannot be redeemed with another
  const other = { DPoP: oauth.DPoP(party.client, await oauth.generateKeyPair("ES256")) };
  await assert.rejects(redeem(party, asked, answer, other), (refusal) => refusal.error.startsWith("invalid_"));

  const again = await prepared(party.client);
  const back = await visit(await push(party, again.parameters, proof));
  const good = oauth.validateAuthResponse(party.as, party.client, back, again.parameters.get("state"));
  const tokens = await redeem(party, again, good, proof);
  assert.equal(tokens.token_type, "dpop");
  const { sub } = await userinfo(party, tokens, proof);
  return { sub, alg };
};
