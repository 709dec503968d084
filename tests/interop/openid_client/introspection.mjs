// Introspection, as JSON or as a signed JWT (RFC 9701) whose signature the library checks.

import assert from "node:assert";
import * as client from "openid-client";
import { heard } from "../stage.mjs";
import { newcomer, signIn } from "./registered.mjs";

export default async (given) => {
  const config = await newcomer(given.alg ? { introspection_signed_response_alg: given.alg } : {});
  const tokens = await signIn(config);
  const found = await client.tokenIntrospection(config, tokens.access_token);
  assert.equal(found.active, true);
  assert.equal(found.sub, tokens.claims().sub);
  assert.equal(found.client_id, config.clientMetadata().client_id);
  const { type } = heard.at(-1).path === "/jwks" ? heard.at(-2) : heard.at(-1);
  await client.tokenRevocation(config, tokens.access_token);
  assert.deepEqual((await client.tokenIntrospection(config, tokens.access_token)).active, false);
  return { type, scope: found.scope };
};
