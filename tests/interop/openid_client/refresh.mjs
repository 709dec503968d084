// Refresh: a new token each time; one that was used before ends them all.

import assert from "node:assert";
import * as client from "openid-client";
import { isRefused, newcomer, signIn } from "./registered.mjs";

export default async () => {
  const config = await newcomer();
  const first = await signIn(config);
  const second = await client.refreshTokenGrant(config, first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  const { sub } = first.claims();
  await client.fetchUserInfo(config, second.access_token, sub);
  const narrower = await client.refreshTokenGrant(config, second.refresh_token, { scope: "openid" });
  assert.equal(narrower.scope, "openid");
  const person = await client.fetchUserInfo(config, narrower.access_token, sub);

  assert(await isRefused(client.refreshTokenGrant(config, first.refresh_token), "invalid_grant"));
  assert(await isRefused(client.refreshTokenGrant(config, narrower.refresh_token), "invalid_grant"));
  await assert.rejects(client.fetchUserInfo(config, narrower.access_token, sub), { status: 401 });
  return { narrow: Object.keys(person) };
};
