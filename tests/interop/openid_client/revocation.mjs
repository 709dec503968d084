// A token taken back by its client is good for nothing; what is no token is no error (RFC 7009).

import assert from "node:assert";
import * as client from "openid-client";
import { isRefused, newcomer, signIn } from "./registered.mjs";

export default async () => {
  const config = await newcomer();
  const tokens = await signIn(config);
  const { sub } = tokens.claims();
  await client.tokenRevocation(config, "no-token-at-all");
  await client.fetchUserInfo(config, tokens.access_token, sub);
  await client.tokenRevocation(config, tokens.refresh_token, { token_type_hint: "refresh_token" });
  assert(await isRefused(client.refreshTokenGrant(config, tokens.refresh_token), "invalid_grant"));
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub), { status: 401 });
  return { sub };
};
