// After the sign-in: refresh, introspection, revocation, and what is refused then.

import assert from "node:assert";
import * as oauth from "oauth4webapi";
import { newcomer, signIn, userinfo } from "./party.mjs";

export default async () => {
  const party = await newcomer();
  const { as, client, authentication, options } = party;
  const first = await signIn(party);
  const refresh = async (token) =>
    oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, authentication, token, options),
    );
  const introspect = async (token) =>
    oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, authentication, token, options),
    );

  const second = await refresh(first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal((await introspect(second.access_token)).active, true);
  assert.equal((await introspect("no-token-at-all")).active, false);
  const revoked = await oauth.revocationRequest(as, client, authentication, second.refresh_token, options);
  await oauth.processRevocationResponse(revoked);
  assert.deepEqual(await introspect(second.access_token), { active: false });
  await assert.rejects(refresh(second.refresh_token), { error: "invalid_grant" });
  await assert.rejects(userinfo(party, first), { status: 401 });
  return {};
};
