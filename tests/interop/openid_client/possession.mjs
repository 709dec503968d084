// DPoP: tokens bound to a key, the issuer's nonces, userinfo and refresh with proofs; another key is of no use.

import assert from "node:assert";
import * as client from "openid-client";
import { heard, wayTo } from "../stage.mjs";
import { isRefused, newcomer, signIn } from "./registered.mjs";

// A nonce as it may have been minutes ago, put once in place of the one that came.
const OUTDATED = "A".repeat(32);

const outdatingOnce = (way) => {
  let isDone = false;
  return async (url, options) => {
    const answer = await way(url, options);
    if (isDone || !answer.headers.has("dpop-nonce")) return answer;
    isDone = true;
    const headers = new Headers(answer.headers);
    headers.set("dpop-nonce", OUTDATED);
    return new Response(await answer.text(), { status: answer.status, headers });
  };
};

export default async () => {
  const config = await newcomer({ dpop_bound_access_tokens: true });
  const handle = async () => ({ DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) });
  const own = await handle();

  const tokens = await signIn(config, { options: own });
  assert.equal(tokens.token_type, "dpop");
  const { sub } = tokens.claims();

  // the library puts the nonce it heard last into each proof, and tries again by itself where that is too old
  const tries = async (attempt) => {
    config[client.customFetch] = outdatingOnce(wayTo());
    await client.fetchUserInfo(config, tokens.access_token, sub, own);
    const begun = heard.length;
    const made = await attempt();
    const [first, second, ...more] = heard.slice(begun).filter((answer) => answer.proof);
    assert.equal(first.proof.nonce, OUTDATED);
    assert.notEqual(second.proof.nonce, OUTDATED);
    assert.deepEqual([second.status, more], [200, []]);
    return { made, refusal: first.status };
  };
  const atUserinfo = await tries(() => client.fetchUserInfo(config, tokens.access_token, sub, own));
  const atToken = await tries(() => client.refreshTokenGrant(config, tokens.refresh_token, undefined, own));
  const fresh = atToken.made;
  await client.fetchUserInfo(config, fresh.access_token, sub, own);

  const stranger = await handle();
  await assert.rejects(client.fetchUserInfo(config, fresh.access_token, sub, stranger), { status: 401 });
  assert(await isRefused(client.refreshTokenGrant(config, fresh.refresh_token, undefined, stranger), "invalid_grant"));
  return { refusals: [atUserinfo.refusal, atToken.refusal] };
};
