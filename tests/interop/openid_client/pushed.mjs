// Pushed requests of a client that proves itself by private_key_jwt; the algorithm is given.

import assert from "node:assert";
import * as client from "openid-client";
import { visit } from "../stage.mjs";
import { makeKey, newcomer, prepared } from "./registered.mjs";

export default async (given) => {
  const key = await makeKey(given.alg);
  const config = await newcomer(
    {
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: given.alg,
      require_pushed_authorization_requests: true,
      jwks: { keys: [key.jwk] },
    },
    client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
  );
  const asked = await prepared();
  const openly = await visit(client.buildAuthorizationUrl(config, asked.parameters));
  assert.equal(openly.searchParams.get("error"), "invalid_request");
  const url = await client.buildAuthorizationUrlWithPAR(config, asked.parameters);
  assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
  const tokens = await client.authorizationCodeGrant(config, await visit(url), asked.checks);
  return { sub: tokens.claims().sub, alg: given.alg };
};
